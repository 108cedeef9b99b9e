/**
 * scanner in: sends what in-store devices publish into the flow as stock events. A message is acknowledged (PUBACK) when
 * record stock has settled it; until then the device, or the external broker, keeps it.
 */
import { readScanner, type ScannerMessage } from '../../connectors/scanner/message';
import { ConfigError } from '../../core/errors';
import { type Delivery, NotStoredError } from '../../core/mqtt/delivery';
import { STOCK_FILTER, storeReader } from '../../core/mqtt/topics';
import { runThrough } from '../../core/steps';
import type { StockEvent } from '../../core/stock/event';
import { brokerOf, declareBroken, type HeldBroker } from '../../runtime/brokers';
import { expand } from '../../runtime/env';
import { onClose } from '../../runtime/on-close';
import { numberProperty } from '../../runtime/properties';
import type { Message, NodeDef, RED, RedNode } from '../../runtime/red';
import { InboundRequest, type Settlement } from '../../runtime/requests';
import { sendOn } from '../../runtime/send-on';
import { inSlices } from '../../runtime/slices';
import { StatusLine } from '../../runtime/status';
import { defaultTimeZone, timeZoneOf } from '../../runtime/time-zone';

interface Settings {
  broker: HeldBroker;
  topic: string;
  storeOf: (topic: string) => string;
  qos: 0 | 1;
  timeZone: string;
  /** Milliseconds. */
  wait: number;
}

const deployedAnew = () => new NotStoredError('The flow was deployed anew.', { redeliver: true });

/** Bytes that are read in well under a slice, whatever they are. */
const SMALL = 16 * 1024;
/** What record stock may still need after a deploy for what it has begun. */
const CLOSING_MS = 1_000;
/** Silence is the absence of a message: somebody has to look. */
const SHOW_MS = 500;
const LOOK_MS = 30_000;

export = function register(red: RED): void {
  function ScannerIn(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    try {
      const settings = readSettings(red, this, def);
      new Receiver(red, this, settings, status);
    } catch (thrown) {
      status.show('config');
      this.error(thrown as Error);
      declareBroken(this, (thrown as Error).message);
    }
  }
  // The form shows how a time without a zone is read here.
  red.nodes.registerType('shelfwire-scanner-in', ScannerIn, {
    settings: { shelfwireScannerInTimeZone: { value: defaultTimeZone(), exportable: true } },
  });
};

/** @throws ConfigError */
function readSettings(red: RED, node: RedNode, def: NodeDef): Settings {
  const topic = expand(red, node, String(def.topic ?? '')).trim() || STOCK_FILTER;
  const qos = Number(def.qos ?? 1);
  if (qos !== 0 && qos !== 1) throw new ConfigError('The property "qos" must be 0 or 1.');
  return {
    topic,
    storeOf: storeReader(topic),
    qos,
    timeZone: timeZoneOf(red, node, def.timeZone),
    wait: numberProperty(def, 'wait', { default: 20, min: 0.1, max: 600 }) * 1000,
    broker: brokerOf(red, def.broker as string | undefined),
  };
}

class Receiver {
  private readonly node: RedNode;
  private readonly settings: Settings;
  private readonly status: StatusLine;
  private readonly open = new Set<{ request: InboundRequest; giveUp: () => void }>();
  private count = 0;
  private shown: NodeJS.Timeout | null = null;
  private unsubscribe: (() => void) | null = null;

  constructor(red: RED, node: RedNode, settings: Settings, status: StatusLine) {
    this.node = node;
    this.settings = settings;
    this.status = status;
    const { broker, topic, qos } = settings;
    // An unusable topic is told at once.
    broker.subscribe(topic, qos, () => Promise.reject(deployedAnew()))();
    // What is sent while nodes are being made or taken down vanishes: messages wait in the broker meanwhile.
    const started = () => this.resume();
    const stopping = () => this.pause();
    red.events.on('flows:started', started);
    red.events.on('flows:stopping', stopping);
    const unwatch = broker.onChange(() => this.showSoon());
    const look = setInterval(() => this.show(), LOOK_MS);
    look.unref();
    onClose(node, () => {
      clearInterval(look);
      if (this.shown) clearTimeout(this.shown);
      unwatch();
      red.events.removeListener('flows:started', started);
      red.events.removeListener('flows:stopping', stopping);
      this.pause();
    });
    this.show();
  }

