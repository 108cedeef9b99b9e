/**
 * An external broker (mosquitto, EMQX, HiveMQ, …) as the source of scanner messages. The session is durable
 * (`clean: false` and a stable client id), so what devices send while we are away waits in the broker; each message is
 * acknowledged only after the ledger has committed, with many in flight.
 */
import type { ConnectionOptions } from 'node:tls';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { BrokerLink, BrokerProblem, DeliveryHandler, LinkState } from './delivery';
import { DeviceRegistry } from './devices';
import { FairGate } from './fair-gate';
import { acknowledgeLate, type LateDelivery } from './late-puback';
import { isLoginRefused, notConnected, notStored, qosLowered, subscriptionRefused } from './problems';
import { DeliveryRouter } from './router';
import { readStatusTopic, statusFilter } from './topics';

export interface ExternalSettings {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  url: string;
  clientId: string;
  username: string;
  password: string;
  tls: ConnectionOptions | null;
  /** Name of the MQTT 5 shared subscription in which several processes share the messages; '' = none. */
  sharedGroup: string;
  /** Milliseconds that a message waits while no scanner in node takes its topic. */
  wait: number;
}

export interface ExternalOptions {
  now: () => number;
  problem: (problem: BrokerProblem) => void;
  changed?: () => void;
  /** Messages in flight. */
  limit?: number;
  /** Milliseconds before the connection is made anew because a message could not be stored. */
  dropDelay?: number;
  reconnectPeriod?: number;
  /** Seconds; a broker that does not answer for one and a half times as long is left and connected to anew. */
  keepalive?: number;
  /** Milliseconds that a broker may take to answer the CONNECT. */
  connectTimeout?: number;
  /** Milliseconds after which a refused subscription is tried again: somebody may have allowed it. */
  askAgain?: number;
}

const LIMIT = 1_000;
const BYTES = 32 * 1024 * 1024;
const DROP_DELAY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_S = 15;
const ASK_AGAIN_MS = 30_000;
/** A session that ends by itself would lose what waits in it. */
const NEVER = 0xffffffff;

export class ExternalBroker implements BrokerLink {
  readonly devices: DeviceRegistry;
  state: LinkState = 'connecting';
  reason: string | null = null;
  private readonly settings: ExternalSettings;
  private readonly options: ExternalOptions;
  private readonly client: MqttClient;
  private readonly gate: FairGate;
  private readonly router: DeliveryRouter;
  private readonly filters = new Map<string, 0 | 1>();
  /** Filters that the broker does not let us read. */
  private readonly refused = new Set<string>();
  private again: NodeJS.Timeout | null = null;
  private drop: NodeJS.Timeout | null = null;
  private tidy: NodeJS.Timeout | null = null;
  /** Connected or trying to be: only while somebody takes messages, else they had better wait in the broker. */
  private started = false;

  constructor(settings: ExternalSettings, options: ExternalOptions) {
    this.settings = settings;
    this.options = options;
    this.devices = new DeviceRegistry(options.now);
    const limit = options.limit ?? LIMIT;
    this.gate = new FairGate({ count: limit, bytes: BYTES, perSender: limit });
    this.router = new DeliveryRouter(settings.wait);
    this.client = connect(settings.url, this.connectOptions(limit));
    acknowledgeLate(this.client, (delivery, next) => this.take(delivery, next));
    this.client.on('connect', () => this.connected());
    this.client.on('close', () => this.disconnected());
    this.client.on('error', (error) => this.failed(error));
    this.client.on('disconnect', ({ reasonCode }) => {
      if (reasonCode === 0x8e) this.failed(new Error('another program connected with the same client id'));
    });
  }

  get inFlight(): number {
    return this.gate.inFlight;
  }

  subscribe(filter: string, qos: 0 | 1, handler: DeliveryHandler): () => void {
    const end = this.router.subscribe(filter, qos, handler);
    this.start();
    this.renew();
    return () => {
      end();
      this.tidyLater();
    };
  }

  /** @param forGood the node is deleted: the broker is told to collect nothing more for us */
  async close(forGood = false): Promise<void> {
    if (this.state === 'closed') return;
    this.show('closed', null);
    this.router.close();
    for (const timer of [this.drop, this.tidy, this.again]) if (timer) clearTimeout(timer);
    if (forGood && this.client.connected && this.filters.size > 0)
      await this.client.unsubscribeAsync([...this.filters.keys()]).catch(() => undefined);
    // One that nobody subscribed to never connected and has no stream to end.
    if (this.client.stream) await this.client.endAsync(!this.client.connected).catch(() => undefined);
  }

  private connectOptions(limit: number): IClientOptions {
    const { clientId, username, password, sharedGroup, tls } = this.settings;
    const five = sharedGroup !== '';
    return {
      ...(tls as IClientOptions | null),
      clientId,
      clean: false,
      protocolVersion: five ? 5 : 4,
      ...(username === '' ? {} : { username }),
      ...(password === '' ? {} : { password }),
      ...(five ? { properties: { sessionExpiryInterval: NEVER, receiveMaximum: Math.min(limit, 0xffff) } } : {}),
      manualConnect: true,
      resubscribe: false,
      reconnectPeriod: this.options.reconnectPeriod ?? 1_000,
      // A refused login may be mended at the broker, too.
      reconnectOnConnackError: true,
      connectTimeout: this.options.connectTimeout ?? CONNECT_TIMEOUT_MS,
      keepalive: this.options.keepalive ?? KEEPALIVE_S,
    };
  }

