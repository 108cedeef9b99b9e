/**
 * Three shops whose systems all tell something without pause, a little out of order, some of it twice, and each thing
 * again and again until it is acknowledged. Prices, levels and pieces sold back only ever grow, so that a number says how
 * old it is.
 */
import { connect, type MqttClient } from 'mqtt';
import { MIPOS_PATH, miposHeaders } from '../../simulators/mipos';
import {
  type InventoryUpdate,
  PARADIGM_PATH,
  type PriceUpdate,
  paradigmBody,
  paradigmHeaders,
} from '../../simulators/paradigm';
import { between, type Random, seeded } from '../../simulators/random';
import type { Told } from '../oracle/told';
import { SECRETS } from '../support/demo-flow';

export const STORES = ['1', '2', '3'];
const SKUS = 6;
/** Events that are held back to be mixed with later ones. */
const POOL = 40;
const TWICE = 0.05;
/** Deliveries of a sender that may come once more. */
const OLD = 200;
/** MiPOS writes seconds: its events have times of their own. */
const MIPOS_START = Date.UTC(2025, 0, 1);
const START = Date.UTC(2025, 5, 1);
const FIRST_LEVEL = 1_000;

type By = 'paradigm' | 'mipos' | 'scanner' | 'feed';
const LETTER: Record<By, string> = { paradigm: 'P', mipos: 'M', scanner: 'S', feed: 'F' };

export interface Shops {
  /** All that was ever sent, by its time. */
  readonly told: Map<number, Told>;
  readonly acknowledged: Set<number>;
  /** Acknowledged deliveries of events: one that was sent again counts again. */
  readonly deliveries: number;
  /** How often each HTTP status was answered; 0 = no answer. */
  readonly statuses: Map<number, number>;
  /** Connections of scanners that closed. */
  readonly closes: number;
  /** Ends with everything acknowledged. @throws Error when something was refused */
  finish(): Promise<void>;
  /** Ends as it is. */
  abandon(): Promise<void>;
}

export interface ShopsOptions {
  url: string;
  mqttUrl: string;
  seed: number;
  /** Milliseconds between two deliveries of one sender. */
  pause?: number;
}

export function openShops(options: ShopsOptions): Shops {
  const shops = new Opened(options);
  shops.open();
  return shops;
}

class Opened implements Shops {
  readonly told = new Map<number, Told>();
  readonly acknowledged = new Set<number>();
  deliveries = 0;
  readonly statuses = new Map<number, number>();
  closes = 0;
  private readonly options: ShopsOptions;
  private readonly random: Random;
  private readonly pools = new Map<By, Told[]>();
  private readonly versions = new Map<string, number>();
  private tick = 0;
  private open_ = true;
  private gone = false;
  private readonly senders: Promise<void>[] = [];

  constructor(options: ShopsOptions) {
    this.options = options;
    this.random = seeded(options.seed);
  }

  open(): void {
    const loop = (by: By, size: number, send: (batch: Told[]) => Promise<void>) =>
      this.senders.push(this.run(by, size, send));
    for (let n = 0; n < 3; n++) loop('paradigm', 8, (batch) => this.paradigm(batch));
    for (let n = 0; n < 3; n++) loop('mipos', 1, ([one]) => this.mipos(one!));
    loop('feed', 30, (batch) => this.feed(batch));
    for (const store of STORES) this.senders.push(this.scan(store));
    // Whoever waits for them learns of a failure.
    for (const sender of this.senders) sender.catch(() => {});
  }

  async finish(): Promise<void> {
    this.open_ = false;
    await Promise.all(this.senders);
  }

  async abandon(): Promise<void> {
    this.gone = true;
    this.open_ = false;
    await Promise.allSettled(this.senders);
  }

  private async run(by: By, size: number, send: (batch: Told[]) => Promise<void>, store?: string): Promise<void> {
    const old: Told[][] = [];
    while (this.open_) {
      const again = old.length > 0 && this.random() < TWICE;
      const batch = again
        ? old[between(this.random, 0, old.length - 1)]!
        : this.next(by, between(this.random, 1, size), store);
      if (!again && old.push(batch) > OLD) old.shift();
      await send(batch);
      await this.rest();
    }
  }

  /** Some events of one store, a little out of order. What is never sent was never told. */
  private next(by: By, size: number, store = STORES[between(this.random, 0, 2)]!): Told[] {
    const pool = this.pools.get(by) ?? [];
    this.pools.set(by, pool);
    while (pool.length < POOL) pool.push(this.make(by, STORES[between(this.random, 0, 2)]!));
    const batch: Told[] = [];
    for (let n = 0; n < size; n++) {
      const place = between(this.random, 0, pool.length - 1);
      if (pool[place]?.store === store) batch.push(...pool.splice(place, 1));
    }
    if (batch.length === 0) batch.push(this.make(by, store));
    for (const one of batch) this.told.set(one.at, one);
    return batch;
  }

