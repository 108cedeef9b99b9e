/**
 * Everything changes while the platforms are down, then they are up: what memory and time it takes, and in which order it
 * arrives: newly sold out first, then the oldest, outlets in turn, and no item that changes all the time keeps others back.
 */
import assert from 'node:assert/strict';
import { cpuSeconds } from '../../bench/support/cpu';
import type { OutletSummary } from '../../core/ledger/ledger';
import { bundledFlow, entry } from '../support/bundled-flow';
import { SECRETS, startDemoFlow } from '../support/demo-flow';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import type { RunningNodeRed } from '../support/node-red';
import { tempFolder } from '../support/temp-folder';
import { BacklogPlatform } from './backlog-platform';
import { MemoryWatch } from './memory';

/** Items of each shop that were in stock before and are sold out at the end of the outage. */
const SOLD_OUT = 100;
const CHUNK = 500;
/** Messages of an outlet on their way, and the items of one: order is kept up to these. */
const UNDER_WAY = 4 * 1_000 + CHUNK;
/** Requests of one outlet while another one, which has something to send, gets none. */
const TURN = 60;
/** Rows of one feed: few enough that it is recorded in time on a slow machine. */
const PIECE = 5_000;
/** How long the bundled flow gathers changes before it begins to push them. */
const LINGER_MS = 2_000;
const HOT = 'HOT';
const LATE = 'LATE';

export interface Backlog {
  items: number;
  outlets: number;
  feedSeconds: number;
  drainSeconds: number;
  peakMb: number;
  /** Processor time of Node-RED from the first change until all had arrived. */
  cpuSeconds: number;
  /** Requests that met the platform while it was down. */
  asked: number;
}

export interface BacklogOptions {
  items: number;
  outlets: number;
  /** Milliseconds for the whole drain. */
  patience: number;
  memoryMb: number;
}

