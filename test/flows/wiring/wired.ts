/**
 * A shop in a real Node-RED whose way to the platform each test wires differently: a feed comes in, `changed` emits what
 * the platform lacks, and what must hold is watched all the time.
 */
import assert from 'node:assert/strict';
import type { EventCounts, ItemRow, ItemState, OutletSummary, PushRecord } from '../../../core/ledger/ledger';
import { scalarText } from '../../../simulators/exact-json';
import { type PasonsSimulator, startPasons } from '../../../simulators/pasons';
import type { Behaviour } from '../../../simulators/pasons-behaviour';
import { eventually } from '../../support/eventually';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../../support/node-red';

export interface Wiring {
  /** What changed stock is wired to. */
  changed: string[];
  /** The nodes behind it. */
  nodes: FlowEntry[];
  /** Settings of changed stock. */
  settings?: Record<string, unknown>;
  /** Settings of the outlets. */
  outlets?: Record<string, unknown>;
  stores?: string[];
  behaviour?: Partial<Behaviour>;
}

/** Nodes that most wirings have. */
export const push = (wires: string[][] = [[], []], id = 'push'): FlowEntry => ({
  id,
  type: 'shelfwire-pasons-push',
  wires,
});
export const retry = (wires: string[][] = [['push'], []], id = 'retry'): FlowEntry => ({
  id,
  type: 'shelfwire-retry',
  delay: 0.1,
  wires,
});
export const chunker = (size: number, to = 'push', id = 'chunker'): FlowEntry => ({
  id,
  type: 'shelfwire-chunker',
  size,
  wires: [[to]],
});
export const code = (func: string, to: string[], id = 'function'): FlowEntry => ({
  id,
  type: 'function',
  func,
  outputs: 1,
  timeout: 0,
  wires: [to],
});

/** Takes a list apart and puts it together again, without the items that the switch does not let through. */
export const splitSwitchJoin = (rule: Record<string, unknown>, to: string): FlowEntry[] => [
  { id: 'split', type: 'split', splt: '\\n', arraySplt: 1, arraySpltType: 'len', wires: [['switch']] },
  {
    id: 'switch',
    type: 'switch',
    property: 'payload.sku',
    propertyType: 'msg',
    rules: [rule],
    checkall: 'true',
    repair: true,
    outputs: 1,
    wires: [['join']],
  },
  { id: 'join', type: 'join', mode: 'auto', build: 'array', wires: [[to]] },
];

export const outletsNode = (url: string, stores: string[], more: Record<string, unknown> = {}): FlowEntry => ({
  id: 'outlets',
  type: 'shelfwire-outlets',
  ledger: 'ledger',
  platform: 'pasons',
  endpoint: `${url}/v1/inventory/{store_id}`,
  timeout: 2,
  rows: stores.map((store_id) => ({ store_id, name: `Shop ${store_id}`, push_enabled: true, auto: true })),
  ...more,
});

export class Wired {
  readonly red: RunningNodeRed;
  readonly pasons: PasonsSimulator;
  /** What the platform has to show in the end: store → SKU → price and status. */
  private readonly expected = new Map<string, Map<string, string>>();
  private readonly wrong: string[] = [];
  private readonly watching: Promise<void>;
  private known = 0;
  private feeding = 0;
  private ended = false;
  private looks = 0;
  private price = 100;

  private constructor(red: RunningNodeRed, pasons: PasonsSimulator) {
    this.red = red;
    this.pasons = pasons;
    this.watching = this.watch();
  }

  static async start(wiring: Wiring): Promise<Wired> {
    // Prices only ever rise here, so that a number that goes back shows.
    const pasons = await startPasons({ versionField: 'selling_price', timeout: 2000 });
    pasons.behave(wiring.behaviour ?? {});
    try {
      return new Wired(await startNodeRed({ flows: flowsOf(wiring, pasons.url) }), pasons);
    } catch (thrown) {
      await pasons.stop();
      throw thrown;
    }
  }

  /** Other nodes on the way; what the test does not name goes on as it was. */
  deploy(wiring: Wiring, type: 'full' | 'nodes' | 'flows' = 'nodes'): Promise<void> {
    return this.red.deploy(flowsOf(wiring, this.pasons.url), type);
  }