  private make(by: By, store: string): Told {
    this.tick += 1;
    const at = by === 'mipos' ? MIPOS_START + this.tick * 1000 : START + this.tick * 7;
    const family = by === 'feed' ? (['M', 'S'] as const)[between(this.random, 0, 1)] : LETTER[by];
    const sku = `${family}-${between(this.random, 1, SKUS)}`;
    const key = `${by} ${store} ${sku}`;
    const version = (this.versions.get(key) ?? 0) + 1;
    this.versions.set(key, version);
    if (by === 'feed') return { at, store, sku, price: version };
    if (by === 'mipos') return { at, store, sku, level: version };
    if (by === 'scanner') return version === 1 ? { at, store, sku, level: FIRST_LEVEL } : { at, store, sku, change: 1 };
    return version % 2 ? { at, store, sku, price: version } : { at, store, sku, level: version };
  }

  private paradigm(batch: Told[]): Promise<void> {
    const events = batch.map(({ at, store, sku, price, level }): InventoryUpdate | PriceUpdate => {
      const common = { productId: sku, timestamp: new Date(at).toISOString(), location: store };
      return price === undefined
        ? { ...common, newQuantity: String(level), source: 'INVENTORY_ADJUSTMENT' }
        : { ...common, newPrice: String(price) };
    });
    const body = paradigmBody(events);
    return this.post(PARADIGM_PATH, body, paradigmHeaders(SECRETS.paradigm, body), batch);
  }

  private mipos(one: Told): Promise<void> {
    const written = new Date(one.at).toISOString().slice(0, 19).replace('T', ' ');
    const body = JSON.stringify({
      pos_id: '1',
      inventory_system_id: '4344be8c-c6b9-4c51-88a6-d620144ab406',
      current_stock: String(one.level),
      quantity: '1',
      date: written,
      movement_type: 1,
      external_id: one.sku,
      now: written,
      store_id: one.store,
    });
    return this.post(MIPOS_PATH, body, miposHeaders(SECRETS.mipos, body), [one]);
  }

  private feed(batch: Told[]): Promise<void> {
    const rows = batch.map(({ at, sku, price }) => `${sku},${price},${new Date(at).toISOString()}`);
    const body = ['sku,selling_price,occurred_at', ...rows].join('\n');
    const headers = { 'Content-Type': 'text/csv', Authorization: `Bearer ${SECRETS.token}` };
    return this.post(`/api/catalogue/${batch[0]!.store}`, body, headers, batch);
  }

  /** Until it is answered 2xx. @throws Error for what will never be taken */
  private async post(path: string, body: string, headers: Record<string, string>, batch: Told[]): Promise<void> {
    while (!this.gone) {
      const answer = await fetch(this.options.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body,
        signal: AbortSignal.timeout(30_000),
      }).catch(() => null);
      const text = (await answer?.text().catch(() => null)) ?? null;
      const status = answer && text !== null ? answer.status : 0;
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status >= 200 && status < 300) {
        if (text && (JSON.parse(text) as { refused?: number }).refused)
          throw new Error(`refused: ${text.slice(0, 500)}`);
        this.heard(batch);
        return;
      }
      if (status !== 0 && status !== 429 && status !== 503)
        throw new Error(`${path} answered ${status} ${text?.slice(0, 500)}`);
      if (status === 503 && !answer!.headers.get('retry-after')) throw new Error(`${path}: 503 without Retry-After`);
      await pause(50);
    }
  }

  private heard(batch: Told[]): void {
    this.deliveries += batch.length;
    for (const { at } of batch) this.acknowledged.add(at);
  }

  /** One device, four messages under way at a time. */
  private async scan(store: string): Promise<void> {
    const client = this.connect(store);
    client.on('close', () => {
      this.closes += 1;
    });
    try {
      const worker = () => this.run('scanner', 3, (batch) => this.publish(client, store, batch), store);
      await Promise.all(Array.from({ length: 4 }, worker));
    } finally {
      await client.endAsync(true);
    }
  }

  private connect(store: string): MqttClient {
    const account = `scanner-${store}`;
    const options = { username: account, password: SECRETS.scanner, clientId: `soak-${account}`, clean: false };
    // Nobody may be listening yet.
    const client = connect(this.options.mqttUrl, { ...options, reconnectPeriod: 100 });
    client.on('error', () => {});
    return client;
  }

  private async publish(client: MqttClient, store: string, batch: Told[]): Promise<void> {
    const message = batch.map(({ at, sku, level, change }) => ({
      event_id: String(at),
      sku,
      ...(level === undefined ? { quantity_change: change } : { quantity: level }),
      occurred_at: new Date(at).toISOString(),
    }));
    while (!this.gone) {
      try {
        await client.publishAsync(`shelfwire/stores/${store}/stock`, JSON.stringify(message), { qos: 1 });
        this.heard(batch);
        return;
      } catch {
        await pause(50);
      }
    }
  }

  private rest(): Promise<void> {
    return pause(this.options.pause ?? 40);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