/** @throws AssertionError when a promise is broken */
export async function backlog({ items, outlets, patience, memoryMb }: BacklogOptions): Promise<Backlog> {
  const folder = tempFolder('backlog');
  const platform = await BacklogPlatform.start();
  const flow = bundledFlow();
  const stores = Array.from({ length: outlets }, (_, n) => String(n + 1));
  entry(flow, 'shelfwire-outlets').rows = stores.map((store_id) => ({
    store_id,
    name: `Shop ${store_id}`,
    push_enabled: true,
    auto: true,
  }));
  const [port, mqttPort] = [await freePort(), await freePort()];
  const red = await startDemoFlow({ flow, folder: folder.path, port, mqttPort, pasonsUrl: platform.url });
  try {
    await eventually(async () => (await fetch(`${red.url}/health`)).status === 200, 30_000, 'health');
    const each = Math.ceil(items / outlets);
    const old = names('OLD', SOLD_OUT);
    const changed = names('NEW', each - SOLD_OUT);
    for (const store of stores) await feed(red, store, [...old, HOT, LATE], '10.5', 1);
    await eventually(() => platform.count() === outlets * (SOLD_OUT + 2), 60_000, 'what is there before');

    platform.up = false;
    const memory = new MemoryWatch(red.pid);
    const [start, cpu] = [performance.now(), cpuSeconds(red.pid)];
    for (const store of stores) await feed(red, store, changed, '12.4', 1);
    for (const store of stores) await feed(red, store, old, '10.5', 0);
    const fed = performance.now();
    await down(red, stores, each);

    platform.forget();
    platform.up = true;
    const up = performance.now();
    const stop = keepHot(red);
    await eventually(() => platform.arrived.filter(({ store }) => store === '1').length > 1, patience, 'shop 1');
    await feed(red, '1', [LATE], '10.5', 0);
    const known = performance.now();
    await eventually(() => arrivedAll(platform, stores, each), patience, 'everything at the platform');
    const [drained, used] = [performance.now(), cpuSeconds(red.pid) - cpu];
    const hot = await stop();
    memory.stop();
    await eventually(() => platform.shown.get('1')?.get(HOT) === `${hot} 1`, 30_000, 'the item that kept changing');
    await inSync(red, stores);

    soldOutFirst(platform, stores);
    oldestFirst(platform, stores, changed);
    inTurn(platform, stores, each);
    lateBeforeTheRest(platform, known);
    values(platform, stores, old, changed);
    assert.ok(memory.peak < memoryMb, `${memory.peak} MB`);
    return {
      items,
      outlets,
      feedSeconds: Math.round((fed - start) / 1000),
      drainSeconds: Math.round((drained - up) / 1000),
      peakMb: memory.peak,
      cpuSeconds: used,
      asked: platform.asked,
    };
  } finally {
    await red.stop();
    await platform.stop();
    folder.remove();
  }
}

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(7, '0')}`);

async function feed(red: RunningNodeRed, store: string, skus: string[], price: string, status: 0 | 1): Promise<void> {
  for (let at = 0; at < skus.length; at += PIECE)
    await feedPiece(red, store, skus.slice(at, at + PIECE), price, status);
}

async function feedPiece(red: RunningNodeRed, store: string, skus: string[], price: string, status: 0 | 1) {
  const rows = skus.map((sku) => `${sku},${price},${status}`).join('\n');
  await eventually(
    async () => {
      const answer = await fetch(`${red.url}/api/catalogue/${store}`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv', Authorization: `Bearer ${SECRETS.token}` },
        body: `sku,selling_price,stock_status\n${rows}\n`,
      });
      const text = await answer.text();
      assert.equal(answer.status, 200, text);
      return true;
    },
    120_000,
    'a feed that is taken',
  );
}

const outletsOf = async (red: RunningNodeRed): Promise<OutletSummary[]> =>
  (await (await fetch(`${red.adminUrl}/shelfwire/outlets`)).json()) as OutletSummary[];

/** Every shop has given up what was on its way and shows the outage; nothing is refused or held for it. */
async function down(red: RunningNodeRed, stores: string[], each: number): Promise<void> {
  await eventually(async () => {
    const outlets = await outletsOf(red);
    assert.equal(outlets.length, stores.length);
    for (const { counts, reach } of outlets) {
      const { waiting, sending, held, refused } = counts;
      assert.deepEqual([waiting, sending, held, refused, reach], [each, 0, 0, 0, 'not_reachable']);
    }
    return true;
  }, 60_000);
}

/** One item of shop 1 gets a new price all the time. @returns what ends it, with the last price */
function keepHot(red: RunningNodeRed): () => Promise<string> {
  let price = 100;
  let running = true;
  const work = (async () => {
    while (running) {
      price += 1;
      await feed(red, '1', [HOT], String(price), 1);
    }
  })();
  return async () => {
    running = false;
    await work;
    return String(price);
  };
}

/** All but the hot item. */
function arrivedAll(platform: BacklogPlatform, stores: string[], each: number): boolean {
  return stores.every((store) => {
    const shown = platform.shown.get(store);
    if (shown?.size !== each + 2) return false;
    return shown.get('OLD0000000')?.endsWith(' 0') === true;
  });
}

async function inSync(red: RunningNodeRed, stores: string[]): Promise<void> {
  await eventually(
    async () => {
      const outlets = await outletsOf(red);
      assert.equal(outlets.length, stores.length);
      for (const { counts, connected } of outlets) {
        const { in_sync, ...others } = counts;
        assert.equal(
          Object.values(others).reduce((sum, count) => sum + count, 0),
          0,
          JSON.stringify(counts),
        );
        assert.ok(in_sync > 0 && connected);
      }
      return true;
    },
    30_000,
    'every outlet in sync',
  );
}

const of = (platform: BacklogPlatform, store: string) => platform.arrived.filter((each) => each.store === store);

/** What sold out last of all leaves first of all. */
function soldOutFirst(platform: BacklogPlatform, stores: string[]): void {
  for (const store of stores) {
    const first = of(platform, store)[0]!.skus.slice(0, SOLD_OUT);
    assert.ok(
      first.every((sku) => sku.startsWith('OLD')),
      `shop ${store} began with ${first.slice(0, 3)}`,
    );
  }
}

function oldestFirst(platform: BacklogPlatform, stores: string[], changed: string[]): void {
  const places = new Map(changed.map((sku, place) => [sku, place]));
  for (const store of stores) {
    const order = of(platform, store)
      .flatMap(({ skus }) => skus)
      .flatMap((sku) => places.get(sku) ?? []);
    assert.equal(order.length, changed.length, `shop ${store}: something was sent twice`);
    order.forEach((place, index) => {
      assert.ok(Math.abs(place - index) <= UNDER_WAY, `shop ${store}: item ${place} came as number ${index}`);
    });
  }
}

/** From its first request to its last one, no outlet has to watch another one for long. */
function inTurn(platform: BacklogPlatform, stores: string[], each: number): void {
  const left = new Map(stores.map((store) => [store, each]));
  const met = new Set<string>();
  const since = new Map<string, Map<string, number>>();
  for (const { store, skus } of platform.arrived) {
    met.add(store);
    left.set(store, left.get(store)! - skus.length);
    since.set(store, new Map());
    for (const [other, counts] of since) {
      if (other === store || left.get(other)! <= 0 || !met.has(other)) continue;
      const turns = (counts.get(store) ?? 0) + 1;
      counts.set(store, turns);
      assert.ok(turns <= TURN, `shop ${store} was sent ${turns} messages while shop ${other} waited for one`);
    }
  }
}

/**
 * What sells out while the backlog drains does not wait for its end: it goes once its push begins, after what is on its way by then.
 * @param known when its event was acknowledged
 */
function lateBeforeTheRest(platform: BacklogPlatform, known: number): void {
  const sent = of(platform, '1');
  const late = sent.find(({ skus }) => skus.includes(LATE));
  assert.ok(late, 'what sold out meanwhile never arrived');
  const before = sent.filter(({ at }) => at > known + LINGER_MS && at < late.at).length;
  assert.ok(before <= 20, `${before} requests of its shop were sent before it after changes had been gathered`);
}

function values(platform: BacklogPlatform, stores: string[], old: string[], changed: string[]): void {
  for (const store of stores) {
    const shown = platform.shown.get(store)!;
    assert.ok(old.every((sku) => shown.get(sku) === '10.5 0'));
    assert.ok(changed.every((sku) => shown.get(sku) === '12.4 1'));
  }
  assert.equal(platform.shown.get('1')?.get(LATE), '10.5 0');
}
