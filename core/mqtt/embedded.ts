/**
 * The embedded broker: aedes (MQTT 3.1.1) for in-store devices. What a device publishes is taken inside
 * `authorizePublish`, which holds the PUBACK until the ledger has it; nothing is forwarded, retained or kept in sessions,
 * so memory depends only on what is in flight. It lives as long as the process: deploys change its settings.
 */
import { Aedes, type AuthenticateError, type Client, type Connection } from 'aedes';
import { ConfigError } from '../errors';
import { AccountBook, checkAccounts, type DeviceAccount } from './accounts';
import { type ConnectionLimits, Connections } from './connections';
import type { BrokerLink, BrokerProblem, DeliveryHandler, LinkState } from './delivery';
import { DeviceRegistry } from './devices';
import { FairGate, type GateLimits } from './fair-gate';
import { guardFrames } from './frame-guard';
import { Intake, identityOf, MAX_STATUS, type Published } from './intake';
import { type ListenAddress, Listener } from './listener';
import { PasswordChecks } from './password-hash';
import { loginRefused, tooLarge, tooManyConnections, tooManyUnreleased, willRefused } from './problems';
import { DeliveryRouter } from './router';
import { stockTopic } from './topics';

export interface EmbeddedSettings extends ListenAddress {
  accounts: DeviceAccount[];
  /** More accounts are known in a moment: until then a login waits. */
  pending?: boolean;
  /** Milliseconds that a message waits while no scanner in node takes its topic. */
  wait: number;
}

export interface EmbeddedOptions {
  now: () => number;
  problem: (problem: BrokerProblem) => void;
  changed?: () => void;
  limits?: Partial<GateLimits>;
  connections?: Partial<ConnectionLimits & { all: number }>;
  /** Milliseconds that a new connection may take until its CONNECT has arrived. */
  connectTimeout?: number;
  /** Bytes of one message. */
  maxPayload?: number;
  /** Milliseconds before a connection is closed because its message could not be stored: devices come back at once. */
  dropDelay?: number;
}

const LIMITS: GateLimits = { count: 1_000, bytes: 32 * 1024 * 1024, perSender: 250 };
const MAX_PAYLOAD = 256 * 1024;
const MAX_CONNECT = 8 * 1024;
/** Header and topic on top of the payload. */
const PACKET_OVERHEAD = 1024;
const DROP_DELAY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS = { all: 10_000, unproven: 2_000, perAccount: 200, idle: 60_000 };
/** Packets that may follow a CONNECT before its CONNACK; they are in one piece read from the socket, so they are few. */
const EARLY_PACKETS = 10_000;
/** CONNACK return codes of MQTT 3.1.1. */
const IDENTIFIER_REJECTED = 2;
const BAD_LOGIN = 4;

export class EmbeddedBroker implements BrokerLink {
  readonly devices: DeviceRegistry;
  private readonly options: EmbeddedOptions;
  private readonly maxPayload: number;
  private readonly gate: FairGate;
  private readonly router: DeliveryRouter;
  private readonly intake: Intake;
  private readonly listener: Listener;
  private readonly connections: Connections<Client>;
  /** Asked for a session without giving a client id. */
  private readonly nameless = new WeakSet<Client>();
  private readonly checks = new PasswordChecks();
  private book = new AccountBook([], this.checks);
  /** Logins that wait until all accounts are known; null = they are. */
  private early: (() => void)[] | null = null;
  private aedes: Aedes | null = null;
  private closed = false;

  constructor(options: EmbeddedOptions) {
    this.options = options;
    this.maxPayload = options.maxPayload ?? MAX_PAYLOAD;
    this.devices = new DeviceRegistry(options.now);
    this.gate = new FairGate({ ...LIMITS, ...options.limits });
    this.router = new DeliveryRouter(20_000);
    const connections = { ...CONNECTIONS, ...options.connections };
    this.connections = new Connections(connections, () => performance.now());
    this.intake = new Intake({
      accountOf: (client) => this.connections.accountOf(client),
      devices: this.devices,
      gate: this.gate,
      router: this.router,
      problem: options.problem,
      changed: () => options.changed?.(),
      maxPayload: this.maxPayload,
      dropDelay: options.dropDelay ?? DROP_DELAY_MS,
    });
    this.listener = new Listener({
      connection: (socket) => this.accept(socket),
      maxConnections: connections.all,
      problem: options.problem,
      changed: () => options.changed?.(),
    });
  }

  get state(): LinkState {
    return this.closed ? 'closed' : this.aedes ? this.listener.state : 'connecting';
  }

  get reason(): string | null {
    return this.listener.reason;
  }

  get inFlight(): number {
    return this.gate.inFlight;
  }

  /** The port that is listened to (useful when it was asked for as 0), or null. */
  get port(): number | null {
    return this.listener.port;
  }

  /** Starts, or applies changed settings: listens anew where the address changed, closes connections whose account did. */
  async apply(settings: EmbeddedSettings): Promise<void> {
    checkAccounts(settings.accounts);
    const aedes = this.aedes ?? (await this.makeBroker());
    // Closed, or started by another call, meanwhile.
    if (this.closed || (this.aedes && this.aedes !== aedes)) aedes.close();
    if (this.closed) return;
    this.aedes ??= aedes;
    const old = this.book;
    this.book = new AccountBook(settings.accounts, this.checks);
    this.router.wait = settings.wait;
    this.devices.configure(this.book.list().map(identityOf));
    for (const [client, { account }] of this.connections.proven())
      if (!this.book.stillGood(old, account)) client.close();
    if (settings.pending) this.early ??= [];
    else {
      const early = this.early ?? [];
      this.early = null;
      for (const login of early) login();
    }
    await this.listener.listen(settings);
  }

