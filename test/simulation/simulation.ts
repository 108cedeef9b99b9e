/**
 * One run from one seed: shops send, the network and the disk misbehave, the process dies; then the weather clears, and
 * an oracle that shares no code with the product says what the platform must show.
 */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutletDefinition } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { Platform, type Shown, type Weather } from './platform';
import { Product } from './product';
import { Random } from './random';
import { Scheduler } from './scheduler';

export interface SimulationResult {
  seed: number;
  problems: string[];
  events: number;
  requests: number;
  crashes: number;
}

interface Told {
  at: number;
  quantity?: number;
  change?: number;
  price?: number;
}

const START = Date.parse('2026-01-10T10:00:00Z');
const SKUS = 8;

const DEFINITION: OutletDefinition = {
  outlet: 'pasons:1',
  platform: 'pasons',
  store_id: '1',
  name: 'Shop 1',
  enabled: true,
  fields: ['selling_price', 'stock_status'],
  threshold: '0',
  endpoint: 'http://127.0.0.1:9/v1/inventory/1',
  concurrency: 2,
  timeout: 5_000,
};

/** Nothing here tests the disk: a folder in memory, where there is one, makes thousands of runs quick. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let runs = 0;

export async function simulate(seed: number, steps: number): Promise<SimulationResult> {
  const random = new Random(seed);
  const time = new Scheduler(START);
  const told = new Map<string, Told[]>();
  const problems: string[] = [];
  // Prices rise with their source time, so that a price says how old it is.
  const platform = new Platform(random, time, (_sku: string, a: Shown, b: Shown) => a.selling_price < b.selling_price);
  const file = join(MEMORY, `shelfwire-sim-${process.pid}-${runs++}.db`);
  const chance = (most: number) => (random.chance(0.5) ? 0 : random.next() * most);
  const faults = { crash: chance(0.02), disk: chance(0.03), drop: chance(0.05), thin: chance(0.05), copy: chance(0.3) };
  const product = new Product({ file, random, time, http: platform.http, definition: DEFINITION, faults });
  product.start();
  let sent = 0;
  let unacknowledged = 0;

  const deliver = (event: StockEvent, attempt = 0): void => {
    time.after(random.int(0, attempt === 0 ? 3_000 : 2_000), () => {
      const { ledger } = product;
      let answered = false;
      const retry = () => {
        if (answered) return;
        answered = true;
        deliver(event, attempt + 1);
      };
      // A sender that hears nothing sends again.
      time.after(4_000, retry);
      if (!ledger || random.chance(attempt === 0 ? 0.1 : 0)) return;
      ledger.record({ sender: 'sim', events: [event] }).then(
        (result) => {
          if (result.refused > 0) problems.push(`refused: ${result.refusals[0]!.message}`);
          // The answer may be lost on its way, too.
          if (answered || random.chance(0.05)) return;
          answered = true;
          unacknowledged -= 1;
        },
        () => {},
      );
    });
  };
  const tell = (sku: string, value: Omit<Told, 'at'>, at: number): void => {
    const list = told.get(sku) ?? [];
    told.set(sku, list);
    list.push({ ...value, at });
    const event: StockEvent = {
      event_id: `e${sent++}`,
      source: 'sim',
      store_id: '1',
      sku,
      occurred_at: new Date(at).toISOString(),
      ...(value.quantity === undefined ? {} : { quantity: String(value.quantity) }),
      ...(value.change === undefined ? {} : { quantity_change: String(value.change) }),
      ...(value.price === undefined ? {} : { selling_price: String(value.price) }),
    };
    unacknowledged += 1;
    deliver(event);
    if (random.chance(0.15)) {
      unacknowledged += 1;
      deliver(event);
    }
  };

  let at = START - 3_600_000;
  for (let step = 0; step < steps; step++) {
    time.after(step * random.int(100, 900), () => {
      const sku = `S${random.int(1, SKUS)}`;
      // Each event has its own time: ties have tests of their own.
      at += 1 + random.int(0, 400);
      const kind = random.next();
      if (kind < 0.35) tell(sku, { quantity: random.int(0, 3) }, at);
      else if (kind < 0.6) tell(sku, { change: random.int(-2, 2) }, at);
      else tell(sku, { price: Math.round((at - START + 3_600_000) / 10) / 100 + 1 }, at);
    });
    if (random.chance(0.04))
      time.after(step * 500, () => {
        platform.weather = random.pick<Weather>(['fair', 'rough', 'rough', 'down', 'key_refused']);
      });
    if (random.chance(0.02))
      time.after(step * 500, () => {
        if (random.chance(0.5)) platform.disliked.add(`S${random.int(1, SKUS)}`);
        else platform.disliked.clear();
      });
    if (random.chance(0.01))
      time.after(step * 500, () => {
        time.skew = random.int(-600_000, 600_000);
      });
    if (random.chance(0.01)) time.after(step * 500, () => product.crash());
    if (random.chance(0.01))
      time.after(
        step * 500,
        () => void product.ledger?.setPaused('pasons:1', random.chance(0.5), 'user:sim').catch(() => {}),
      );
  }

  const look = () => {
    for (const fault of platform.faults.splice(0)) problems.push(fault);
  };
  await time.runUntil(START + steps * 900, look);

  // Fair weather: everything must arrive by itself; only what people held or the platform refused is released by hand.
  platform.weather = 'fair';
  platform.disliked.clear();
  Object.assign(product.faults, { crash: 0, disk: 0, drop: 0, thin: 0, copy: 0 });
  time.skew = 0;
  const release = () => {
    void product.ledger?.setPaused('pasons:1', false, 'user:sim').catch(() => {});
    void product.ledger?.retryItems('pasons:1', {}).catch(() => {});
  };
  const calm = time.steady;
  for (let minute = 1; minute <= 40; minute++) {
    time.after(0, release);
    await time.runUntil(calm + minute * 60_000, look);
  }
  await check();
  product.crash();
  rmSync(file, { force: true });
  rmSync(`${file}-wal`, { force: true });
  return { seed, problems, events: sent, requests: platform.requests, crashes: product.crashes };

  async function check(): Promise<void> {
    if (unacknowledged > 0) problems.push(`${unacknowledged} events never acknowledged`);
    const ledger = product.ledger!;
    const counts = await ledger.counts();
    if (counts.received !== counts.accepted + counts.duplicate + counts.stale + counts.refused)
      problems.push(`events do not add up: ${JSON.stringify(counts)}`);
    const summary = (await ledger.outlets())[0]!;
    const rows = (await ledger.items({ outlet: 'pasons:1', limit: 1000 })).rows;
    const actual: Record<string, number> = { in_sync: 0, waiting: 0, sending: 0, held: 0, refused: 0, incomplete: 0 };
    for (const row of rows) actual[row.state]! += 1;
    if (JSON.stringify(actual) !== JSON.stringify({ ...actual, ...summary.counts }))
      problems.push(`items do not add up: ${JSON.stringify([actual, summary.counts])}`);
    for (const [sku, list] of told) {
      const wanted = oracle(list);
      const shown = platform.items.get(sku) ?? null;
      if (JSON.stringify(wanted) !== JSON.stringify(shown)) {
        const row = rows.find((each) => each.sku === sku);
        problems.push(
          `${sku}: the platform shows ${JSON.stringify(shown)}, it should be ${JSON.stringify(wanted)} (state ${row?.state})`,
        );
      }
    }
  }
}

/** What a shop that told all this should be shown as; null = incomplete. */
function oracle(list: Told[]): Shown | null {
  const latest = (name: 'quantity' | 'price') =>
    list.filter((each) => each[name] !== undefined).sort((a, b) => b.at - a.at)[0];
  const level = latest('quantity');
  const price = latest('price');
  if (!level || !price) return null;
  const moves = list.filter((each) => each.change !== undefined && each.at > level.at);
  const quantity = moves.reduce((sum, { change }) => sum + change!, level.quantity!);
  return { selling_price: price.price!, stock_status: quantity > 0 ? 1 : 0 };
}
