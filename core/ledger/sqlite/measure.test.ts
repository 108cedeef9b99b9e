import assert from 'node:assert/strict';
import { join } from 'node:path';
import { accepted, begin, event, OK, outlet, START } from '../../../test/conformance/bench';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import type { Ledger, Measured, Outcome, SettledRequest } from '../ledger';
import { openLedger } from '.';
import { openDirect } from './direct';

describe('sqlite: what there is to count', () => {
  let folder: TempFolder;
  let ledger: Ledger;
  let now: number;
  let told: Measured[];
  beforeEach(async () => {
    folder = tempFolder('measure');
    now = START;
    told = [];
    let ids = 0;
    const clock = { now: () => now, steady: () => now, id: () => `${++ids}` };
    ledger = openDirect({ file: join(folder.path, 'ledger.db'), kind: 'live', clock });
    await ledger.defineOutlets('pasons', [outlet()]);
    ledger.on('measured', (measured) => told.push(measured));
  });
  afterEach(async () => {
    await ledger.close();
    folder.remove();
  });

  const record = (sku: string, price: string, at: number) =>
    ledger.record({
      sender: 'paradigm',
      events: [
        event({
          event_id: `${sku}-${price}`,
          sku,
          quantity: '5',
          selling_price: price,
          occurred_at: new Date(at).toISOString(),
        }),
      ],
    });
  const push = async (outcome: (items: number[]) => Outcome, type: 'partial' | 'full' = 'partial') => {
    await ledger.startPush({ outlet: 'pasons:1', type, trigger: 'manual', created_by: 'user:x' });
    const take = (await ledger.take('pasons:1', 10))!;
    const begun = await begin(ledger, take, { endpoint: outlet().endpoint! });
    assert.ok(begun.send);
    now += 500;
    const items = take.ticket.entries.map(({ item }) => item);
    await ledger.settle(begun.chunk, outcome(items), { ...OK, duration_ms: 40 });
    await ledger.take('pasons:1', 10);
    return told.at(-1)!.requests[0]!;
  };
  const plain = ({ outcome, confirmed, refused, waited_ms }: SettledRequest) => ({
    outcome,
    confirmed,
    refused,
    waited_ms: [...waited_ms].sort((a, b) => a - b),
  });

  it('how long each item waited from its first change to its confirmation, and only what was new', async () => {
    await record('A', '1', START - 5_000);
    now += 10_000;
    await record('A', '2', START - 4_000);
    await record('B', '1', START - 5_000);
    now += 2_000;
    const first = await push(() => accepted);
    assert.deepEqual(plain(first), { outcome: 'accepted', confirmed: 2, refused: 0, waited_ms: [2_500, 12_500] });
    assert.deepEqual([first.outlet, first.duration_ms], ['pasons:1', 40]);
    // Told to send everything: nothing in it is news to the platform.
    now += 60_000;
    assert.deepEqual(plain(await push(() => accepted, 'full')), {
      outcome: 'accepted',
      confirmed: 2,
      refused: 0,
      waited_ms: [],
    });
  });

  it('what was refused, and why a request did not go through', async () => {
    await record('A', '1', START);
    await record('B', '1', START);
    const refused = await push(([item]) => ({
      kind: 'accepted',
      refused: [{ item: item!, code: 'bad', message: 'no such product' }],
    }));
    assert.deepEqual(plain(refused), { outcome: 'accepted', confirmed: 1, refused: 1, waited_ms: [500] });
    await record('A', '2', START + 1);
    const down = await push(() => ({
      kind: 'outage',
      code: 'http_401',
      message: 'who are you',
      reach: 'key_refused',
      uncertain: false,
      retryAfter: null,
      holdUntil: null,
    }));
    assert.deepEqual([down.outcome, down.reach, down.confirmed], ['outage', 'key_refused', 0]);
  });

  it('in the real ledger: the sums of every group, and only when somebody listens', async () => {
    const real = await openLedger({ file: join(folder.path, 'real.db'), kind: 'live' });
    try {
      await real.record({ sender: 'x', events: [event({ event_id: 'unheard' })] });
      const heard: Measured[] = [];
      real.on('measured', (measured) => heard.push(measured));
      const results = await Promise.all(
        ['a', 'b', 'c'].map((event_id) => real.record({ sender: 'x', events: [event({ event_id })] })),
      );
      await real.counts();
      for (const name of ['received', 'accepted', 'duplicate', 'stale', 'refused'] as const) {
        const heardOf = heard.reduce((all, { events }) => all + events[name], 0);
        assert.equal(
          heardOf,
          results.reduce((all, result) => all + result[name], 0),
          name,
        );
      }
      assert.equal(results.length, 3);
      assert.equal(heard.flatMap(({ record_ms }) => record_ms).length, 3);
      assert.ok(heard.every(({ record_ms }) => record_ms.every((ms) => ms > 0 && ms < 60_000)));
    } finally {
      await real.close();
    }
  });
});