  /** A feed of `count` items `A1`, `A2`, … with new prices; every seventh is sold out. */
  async feed(count: number, store = '1'): Promise<void> {
    this.price += 1;
    const expected = this.expected.get(store) ?? new Map<string, string>();
    this.expected.set(store, expected);
    const rows = ['sku,selling_price,stock_status'];
    for (let n = 1; n <= count; n++) {
      const status = n % 7 === 0 ? 0 : 1;
      rows.push(`A${n},${this.price}.05,${status}`);
      expected.set(`A${n}`, `${this.price}.05 ${status}`);
    }
    this.feeding = Math.max(this.known, expected.size);
    const answer = await fetch(`${this.red.url}/feed/${store}`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv' },
      body: rows.join('\n'),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.equal(((await answer.json()) as EventCounts).accepted, count);
    this.known = this.feeding;
  }

  /** What the platform shows of a store: SKU → price and status. */
  shown(store = '1', platform = this.pasons): Map<string, string> {
    return new Map(
      platform.store
        .items(store)
        .map(({ sku, selling_price, stock_status }) => [
          scalarText(sku),
          `${scalarText(selling_price)} ${scalarText(stock_status)}`,
        ]),
    );
  }

  /** Everything that was fed is there with the right values, confirmed, and was never on its way twice at a time. */
  async everythingArrives(platforms = [this.pasons], timeout = 30_000): Promise<void> {
    for (const [store, expected] of this.expected) {
      for (const platform of platforms)
        await eventually(() => {
          assert.deepEqual(sorted(this.shown(store, platform)), sorted(expected));
          return true;
        }, timeout);
    }
    await eventually(async () => {
      for (const { store_id, counts } of await this.outlets()) {
        const all = this.expected.get(store_id)?.size ?? 0;
        assert.deepEqual(counts, { ...NONE, in_sync: all });
      }
      return true;
    }, timeout);
    for (const platform of platforms) this.neverTwiceNorBack(platform);
  }

  neverTwiceNorBack(platform = this.pasons): void {
    assert.deepEqual(platform.overlaps, []);
    assert.deepEqual(platform.store.reversals, []);
  }

  /** How often each SKU was sent. */
  sends(platform = this.pasons): Map<string, number> {
    const sends = new Map<string, number>();
    for (const { keys, store } of platform.requests)
      for (const key of keys ?? []) sends.set(`${store} ${key}`, (sends.get(`${store} ${key}`) ?? 0) + 1);
    return sends;
  }

  /** No request was in vain: each item left once. */
  eachSentOnce(platform = this.pasons): void {
    assert.deepEqual(
      [...this.sends(platform)].filter(([, times]) => times !== 1),
      [],
    );
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.red.adminUrl}${path}`);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  outlets(): Promise<OutletSummary[]> {
    return this.get('/shelfwire/outlets');
  }

  async counts(id = 'pasons:1'): Promise<Record<ItemState, number>> {
    const found = (await this.outlets()).find((outlet) => outlet.id === id);
    assert.ok(found, `no outlet ${id}`);
    return found.counts;
  }

  async items(state: ItemState, id = 'pasons:1'): Promise<ItemRow[]> {
    return (await this.get<{ items: ItemRow[] }>(`/shelfwire/items?outlet=${id}&state=${state}`)).items;
  }

  async pushes(): Promise<PushRecord[]> {
    return (await this.get<{ pushes: PushRecord[] }>('/shelfwire/pushes?limit=100')).pushes;
  }

  /** @throws AssertionError when at any moment the counts did not add up */
  async stop(): Promise<void> {
    this.ended = true;
    await this.watching;
    await this.red.stop();
    await this.pasons.stop();
    assert.deepEqual(this.wrong, []);
    assert.ok(this.looks > 0, 'nobody looked at the counts');
  }

  /** The counts add up at every moment, also while flows are deployed. */
  private async watch(): Promise<void> {
    while (!this.ended) {
      try {
        const before = this.known;
        const outlets = await this.outlets();
        for (const { id, counts, store_id } of outlets) {
          if (!this.expected.has(store_id) || this.expected.size > 1) continue;
          const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
          if (all < before || all > this.feeding)
            this.wrong.push(`${id}: ${JSON.stringify(counts)} are not ${before} to ${this.feeding}`);
        }
        const health = (await (await fetch(`${this.red.url}/health`)).json()) as { counts: EventCounts };
        const { received, accepted, duplicate, stale, refused } = health.counts;
        if (received !== accepted + duplicate + stale + refused) this.wrong.push(JSON.stringify(health.counts));
        this.looks += 1;
      } catch {
        // Between two deploys nobody answers.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const NONE: Record<ItemState, number> = { in_sync: 0, waiting: 0, sending: 0, held: 0, refused: 0, incomplete: 0 };
const sorted = (map: Map<string, string>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

function flowsOf(wiring: Wiring, url: string): FlowEntry[] {
  const flow: FlowEntry[] = [
    { id: 'feed', type: 'shelfwire-catalogue-in', path: '/feed/:store_id', unsigned: 'allow', wires: [['record']] },
    { id: 'record', type: 'shelfwire-record-stock', ledger: 'ledger', wires: [[], []] },
    {
      id: 'changed',
      type: 'shelfwire-changed-stock',
      outlets: 'outlets',
      auto: true,
      linger: 0.05,
      ...wiring.settings,
      wires: [wiring.changed],
    },
    ...wiring.nodes,
  ];
  return [
    { id: 'tab', type: 'tab', label: 'wired otherwise' },
    { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db' },
    outletsNode(url, wiring.stores ?? ['1'], wiring.outlets),
    ...flow.map((node, index) =>
      node.type.endsWith('-outlets') ? node : { z: 'tab', x: 200, y: 60 * (index + 1), ...node },
    ),
  ];
}