  subscribe(filter: string, qos: 0 | 1, handler: DeliveryHandler): () => void {
    if (!filter.startsWith('shelfwire/stores/') || !filter.endsWith('/stock'))
      throw new ConfigError(
        `Devices of the embedded broker publish only to ${stockTopic('{store_id}')}, so "${filter}" would never receive anything. Use shelfwire/stores/+/stock, or an external broker.`,
        'topic_invalid',
      );
    return this.router.subscribe(filter, qos, handler);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.router.close();
    await this.listener.close();
    const { aedes } = this;
    if (aedes) await new Promise<void>((resolve) => aedes.close(resolve));
    this.options.changed?.();
  }

  private async makeBroker(): Promise<Aedes> {
    const { options } = this;
    const aedes = await Aedes.createBroker({
      connectTimeout: options.connectTimeout ?? CONNECT_TIMEOUT_MS,
      maxClientsIdLength: 256,
      queueLimit: EARLY_PACKETS,
      preConnect: (client, packet, callback) => {
        const { will, username } = packet;
        if (will && (will.payload.length > MAX_STATUS || !will.topic.endsWith('/status'))) {
          options.problem(willRefused(username, will.topic, MAX_STATUS));
          callback(new Error('will refused'), false);
          return;
        }
        // Client ids are free: those of one account must not push out the connections of another.
        if (!packet.clientId && !packet.clean) this.nameless.add(client);
        if (packet.clientId) packet.clientId = `${username ?? ''}/${packet.clientId}`;
        // No sessions: a publisher needs none, and they would grow with every new client id.
        packet.clean = true;
        callback(null, true);
      },
      authenticate: (client, username, password, done) => this.authenticate(client, username, password, done),
      authorizePublish: (client, packet, done) => this.intake.take(client, packet as Published, done),
      // Devices only report; a refused subscription is answered with 128.
      authorizeSubscribe: (_client, _subscription, done) => done(null, null),
      authorizeForward: () => null,
    });
    aedes.on('clientReady', (client) => this.ready(client));
    // What is wrong with a device is told where it is found out; a broken connection is no news.
    aedes.on('clientError', (client, error) => {
      const account = this.connections.accountOf(client);
      if (account && error.message.startsWith('maxInflightInbound'))
        options.problem(tooManyUnreleased(account.account));
    });
    aedes.on('connectionError', () => undefined);
    (aedes as NodeJS.EventEmitter).on('error', (error: Error) =>
      options.problem({ key: 'broker', code: 'broker', message: `The embedded broker reports: ${error.message}` }),
    );
    return aedes;
  }

  private accept(socket: Connection & { remoteAddress?: string | undefined }): void {
    const { options, maxPayload } = this;
    const from = socket.remoteAddress ?? 'unknown address';
    let client: Client | null = null;
    let goodbye = false;
    guardFrames(
      socket,
      { first: MAX_CONNECT, packet: maxPayload + PACKET_OVERHEAD },
      {
        tooLarge: (bytes) =>
          options.problem(tooLarge((client && this.connections.accountOf(client)?.account) ?? from, bytes, maxPayload)),
        disconnect: () => {
          goodbye = true;
        },
        heard: () => {
          if (client) this.connections.heard(client);
        },
      },
    );
    const made = this.aedes!.handle(socket);
    client = made;
    this.connections.add(made);
    socket.once('close', () => this.gone(made, goodbye));
  }

  private authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    if (this.early) {
      this.early.push(() => this.authenticate(client, username, password, done));
      return;
    }
    // It has gone meanwhile.
    if (!this.connections.isOpen(client)) return;
    const { book } = this;
    const found = book.authenticate(username, password);
    if (!(found instanceof Promise)) this.admit(client, username, found, done);
    else
      void found.then((account) => {
        // What is asked for again is answered at once: the accounts may have changed meanwhile.
        if (book !== this.book) this.authenticate(client, username, password, done);
        else if (this.connections.isOpen(client)) this.admit(client, username, account, done);
      });
  }

  private admit(
    client: Client,
    username: string | undefined,
    account: DeviceAccount | null | 'busy',
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    const refuse = (why: string, returnCode: number) =>
      done(Object.assign(new Error(why), { returnCode }) as AuthenticateError, null);
    // Without a CONNACK: there are client libraries that give up for good when one refuses them.
    if (account === 'busy') client.close();
    else if (!account) {
      this.options.problem(loginRefused(username));
      refuse('bad user name or password', BAD_LOGIN);
    } else if (this.nameless.has(client)) refuse('a session needs a client id', IDENTIFIER_REJECTED);
    else if (!this.connections.admit(client, account)) {
      this.options.problem(tooManyConnections(account.account));
      client.close();
    } else done(null, true);
  }

  private ready(client: Client): void {
    const account = this.connections.accountOf(client);
    if (!account) return;
    this.connections.ready(client);
    this.devices.connected(identityOf(account));
    this.options.changed?.();
  }

  private gone(client: Client, goodbye: boolean): void {
    this.gate.forget(client);
    const account = this.connections.remove(client);
    if (account) this.devices.disconnected(identityOf(account), goodbye);
    this.options.changed?.();
  }
}