  private connected(): void {
    this.show('up', null);
    // A fresh session of the broker's (it was reset, or our first visit) has no subscriptions: say them each time.
    this.filters.clear();
    this.refused.clear();
    this.renew();
  }

  private start(): void {
    if (this.started || this.state === 'closed') return;
    this.started = true;
    this.show('connecting', null);
    if (this.client.stream) this.client.reconnect();
    else this.client.connect();
  }

  /** After a deploy's time: ends the subscriptions that no node wants, or the connection when no node is left. */
  private tidyLater(): void {
    if (this.tidy || this.state === 'closed') return;
    this.tidy = setTimeout(() => {
      this.tidy = null;
      const wanted = this.wanted();
      if (wanted.size > 0) {
        const stale = [...this.filters.keys()].filter((filter) => !wanted.has(filter));
        for (const filter of stale) this.filters.delete(filter);
        if (stale.length > 0 && this.client.connected) this.client.unsubscribe(stale);
        return;
      }
      this.started = false;
      this.client.end();
      this.show('down', 'No scanner in node uses this broker; messages wait in it.');
    }, this.settings.wait);
    this.tidy.unref();
  }

  /** Filters as the broker is asked for them. */
  private wanted(): Map<string, 0 | 1> {
    const found = new Map<string, 0 | 1>();
    for (const [filter, qos] of this.router.filters()) {
      found.set(this.shared(filter), qos);
      const states = statusFilter(filter);
      if (states) found.set(states, 0);
    }
    return found;
  }

  /** Subscribes to what handlers want and this connection has not said yet. */
  private renew(): void {
    if (!this.client.connected) return;
    for (const [filter, qos] of this.wanted()) this.ask(filter, qos);
  }

  private ask(filter: string, qos: 0 | 1): void {
    if ((this.filters.get(filter) ?? -1) >= qos) return;
    this.filters.set(filter, qos);
    this.client.subscribe(filter, { qos }, (error, granted) => {
      const given = granted?.[0]?.qos ?? 128;
      if (error || given >= 128) {
        this.filters.delete(filter);
        if (this.client.connected) this.mayNotRead(filter);
        return;
      }
      if (given < qos) this.options.problem(qosLowered(filter, given));
      if (this.refused.delete(filter) && this.missingStock() === undefined) this.show('up', null);
    });
  }

  private mayNotRead(filter: string): void {
    this.refused.add(filter);
    this.options.problem(subscriptionRefused(filter));
    const missing = this.missingStock();
    if (missing !== undefined) this.show('refused', subscriptionRefused(missing).message);
    if (this.again || this.state === 'closed') return;
    this.again = setTimeout(() => {
      this.again = null;
      this.renew();
    }, this.options.askAgain ?? ASK_AGAIN_MS);
    this.again.unref();
  }

  /** A filter of stock that is refused; without the devices' states everything else goes on. */
  private missingStock(): string | undefined {
    return [...this.router.filters().keys()].find((filter) => this.refused.has(this.shared(filter)));
  }

  private shared(filter: string): string {
    return this.settings.sharedGroup === '' ? filter : `$share/${this.settings.sharedGroup}/${filter}`;
  }

  private take({ packet, acknowledge }: LateDelivery, next: () => void): void {
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    const { topic, qos } = packet;
    const device = readStatusTopic(topic);
    if (device) {
      this.devices.status({ id: device.device, store_id: device.store_id }, payload);
      acknowledge();
      next();
      this.options.changed?.();
      return;
    }
    const { stream } = this.client;
    this.gate.enter(this, payload.length, (leave) => {
      next();
      // From a connection that is gone: the broker delivers it again.
      if (stream !== this.client.stream || this.state === 'closed') return leave();
      this.router.deliver({ topic, payload, qos, account: null }).then(
        () => {
          leave();
          acknowledge();
        },
        (error: unknown) => {
          leave();
          this.failedToStore(topic, qos, error);
        },
      );
    });
  }

  /** Without PUBACK a broker sends again only on a new connection. */
  private failedToStore(topic: string, qos: 0 | 1 | 2, error: unknown): void {
    if (this.state === 'closed') return;
    this.options.problem(notStored(topic, qos, 'broker', error));
    if (qos === 0 || this.drop) return;
    this.drop = setTimeout(() => {
      this.drop = null;
      this.client.stream.destroy();
    }, this.options.dropDelay ?? DROP_DELAY_MS);
  }

  private disconnected(): void {
    this.gate.forget(this);
    if (this.state === 'closed' || !this.started) return;
    if (this.refused.size > 0) this.reason = null;
    const shut = this.state === 'refused' && this.refused.size === 0;
    this.show(shut ? 'refused' : 'down', this.reason ?? 'The connection to the broker is closed.');
  }

  private failed(error: Error): void {
    if (this.state === 'closed') return;
    const problem = notConnected(this.settings.url, error);
    this.show(isLoginRefused(error) ? 'refused' : 'down', problem.message);
    this.options.problem(problem);
  }

  private show(state: LinkState, reason: string | null): void {
    this.state = state;
    this.reason = reason;
    this.options.changed?.();
  }
}
