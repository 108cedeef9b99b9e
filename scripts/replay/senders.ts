/**
 * Sends a feed the way the shops' systems would: again and again until it is acknowledged, whatever happens to the
 * receiver meanwhile. Counts what is acknowledged; stops at the first refusal, since nothing of a replay is wrong.
 */
import { connectAsync, type MqttClient } from 'mqtt';
import type { DemoTarget } from '../../simulators/demo-target';
import { NotADemoError } from '../../simulators/demo-target';
import { MiposSender } from '../../simulators/mipos';
import { type InventoryUpdate, ParadigmSender, type PriceUpdate } from '../../simulators/paradigm';
import { between, type Random, seeded } from '../../simulators/random';
import type { Delivery, ScannerEvent } from './feed';

export interface SenderOptions {
  target: DemoTarget;
  mqttUrl: string;
  secrets: { paradigm: string; mipos: string; scanner: string };
  /** Account of the device in a store. */
  account: (store: string) => string;
  seed: number;
  /** Called with how many deliveries were acknowledged. */
  acknowledged: (count: number) => void;
}

const PARADIGM_AT_ONCE = 6;
const MIPOS_AT_ONCE = 12;
const SCANNER_AT_ONCE = 8;

/** @throws Error when something was refused */
export async function sendFeed(feed: Delivery[], options: SenderOptions): Promise<void> {
  const random = seeded(options.seed);
  const paradigm = new ParadigmSender(options.target, options.secrets.paradigm);
  const mipos = new MiposSender(options.target, options.secrets.mipos);
  const updates = feed.flatMap((one) => (one.by === 'mipos' ? [one.update] : []));
  const events = feed.flatMap((one) => (one.by === 'paradigm' ? [one.event] : []));
  const stopped = new AbortController();
  const tasks = [
    inParallel(PARADIGM_AT_ONCE, batches(events, random, 20), stopped.signal, async (batch) => {
      await untilTaken(() => paradigm.send(batch.length === 1 ? (batch[0] as InventoryUpdate | PriceUpdate) : batch));
      options.acknowledged(batch.length);
    }),
    inParallel(MIPOS_AT_ONCE, updates, stopped.signal, async (update) => {
      await untilTaken(() => mipos.send(update));
      options.acknowledged(1);
    }),
    ...[...scannersOf(feed)].map(([store, scans]) => scan(store, scans, options, random, stopped.signal)),
  ];
  try {
    await Promise.all(tasks);
  } catch (thrown) {
    stopped.abort();
    await Promise.allSettled(tasks);
    throw thrown;
  }
}

/** A 2xx means stored; anything that may pass by itself is tried again. */
async function untilTaken(send: () => Promise<Response>): Promise<void> {
  for (;;) {
    let answer: Response;
    try {
      answer = await send();
    } catch (thrown) {
      if (thrown instanceof NotADemoError) throw thrown;
      await pause(100);
      continue;
    }
    const text = await answer.text().catch(() => '');
    if (answer.ok) {
      const refused = text ? (JSON.parse(text) as { refused?: number }).refused : 0;
      if (refused) throw new Error(`refused although it is right: ${text.slice(0, 500)}`);
      return;
    }
    if (answer.status !== 429 && answer.status < 500)
      throw new Error(`answered ${answer.status} ${text.slice(0, 500)}`);
    await pause(Math.min(2, Number(answer.headers.get('retry-after') ?? 0.1)) * 1000);
  }
}

function scannersOf(feed: Delivery[]): Map<string, ScannerEvent[]> {
  const stores = new Map<string, ScannerEvent[]>();
  for (const one of feed)
    if (one.by === 'scanner') stores.set(one.store, [...(stores.get(one.store) ?? []), one.event]);
  return stores;
}

/** One device: publishes with QoS 1. */
async function scan(
  store: string,
  scans: ScannerEvent[],
  { mqttUrl, secrets, account, acknowledged }: SenderOptions,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const client: MqttClient = await connectAsync(mqttUrl, {
    username: account(store),
    password: secrets.scanner,
    clientId: `replay-${account(store)}`,
    clean: false,
    reconnectPeriod: 200,
  });
  client.on('error', () => {});
  try {
    const topic = `shelfwire/stores/${store}/stock`;
    await inParallel(SCANNER_AT_ONCE, batches(scans, random, 10), signal, async (batch) => {
      await untilAcknowledged(client, topic, JSON.stringify(batch.length === 1 ? batch[0] : batch));
      acknowledged(batch.length);
    });
  } finally {
    await client.endAsync(true);
  }
}

/** mqtt.js sends what was not acknowledged again after a reconnect, but gives up when the connection goes meanwhile. */
async function untilAcknowledged(client: MqttClient, topic: string, message: string): Promise<void> {
  for (;;) {
    try {
      await client.publishAsync(topic, message, { qos: 1 });
      return;
    } catch {
      await pause(100);
    }
  }
}

async function inParallel<T>(
  width: number,
  list: T[],
  signal: AbortSignal,
  work: (one: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < list.length && !signal.aborted) await work(list[next++]!);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function batches<T>(list: T[], random: Random, largest: number): T[][] {
  const out: T[][] = [];
  for (let start = 0; start < list.length; ) {
    const size = between(random, 1, largest);
    out.push(list.slice(start, start + size));
    start += size;
  }
  return out;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