  /** Resolves when record stock has settled the message. @throws NotStoredError */
  private take(delivery: Delivery): Promise<void> {
    const { storeOf, timeZone } = this.settings;
    const { topic, payload, account } = delivery;
    const storeId = storeOf(topic);
    const steps = readScanner(payload, { storeId, account, timeZone });
    if (payload.length <= SMALL) return this.sendOn(delivery, storeId, runThrough(steps));
    return inSlices(steps).then((read) => {
      if (!this.unsubscribe) throw deployedAnew();
      return this.sendOn(delivery, storeId, read);
    });
  }

  private sendOn(delivery: Delivery, storeId: string, read: ScannerMessage): Promise<void> {
    const { wait, broker } = this.settings;
    const { topic, payload, qos } = delivery;
    broker.devices.message({ id: read.device ?? storeId, store_id: storeId }, read.newest);
    this.count += read.events.length + read.refusals.length;
    this.showSoon();
    return new Promise<void>((resolve, reject) => {
      const request = new InboundRequest({
        sender: read.sender,
        senderOf: read.senderOf,
        raw: { bytes: payload, contentType: 'application/json', origin: topic },
        refusals: read.refusals,
        indexes: read.indexes,
        malformed: read.malformed,
        simulated: read.simulated,
        unsigned: 'refuse',
        wait,
        respond: (settlement) => {
          this.open.delete(entry);
          answer(settlement, resolve, reject);
        },
      });
      const entry = {
        request,
        giveUp: () => reject(deployedAnew()),
      };
      this.open.add(entry);
      // The device's account was proven at its connection; an external broker has proven its own.
      request.verified = { by: 'device', key: 'current' };
      const req = { topic, qos, store_id: storeId, device: read.device };
      const message = (events: StockEvent[], first: boolean): Message => ({
        topic,
        qos,
        payload: events,
        ...(first && { rawBody: payload }),
        req: req as unknown as NonNullable<Message['req']>,
      });
      void sendOn(request, req, read, message, (msg) => this.node.send(msg));
    });
  }

  private resume(): void {
    const { broker, topic, qos } = this.settings;
    this.unsubscribe ??= broker.subscribe(topic, qos, (delivery) => this.take(delivery));
  }

  /** What is under way gets a moment; the rest goes round again, to this node or the one that follows in its place. */
  private pause(): void {
    this.unsubscribe?.();
    this.unsubscribe = null;
    const rest = [...this.open];
    if (rest.length === 0) return;
    const timer = setTimeout(() => {
      for (const { request, giveUp } of rest) {
        if (!request.open) continue;
        giveUp();
        request.settle({ kind: 'unavailable', message: 'The flow was deployed anew.', retryAfter: 1 });
      }
    }, CLOSING_MS);
    timer.unref();
  }

  /** Looking at all devices for every message would cost more than the message. */
  private showSoon(): void {
    if (this.shown) return;
    this.shown = setTimeout(() => {
      this.shown = null;
      this.show();
    }, SHOW_MS);
    this.shown.unref();
  }

  private show(): void {
    const { broker } = this.settings;
    const { dead, silent, clock, connected } = broker.devices.counts();
    if (broker.state === 'connecting') this.status.show('connecting');
    else if (broker.state === 'refused') this.status.show('broker_refuses');
    else if (broker.state !== 'up') this.status.show('disconnected');
    else if (dead > 0) this.status.show('devices_dead', { count: dead });
    else if (silent > 0) this.status.show('devices_silent', { count: silent });
    else if (clock > 0) this.status.show('devices_clock', { count: clock });
    else if (this.count > 0) this.status.show('received', { count: this.count });
    else if (connected > 0) this.status.show('devices_connected', { count: connected });
    else this.status.show('listening');
  }
}

function answer(settlement: Settlement, stored: () => void, notStored: (error: Error) => void): void {
  switch (settlement.kind) {
    case 'recorded':
      stored();
      break;
    case 'unavailable':
      notStored(new NotStoredError(settlement.message));
      break;
    case 'unauthorized':
      notStored(
        new NotStoredError(
          'The flow refuses it as not proven, though the broker knows its device. Take hmac verify out of this path.',
        ),
      );
  }
}
