import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { askingSuite } from '../../../test/conformance/asking';
import { type Bench, begin, event, outlet, START } from '../../../test/conformance/bench';
import { pushingSuite } from '../../../test/conformance/pushing';
import { recordingSuite } from '../../../test/conformance/recording';
import type { Ledger } from '../ledger';
import { openLedger } from './client';
import { openDirect } from './direct';

const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'shelfwire-ledger-'));
  folders.push(made);
  return made;
};
after(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

function bench(): Bench {
  const file = join(folder(), 'ledger.db');
  let now = START;
  let ids = 0;
  const clock = { now: () => now, steady: () => now, id: () => `${++ids}` };
  const made: Bench = {
    ledger: openDirect({ file, kind: 'live', clock }),
    advance: (ms) => {
      now += ms;
    },
    crash: () => {
      // Closing writes nothing that was not committed: the same as a crash for what is in the file.
      void made.ledger.close();
      made.ledger = openDirect({ file, kind: 'live', clock });
      return made.ledger;
    },
  };
  return made;
}

recordingSuite('sqlite', bench);
pushingSuite('sqlite', bench);
askingSuite('sqlite', bench);

async function sums(ledger: Ledger): Promise<void> {
  const counts = await ledger.counts();
  assert.equal(counts.received, counts.accepted + counts.duplicate + counts.stale + counts.refused);
  for (const { id, counts: states } of await ledger.outlets()) {
    const actual: Record<string, number> = { in_sync: 0, waiting: 0, sending: 0, held: 0, refused: 0, incomplete: 0 };
    for (const row of (await ledger.items({ outlet: id, limit: 1000 })).rows) actual[row.state]! += 1;
    assert.deepEqual({ ...states }, actual);
  }
}

describe('sqlite: whatever happens', () => {
  it('counts always add up and the last told values arrive', async function () {
    this.timeout(60_000);
    const step = fc.oneof(
      fc.record({
        do: fc.constant('event' as const),
        sku: fc.constantFrom('A', 'B', 'C'),
        quantity: fc.nat(3),
        price: fc.integer({ min: 1, max: 3 }),
        at: fc.nat(200),
      }),
      fc.record({
        do: fc.constant('move' as const),
        sku: fc.constantFrom('A', 'B', 'C'),
        change: fc.integer({ min: -3, max: 3 }),
        at: fc.nat(200),
      }),
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('send' as const), which: fc.nat(5) }),
      fc.record({
        do: fc.constant('settle' as const),
        which: fc.nat(5),
        how: fc.constantFrom('accepted', 'refused', 'outage', 'unknown', 'isolated', 'held'),
      }),
      fc.record({ do: fc.constant('giveBack' as const), which: fc.nat(5) }),
      fc.record({ do: fc.constant('pause' as const), on: fc.boolean() }),
      fc.record({ do: fc.constant('full' as const) }),
      fc.record({ do: fc.constant('crash' as const) }),
      fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 70_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const made = bench();
        await made.ledger.defineOutlets('pasons', [outlet()]);
        const taken: NonNullable<Awaited<ReturnType<Ledger['take']>>>[] = [];
        const sent: { chunk: string; items: number[] }[] = [];
        let n = 0;
        for (const each of steps) {
          const { ledger } = made;
          if (each.do === 'event')
            await ledger.record({
              sender: 't',
              events: [
                event({
                  sku: each.sku,
                  event_id: `e${n++}`,
                  quantity: `${each.quantity}`,
                  selling_price: `${each.price}`,
                  occurred_at: new Date(START - 3_600_000 + each.at * 1000).toISOString(),
                }),
              ],
            });
          if (each.do === 'move')
            await ledger.record({
              sender: 't',
              events: [
                event({
                  sku: each.sku,
                  event_id: `e${n++}`,
                  quantity_change: `${each.change}`,
                  occurred_at: new Date(START - 3_600_000 + each.at * 1000).toISOString(),
                }),
              ],
            });
          if (each.do === 'take') {
            await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'auto', created_by: 'auto' });
            const one = await ledger.take('pasons:1', 2);
            if (one) taken.push(one);
          }
          if (each.do === 'full')
            await ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'manual', created_by: 'user:x' });
          if (each.do === 'send' && taken[each.which]) {
            const begun = await begin(ledger, taken[each.which]!);
            if (begun.send)
              sent.push({ chunk: begun.chunk, items: taken[each.which]!.ticket.entries.map(({ item }) => item) });
          }
          if (each.do === 'settle' && sent[each.which]) {
            const { chunk, items } = sent[each.which]!;
            const refusal = { item: items[0]!, code: 'x', message: 'y' };
            const answer = { statusCode: 200, message: '', duration_ms: 1 };
            const outage = {
              kind: 'outage' as const,
              code: 'c',
              message: 'm',
              reach: 'not_reachable' as const,
              uncertain: true,
              retryAfter: null,
            };
            if (each.how === 'accepted') await ledger.settle(chunk, { kind: 'accepted', refused: [] }, answer);
            if (each.how === 'refused') await ledger.settle(chunk, { kind: 'accepted', refused: [refusal] }, answer);
            if (each.how === 'isolated')
              await ledger.settle(chunk, { kind: 'isolated', refusal, proven: false }, answer);
            if (each.how === 'outage') await ledger.settle(chunk, { ...outage, holdUntil: null }, answer);
            if (each.how === 'held') await ledger.settle(chunk, { ...outage, holdUntil: START + 9_000_000 }, answer);
            if (each.how === 'unknown')
              await ledger.settle(chunk, { kind: 'unknown', code: 'c', message: 'm', holdUntil: null }, answer);
          }
          if (each.do === 'giveBack' && taken[each.which]) await ledger.giveBack(taken[each.which]!.ticket);
          if (each.do === 'pause') await ledger.setPaused('pasons:1', each.on, 'user:x');
          if (each.do === 'time') made.advance(each.ms);
          if (each.do === 'crash') made.crash();
          await sums(made.ledger);
        }
        // Then everything works again: what is complete must arrive by itself.
        const { ledger } = made;
        await ledger.setPaused('pasons:1', false, 'user:x');
        await ledger.retryItems('pasons:1', {});
        for (let round = 0; round < 40; round++) {
          made.advance(1_000_000);
          await ledger.due();
          await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'auto', created_by: 'auto' });
          for (;;) {
            const one = await ledger.take('pasons:1', 10);
            if (!one) break;
            const begun = await begin(ledger, one);
            if (begun.send)
              await ledger.settle(
                begun.chunk,
                { kind: 'accepted', refused: [] },
                { statusCode: 200, message: '', duration_ms: 1 },
              );
          }
        }
        const end = (await ledger.outlets())[0]!.counts;
        assert.equal(end.waiting + end.sending + end.held + end.refused, 0, JSON.stringify(end));
        await sums(ledger);
        await ledger.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('sqlite: the statements', () => {
  it('have no numbered parameters, which Node 22.13 cannot bind', () => {
    for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.js'))) {
      const numbered = /['"`][^'"`]*\bWHERE\b[^'"`]*\?\d/.exec(readFileSync(join(__dirname, file), 'utf8'));
      assert.equal(numbered, null, file);
    }
  });
});

describe('sqlite: the file', () => {
  it('is refused to a second opener, keeps its mark, and opens again', async () => {
    const file = join(folder(), 'a', 'ledger.db');
    const first = await openLedger({ file, kind: 'demo' });
    await assert.rejects(openLedger({ file, kind: 'live' }), { code: 'ledger_in_use' });
    await first.record({ sender: 't', events: [event({ quantity: '1' })] });
    await first.close();
    const second = await openLedger({ file, kind: 'live' });
    assert.equal(second.info.kind, 'demo');
    assert.equal((await second.counts()).accepted, 1);
    await second.close();
  });
  it('that is no database is left as it is', async () => {
    const file = join(folder(), 'ledger.db');
    writeFileSync(file, 'this is not a database, but somebody may need it '.repeat(100));
    await assert.rejects(openLedger({ file, kind: 'live' }), { code: 'ledger_corrupt' });
  });
  it('takes a big feed in pieces and many callers at once', async () => {
    const ledger = await openLedger({ file: join(folder(), 'ledger.db'), kind: 'live' });
    const feed = ledger.record({
      sender: 'catalogue',
      events: Array.from({ length: 5000 }, (_, i) => event({ sku: `S${i}`, quantity: i === 4500 ? 'x' : '1' })),
    });
    const singles = Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        ledger.record({ sender: 't', events: [event({ sku: `T${i}`, quantity: '1' })] }),
      ),
    );
    const result = await feed;
    assert.deepEqual([result.accepted, result.refused, result.refusals[0]!.index], [4999, 1, 4500]);
    assert.equal(
      (await singles).every(({ accepted }) => accepted === 1),
      true,
    );
    await ledger.close();
    await assert.rejects(ledger.counts(), { code: 'ledger_closed' });
  });
});
