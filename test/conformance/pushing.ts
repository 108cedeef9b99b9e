/** What every ledger does with what is to be sent. */
import assert from 'node:assert/strict';
import type { Ledger, Outcome, PushRecord, Take } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { accepted, at, type Bench, begin, event, NONE, OK, outlet, START, sendAll, states } from './bench';

export function pushingSuite(name: string, make: () => Bench): void {
  describe(`${name}: pushing`, () => {
    let bench: Bench;
    let ledger: Ledger;
    beforeEach(async () => {
      bench = make();
      ledger = bench.ledger;
      await ledger.defineOutlets('pasons', [outlet()]);
    });
    afterEach(() => ledger.close());
    const record = (...events: StockEvent[]) => ledger.record({ sender: 'test', events });
    const item = (sku: string, seconds = 0, quantity = '5', price = '13.99') =>
      event({ sku, quantity, selling_price: price, occurred_at: at(seconds) });
    const startAndTake = async (limit = 1000): Promise<Take> => {
      await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'manual', created_by: 'user:test' });
      return (await ledger.take('pasons:1', limit))!;
    };

    it('incomplete, waiting, sending, in sync', async () => {
      await record(event({ quantity: '5' }));
      assert.equal(await states(ledger), 'incomplete 1');
      await record(event({ selling_price: '13.99', occurred_at: at(1) }));
      assert.equal(await states(ledger), 'waiting 1');
      const taken = await startAndTake();
      assert.deepEqual(taken.items, [{ sku: 'A', selling_price: '13.99', stock_status: 1 }]);
      assert.equal(await states(ledger), 'sending 1');
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, accepted, OK);
      assert.equal(await states(ledger), 'in_sync 1');
      const { pushes } = await ledger.pushes({});
      // The push ends once there is nothing more to take.
      assert.equal(await ledger.take('pasons:1', 10), null);
      assert.deepEqual(
        [(await ledger.push(pushes[0]!.id))!.status, (await ledger.push(pushes[0]!.id))!.confirmed],
        ['success', 1],
      );
    });
    it('a change that the platform does not see makes nothing wait', async () => {
      await record(item('A', 0, '100'));
      await sendAll(ledger);
      await record(event({ quantity: '95', occurred_at: at(5) }));
      assert.equal(await states(ledger), 'in_sync 1');
      assert.deepEqual(await sendAll(ledger), []);
    });
    it('a newer value during the sending waits afterwards and is never lost', async () => {
      await record(item('A'));
      const taken = await startAndTake();
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await record(event({ selling_price: '14.00', occurred_at: at(9) }));
      assert.equal(await states(ledger), 'sending 1');
      assert.equal(await ledger.take('pasons:1', 10), null);
      await ledger.settle(begun.chunk, accepted, OK);
      assert.equal(await states(ledger), 'waiting 1');
      assert.deepEqual(await sendAll(ledger), [{ sku: 'A', selling_price: '14', stock_status: 1 }]);
    });
    it('of two copies of a message only one is sent', async () => {
      await record(item('A'), item('B'));
      const taken = await startAndTake();
      const copy = structuredClone(taken);
      assert.equal((await begin(ledger, taken)).send, true);
      const second = await begin(ledger, copy);
      assert.equal(second.send, false);
      assert.equal((second as { lost: number[] }).lost.length, 2);
    });
    it('what is not settled is waiting again when its lease ends', async () => {
      await record(item('A'));
      await startAndTake();
      bench.advance(29_000);
      assert.deepEqual(await ledger.due(), ['pasons:1']);
      assert.equal(await states(ledger), 'sending 1');
      bench.advance(2_000);
      await ledger.due();
      assert.equal(await states(ledger), 'waiting 1');
      assert.ok(await ledger.take('pasons:1', 10));
    });
    it('an outlet whose leases end gets longer ones, twice as long each time, however many end at once', async () => {
      await record(...['A', 'B', 'C', 'D'].map((sku) => item(sku)));
      for (const seconds of [30, 60, 120, 240, 480, 900, 900]) {
        await startAndTake(1);
        while (await ledger.take('pasons:1', 1));
        bench.advance(seconds * 1000 - 1);
        await ledger.due();
        assert.equal(await states(ledger), 'sending 4', `${seconds}`);
        bench.advance(1);
        await ledger.due();
        assert.equal(await states(ledger), 'waiting 4', `${seconds}`);
      }
      await sendAll(ledger);
      await record(item('A', 1, '0'));
      await startAndTake();
      bench.advance(30_000);
      await ledger.due();
      assert.equal(await states(ledger), 'in_sync 3, waiting 1');
    });
    it('a late sender finds its lease gone', async () => {
      await record(item('A'));
      const taken = await startAndTake();
      bench.advance(31_000);
      assert.equal((await begin(ledger, taken)).send, false);
      assert.equal(await states(ledger), 'waiting 1');
    });
    it('what was taken and not begun can be called back, and comes once', async () => {
      await record(item('A'), item('B'));
      const begun = await startAndTake(1);
      const lost = await ledger.take('pasons:1', 1);
      const sent = await begin(ledger, begun);
      assert.ok(sent.send);
      await ledger.recall(['pasons:1', 'pasons:unknown']);
      assert.equal(await states(ledger), 'waiting 1, sending 1');
      // It was not lost after all, but too late.
      assert.equal((await begin(ledger, lost!)).send, false);
      assert.ok(await ledger.take('pasons:1', 10));
      await ledger.settle(sent.chunk, accepted, OK);
      assert.equal(await states(ledger), 'in_sync 1, sending 1');
    });
    it('a push whose message is called back, or that a crash interrupts, is not over: it takes the same again', async () => {
      await record(item('A'));
      const { id } = await ledger.startPush({
        outlet: 'pasons:1',
        type: 'full',
        trigger: 'manual',
        created_by: 'user:test',
      });
      const take = async () => {
        const { taken } = await ledger.takeInTurn(['pasons:1'], 10);
        assert.deepEqual(
          taken.map(({ ticket }) => ticket.id),
          [id],
        );
        return taken[0]!;
      };
      await take();
      await ledger.recall(['pasons:1']);
      assert.deepEqual([(await ledger.push(id))!.status, await ledger.due()], ['running', ['pasons:1']]);
      await take();
      ledger = bench.crash();
      assert.deepEqual([(await ledger.push(id))!.status, await ledger.due()], ['running', ['pasons:1']]);
      assert.ok((await begin(ledger, await take())).send);
      // Also when its request had left already.
      ledger = bench.crash();
      const begun = await begin(ledger, await take());
      assert.ok(begun.send && 'repeat' in begun);
      await ledger.settle(begun.chunk, accepted, OK);
      assert.equal(await ledger.take('pasons:1', 10), null);
      const { status, item_count, confirmed } = (await ledger.push(id))!;
      assert.deepEqual([status, item_count, confirmed], ['success', 1, 1]);
    });
    it('what is given back while nobody gave up belongs to its push all the same', async () => {
      await record(item('A'), item('B'));
      const { id } = await ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'api', created_by: 'api' });
      const next = async () => (await ledger.takeInTurn(['pasons:1'], 10)).taken[0]!;
      const kept = await next();
      await ledger.giveBack(kept.ticket);
      assert.equal((await ledger.push(id))!.status, 'running');
      // Paused on its way, and resumed.
      const paused = await next();
      await ledger.setPaused('pasons:1', true, 'user:x');
      assert.equal((await begin(ledger, paused)).send, false);
      assert.equal(await states(ledger), 'held 2');
      await ledger.setPaused('pasons:1', false, 'user:x');
      // A newer value on the way to another try.
      const tried = await next();
      await record(event({ sku: 'A', quantity: '0', occurred_at: at(8) }));
      const again = await begin(ledger, tried, { dropNewer: true });
      assert.deepEqual([again.send, 'newer' in again && again.newer.length], [false, 1]);
      const newest = await next();
      assert.deepEqual(newest.items, [{ sku: 'A', selling_price: '13.99', stock_status: 0 }]);
      const rest = { ...tried, ticket: { ...tried.ticket, entries: tried.ticket.entries.slice(1) } };
      for (const each of [newest, rest]) {
        const begun = await begin(ledger, each);
        assert.ok(begun.send);
        await ledger.settle(begun.chunk, accepted, OK);
      }
      const { status, item_count, confirmed } = (await ledger.push(id))!;
      assert.deepEqual([kept.ticket.id, newest.ticket.id, status, item_count, confirmed], [id, id, 'success', 2, 2]);
    });
    it('a push that is asked for while its outlet is held takes what was held, once it goes on', async () => {
      await record(item('A'), item('B'));
      await sendAll(ledger);
      let seconds = 10;
      for (const [type, items] of [
        ['full', 2],
        ['partial', 1],
      ] as const) {
        for (const hold of ['pause', 'address']) {
          seconds += 1;
          if (hold === 'pause') await ledger.setPaused('pasons:1', true, 'user:x');
          else await ledger.defineOutlets('pasons', [outlet({ endpoint: null })]);
          await record(event({ sku: 'A', selling_price: `${type.length}.${hold.length}0`, occurred_at: at(seconds) }));
          const { id } = await ledger.startPush({ outlet: 'pasons:1', type, trigger: 'api', created_by: 'api' });
          assert.equal(await ledger.take('pasons:1', 10), null);
          if (hold === 'pause') await ledger.setPaused('pasons:1', false, 'user:x');
          else await ledger.defineOutlets('pasons', [outlet()]);
          const [taken] = (await ledger.takeInTurn(['pasons:1'], 10)).taken;
          assert.deepEqual([taken?.ticket.id, taken?.items.length], [id, items], `${type} ${hold}`);
          const begun = await begin(ledger, taken!);
          assert.ok(begun.send);
          await ledger.settle(begun.chunk, accepted, OK);
          assert.equal((await ledger.push(id))!.status, 'success');
        }
      }
    });
    it('a push that was asked for and whose outlet is switched off before it is sent is no success', async () => {
      await record(item('A'), item('B'));
      await ledger.setPaused('pasons:1', true, 'user:x');
      const start = { outlet: 'pasons:1', type: 'full', created_by: 'x' } as const;
      const { id } = await ledger.startPush({ ...start, trigger: 'api' });
      const auto = await ledger.startPush({ ...start, type: 'partial', trigger: 'schedule', id: 'own' });
      await ledger.defineOutlets('pasons', [outlet({ enabled: false })]);
      const { status, response_message } = (await ledger.push(id))!;
      assert.equal(status, 'failed');
      assert.match(response_message!, /switched off before.*Nothing is lost/);
      assert.equal(await ledger.push(auto.id), null);
    });
    it('a push that goes on takes also what was lost of it before, and counts it once', async () => {
      await record(item('A'), item('B'));
      const { id } = await ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'api', created_by: 'api' });
      const [lost] = [await ledger.take('pasons:1', 1)];
      const [held] = (await ledger.takeInTurn(['pasons:1'], 10)).taken;
      await ledger.renew('pasons:1', held!.ticket.entries, START + 60_000);
      bench.advance(31_000);
      assert.deepEqual(await ledger.due(), []);
      await ledger.giveBack(held!.ticket);
      const [again] = (await ledger.takeInTurn(['pasons:1'], 10)).taken;
      assert.deepEqual([lost!.items.length, again!.items.length, again!.ticket.id], [1, 2, id]);
      const begun = await begin(ledger, again!);
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, accepted, OK);
      const { status, item_count, confirmed } = (await ledger.push(id))!;
      assert.deepEqual([status, item_count, confirmed], ['success', 2, 2]);
    });
    it('a push that is given back again and again ends, and its items wait for the next one', async () => {
      await record(item('A'));
      const { id } = await ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'api', created_by: 'api' });
      let rounds = 0;
      for (let message = await ledger.take('pasons:1', 10); message; message = await ledger.take('pasons:1', 10)) {
        rounds += 1;
        assert.ok(rounds < 100);
        await ledger.giveBack(message.ticket);
      }
      assert.ok(rounds > 1);
      const { status, item_count, error_details } = (await ledger.push(id))!;
      assert.deepEqual([status, item_count, error_details], ['failed', 1, 'not_confirmed']);
      assert.equal((await ledger.outlets())[0]!.counts.waiting, 1);
      await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'api', created_by: 'api' });
      assert.equal((await ledger.take('pasons:1', 10))!.items.length, 1);
    });
    it('however many messages come back at once, that is one time: a push of many messages goes on after a deploy or a crash', async () => {
      await ledger.defineOutlets('pasons', [outlet({ concurrency: 50 })]);
      await record(...Array.from({ length: 60 }, (_, n) => item(`S${n}`)));
      const { id } = await ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'api', created_by: 'api' });
      const many = async () => {
        const taken: Take[] = [];
        while (taken.length < 50) taken.push((await ledger.take('pasons:1', 1))!);
        return taken;
      };
      await many();
      await ledger.recall(['pasons:1']);
      await many();
      ledger = bench.crash();
      for (const each of await many()) await ledger.giveBack(each.ticket);
      let sent = 0;
      for (let each = await ledger.take('pasons:1', 10); each; each = await ledger.take('pasons:1', 10)) {
        const begun = await begin(ledger, each);
        assert.ok(begun.send);
        await ledger.settle(begun.chunk, accepted, OK);
        sent += each.items.length;
      }
      const { status, item_count, confirmed } = (await ledger.push(id))!;
      assert.deepEqual([sent, status, item_count, confirmed], [60, 'success', 60, 60]);
    });
    it('the record of a push counts each item once, and is no success where something was not confirmed', async () => {
      const last = async () => (await ledger.pushes({ limit: 1 })).pushes[0]!;
      const all = async () => {
        await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'manual', created_by: 'user:test' });
        return (await ledger.takeInTurn(['pasons:1'], 10)).taken[0]!;
      };
      const settle = async (taken: Take, outcome: Outcome) => {
        const begun = await begin(ledger, taken);
        assert.ok(begun.send);
        await ledger.settle(begun.chunk, outcome, OK);
      };
      await record(item('A'), item('B'));
      // A flow that swallows the message, and one that takes an item out.
      await all();
      bench.advance(31_000);
      await ledger.due();
      assert.deepEqual([(await last()).status, (await last()).confirmed], ['failed', 0]);
      assert.match((await last()).response_message!, /2 of 2 items were not confirmed.*Nothing is lost/);
      const taken = await all();
      await ledger.dropped(taken.ticket, taken.ticket.entries.slice(1));
      taken.ticket.entries.length = 1;
      await settle(taken, accepted);
      assert.deepEqual([(await last()).status, (await last()).confirmed], ['partial', 1]);
      assert.equal((await last()).error_details, 'not_confirmed');
      // An outage: what the recovery asks again and again is still one item.
      const outage = { code: 'platform_error', message: 'HTTP 500', reach: 'not_reachable' as const, retryAfter: null };
      const down: Outcome = { kind: 'outage', ...outage, uncertain: true, holdUntil: null };
      await settle(await all(), down);
      for (const seconds of [1, 2, 4]) {
        bench.advance(seconds * 1000);
        await settle((await ledger.take('pasons:1', 10))!, down);
      }
      bench.advance(8_000);
      await settle((await ledger.take('pasons:1', 10))!, accepted);
      assert.equal(await ledger.take('pasons:1', 10), null);
      const { trigger, status, item_count, confirmed, error_details } = await last();
      assert.deepEqual([trigger, status, item_count, confirmed, error_details], ['recovery', 'success', 1, 1, null]);
    });
    it('refused items keep their reason until a newer value or a retry', async () => {
      await record(item('A'), item('B'));
      const taken = await startAndTake();
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await ledger.settle(
        begun.chunk,
        { kind: 'accepted', refused: [{ item: taken.ticket.entries[0]!.item, code: 'bad_price', message: 'too low' }] },
        OK,
      );
      assert.equal(await states(ledger), 'in_sync 1, refused 1');
      await record(event({ sku: 'A', quantity: '4', occurred_at: at(3) }));
      assert.equal(await states(ledger), 'in_sync 1, refused 1');
      assert.equal(await ledger.retryItems('pasons:1', {}), 1);
      assert.equal(await states(ledger), 'waiting 1, in_sync 1'.split(', ').reverse().join(', '));
      await sendAll(ledger, 'pasons:1', {
        kind: 'accepted',
        refused: [{ item: taken.ticket.entries[0]!.item, code: 'bad_price', message: 'too low' }],
      });
      await record(event({ sku: 'A', selling_price: '20', occurred_at: at(4) }));
      assert.equal(await states(ledger), 'in_sync 1, waiting 1');
    });
    it('an outage refuses nobody, is probed at growing distances and drains by itself', async () => {
      await record(...Array.from({ length: 50 }, (_, i) => item(`S${i}`)));
      const taken = await startAndTake(10);
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      const result = await ledger.settle(
        begun.chunk,
        {
          kind: 'outage',
          code: 'http_503',
          message: 'HTTP 503',
          reach: 'not_reachable',
          uncertain: true,
          retryAfter: null,
          holdUntil: null,
        },
        { statusCode: 503, message: 'HTTP 503', duration_ms: 3 },
      );
      assert.equal(result.finished!.status, 'failed');
      assert.equal(await states(ledger), 'waiting 50');
      for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
        bench.advance(seconds * 1000 - 10);
        assert.equal(await ledger.take('pasons:1', 1000), null, `${seconds}`);
        bench.advance(10);
        const probe = (await ledger.take('pasons:1', 1000))!;
        assert.equal(probe.ticket.probe, true);
        assert.equal(await ledger.take('pasons:1', 1000), null);
        await ledger.giveBack(probe.ticket, {
          code: 'refused',
          message: 'connection refused',
          statusCode: null,
          reach: 'not_reachable',
          retryAfter: null,
        });
      }
      bench.advance(60_000);
      for (;;) {
        const next = await ledger.take('pasons:1', 10);
        if (!next) break;
        const sent = await begin(ledger, next);
        assert.ok(sent.send);
        await ledger.settle(sent.chunk, accepted, OK);
      }
      assert.equal(await states(ledger), 'in_sync 50');
      assert.equal((await ledger.outlets())[0]!.connected, true);
    });
    it('an unknown outcome: only the stored body is sent, until it is answered or dead', async () => {
      await record(item('A', 0, '5'));
      const taken = await startAndTake();
      const begun = await begin(ledger, taken, { key: 'first' });
      assert.ok(begun.send);
      await ledger.settle(
        begun.chunk,
        { kind: 'unknown', code: 'timeout', message: 'no answer', holdUntil: null },
        NONE,
      );
      assert.equal(await states(ledger), 'waiting 1');
      await record(event({ quantity: '0', occurred_at: at(4) }));
      bench.advance(1_000);
      const again = (await ledger.take('pasons:1', 10))!;
      assert.equal(again.ticket.repeat, true);
      const repeated = await begin(ledger, again, { key: 'other' });
      assert.ok(repeated.send && 'repeat' in repeated);
      assert.equal(repeated.repeat.idempotencyKey, 'first');
      assert.deepEqual(JSON.parse(Buffer.from(repeated.repeat.body).toString()), taken.items);
      await ledger.settle(repeated.chunk, accepted, OK);
      assert.equal(await states(ledger), 'waiting 1');
      assert.deepEqual(await sendAll(ledger), [{ sku: 'A', selling_price: '13.99', stock_status: 0 }]);
    });
    it('an unknown outcome that died: the item differs from every value', async () => {
      await record(item('A', 0, '5'));
      await sendAll(ledger);
      await record(event({ quantity: '0', occurred_at: at(4) }));
      const taken = await startAndTake();
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await ledger.settle(
        begun.chunk,
        { kind: 'unknown', code: 'timeout', message: 'no answer', holdUntil: null },
        NONE,
      );
      await record(event({ quantity: '5', occurred_at: at(5) }));
      bench.advance(60_001);
      const next = (await ledger.take('pasons:1', 10))!;
      assert.equal(next.ticket.repeat, undefined);
      assert.deepEqual(next.items, [{ sku: 'A', selling_price: '13.99', stock_status: 1 }]);
    });
    it('a crash between request and answer is an unknown outcome', async () => {
      await record(item('A'));
      const taken = await startAndTake();
      await begin(ledger, taken, { key: 'k1' });
      ledger = bench.crash();
      assert.equal(await states(ledger), 'waiting 1');
      const again = (await ledger.take('pasons:1', 10))!;
      const repeated = await begin(ledger, again);
      assert.ok(repeated.send && 'repeat' in repeated && repeated.repeat.idempotencyKey === 'k1');
    });
    it('what sells out while a long push is under way does not wait for its end', async () => {
      await record(item('SOLD'), item('ALSO'));
      await sendAll(ledger);
      await record(...['A', 'B', 'C', 'D'].map((sku) => item(sku, 1)));
      const first = await startAndTake(1);
      await record(item('SOLD', 2, '0'), item('E', 2), item('ALSO', 2, '0'));
      // It is not part of the push under way: a younger one brings just that, and the older one goes on.
      assert.deepEqual((await ledger.take('pasons:1', 2))?.items.length, 2);
      await ledger.giveBack((await ledger.take('pasons:1', 1))!.ticket);
      const younger = await ledger.startPush({
        outlet: 'pasons:1',
        type: 'partial',
        trigger: 'auto',
        created_by: 'auto',
      });
      const urgent = (await ledger.take('pasons:1', 1000))!;
      assert.deepEqual(
        urgent.items.map(({ sku }) => sku),
        ['SOLD', 'ALSO'],
      );
      assert.deepEqual([urgent.ticket.id, urgent.ticket.urgent], [younger.id, true]);
      const rest = (await ledger.take('pasons:1', 1000))!;
      assert.deepEqual(
        rest.items.map(({ sku }) => sku),
        ['D'],
      );
      assert.equal(rest.ticket.id, first.ticket.id);
    });
    it('newly sold out goes first, then what waits longest', async () => {
      await record(item('A'), item('B'), item('C'));
      await sendAll(ledger);
      await record(event({ sku: 'A', selling_price: '1', occurred_at: at(1) }));
      await record(event({ sku: 'B', selling_price: '1', occurred_at: at(2) }));
      await record(event({ sku: 'C', quantity: '0', occurred_at: at(3) }));
      const taken = await startAndTake();
      assert.deepEqual(
        taken.items.map(({ sku }) => sku),
        ['C', 'A', 'B'],
      );
    });
    it('also where the platform gets the count alone', async () => {
      await ledger.defineOutlets('pasons', [outlet({ fields: ['selling_price', 'quantity'] })]);
      await record(item('A'), item('B'), item('C'), item('D', 0, '0'));
      await sendAll(ledger);
      await record(item('A', 1, '4'), item('B', 2, '4'), item('C', 3, '-1'), item('D', 4, '0', '12'));
      const { items, ticket } = await startAndTake();
      assert.deepEqual(
        items.map(({ sku }) => sku),
        ['C', 'A', 'B', 'D'],
      );
      assert.equal(ticket.urgent, true);
    });
    it('a push that nobody asked for and that has nothing to do leaves no row; an asked one does', async () => {
      const start = { outlet: 'pasons:1', type: 'partial', created_by: 'auto' } as const;
      await ledger.startPush({ ...start, trigger: 'auto' });
      assert.equal(await ledger.take('pasons:1', 10), null);
      assert.equal((await ledger.pushes({})).pushes.length, 0);
      await ledger.startPush({ ...start, trigger: 'api', created_by: 'api' });
      assert.equal(await ledger.take('pasons:1', 10), null);
      assert.equal((await ledger.pushes({})).pushes[0]!.status, 'success');
    });
    it('a full push sends everything complete, once', async () => {
      await record(item('A'), item('B'), event({ sku: 'C', quantity: '1' }));
      await sendAll(ledger);
      const push = await ledger.startPush({
        outlet: 'pasons:1',
        type: 'full',
        trigger: 'manual',
        created_by: 'user:x',
        id: 'mine',
      });
      assert.equal(push.id, 'mine');
      const taken = (await ledger.take('pasons:1', 100))!;
      assert.deepEqual([taken.ticket.id, taken.ticket.type, taken.items.length], ['mine', 'full', 2]);
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, accepted, OK);
      assert.equal(await ledger.take('pasons:1', 100), null);
      assert.equal(await states(ledger), 'in_sync 2, incomplete 1');
      assert.equal((await ledger.push('mine'))!.status, 'success');
    });
    it('a pause of an outlet that there is not is refused: nobody would keep it', async () => {
      await assert.rejects(ledger.setPaused('pasons:9', true, 'user:x'), { code: 'unknown_outlet' });
    });
    it('paused items are held, and not lost', async () => {
      await record(item('A'));
      await ledger.setPaused('pasons:1', true, 'user:x');
      assert.equal(await states(ledger), 'held 1');
      await record(item('B'));
      assert.equal(await states(ledger), 'held 2');
      ledger = bench.crash();
      assert.equal(await states(ledger), 'held 2');
      await ledger.setPaused('pasons:1', false, 'user:x');
      assert.equal(await states(ledger), 'waiting 2');
    });
    it('what was under way when an outlet was paused is held too, once it is lost or its request is dead', async () => {
      await record(item('A'), item('B'));
      const unanswered = await begin(ledger, await startAndTake(1));
      assert.ok(unanswered.send);
      await ledger.take('pasons:1', 1);
      const unknown: Outcome = { kind: 'unknown', code: 'timeout', message: 'none', holdUntil: null };
      await ledger.settle(unanswered.chunk, unknown, NONE);
      await ledger.setPaused('pasons:1', true, 'user:x');
      assert.equal(await states(ledger), 'waiting 1, sending 1');
      bench.advance(31_000);
      assert.deepEqual(await ledger.due(), []);
      assert.equal(await states(ledger), 'waiting 1, held 1');
      bench.advance(30_000);
      assert.deepEqual(await ledger.due(), []);
      assert.equal(await states(ledger), 'held 2');
      await ledger.setPaused('pasons:1', false, 'user:x');
      assert.deepEqual((await sendAll(ledger)).length, 2);
    });
    it('another endpoint makes everything waiting; another mapping asks for a full push', async () => {
      await record(item('A'));
      await sendAll(ledger);
      await ledger.defineOutlets('pasons', [outlet({ endpoint: 'http://127.0.0.1:9/other' })]);
      assert.equal(await states(ledger), 'waiting 1');
      await ledger.defineOutlets('pasons', [outlet()]);
      assert.equal(await states(ledger), 'in_sync 1');
      await record(item('A', 5, '5', '2'));
      const taken = await startAndTake();
      taken.ticket.mapping = { fingerprint: 'f2', key: 'product_id' };
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, accepted, OK);
      assert.equal((await ledger.outlets())[0]!.mapping_changed, true);
    });
    it('a full push under another mapping is what was asked for; one whose mapping changes on its way is not', async () => {
      await record(...['A', 'B', 'C', 'D'].map((sku) => item(sku)));
      await sendAll(ledger);
      const full = async (...fingerprints: string[]) => {
        await ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'manual', created_by: 'user:x' });
        for (const fingerprint of fingerprints) {
          const taken = (await ledger.take('pasons:1', 2))!;
          taken.ticket.mapping = { fingerprint, key: 'product_id' };
          const begun = await begin(ledger, taken);
          assert.ok(begun.send);
          await ledger.settle(begun.chunk, accepted, OK);
        }
        assert.equal(await states(ledger), 'in_sync 4');
        assert.equal(await ledger.take('pasons:1', 2), null);
        return (await ledger.outlets())[0]!.mapping_changed;
      };
      assert.equal(await full('f2', 'f2'), false);
      assert.equal(await full('f2', 'f3'), true);
      assert.equal(await full('f3', 'f3'), false);
    });
    it('an unset address holds everything', async () => {
      await record(item('A'));
      await ledger.defineOutlets('pasons', [outlet({ endpoint: null })]);
      assert.equal(await states(ledger), 'held 1');
      await ledger.defineOutlets('pasons', [outlet()]);
      assert.equal(await states(ledger), 'waiting 1');
    });
    it('three isolated items with one answer are a fault of the form, not of the items', async () => {
      await record(item('A'), item('B'), item('C'), item('D'));
      let taken = await startAndTake();
      const fault = { statusCode: 400, message: 'bad request', duration_ms: 1 };
      for (const [round, sku] of ['A', 'B', 'C'].entries()) {
        const entry = taken.ticket.entries.find((each) => each.sku === sku)!;
        const alone = { ticket: { ...taken.ticket, entries: [entry] }, items: [] };
        const begun = await begin(ledger, alone);
        assert.ok(begun.send);
        const result = await ledger.settle(
          begun.chunk,
          { kind: 'isolated', refusal: { item: entry.item, code: 'bad', message: 'bad request' }, proven: false },
          fault,
        );
        assert.equal(result.fault, round === 2);
        taken = {
          ...taken,
          ticket: { ...taken.ticket, entries: taken.ticket.entries.filter((each) => each !== entry) },
        };
      }
      assert.equal(await states(ledger), 'waiting 4');
      assert.equal((await ledger.outlets())[0]!.reach, 'fault');
    });
    it('items that are isolated beside accepted ones are refused, however many; a fault takes back only its own', async () => {
      const skus = ['named', 'p', 'q', 'r', 's', 'x', 'y', 'z'];
      await record(...skus.map((sku) => item(sku)));
      const { ticket } = await startAndTake();
      const entryOf = (sku: string) => ticket.entries.find((each) => each.sku === sku)!;
      const settle = async (sku: string, outcome: Outcome) => {
        const begun = await begin(ledger, { ticket: { ...ticket, entries: [entryOf(sku)] }, items: [] });
        assert.ok(begun.send);
        return ledger.settle(begun.chunk, outcome, { statusCode: 422, message: 'bad', duration_ms: 1 });
      };
      const refusal = (sku: string) => ({ item: entryOf(sku).item, code: 'bad', message: 'bad' });
      await settle('named', { kind: 'named', refused: [refusal('named')] });
      for (const sku of ['p', 'q', 'r', 's'])
        assert.equal((await settle(sku, { kind: 'isolated', refusal: refusal(sku), proven: true })).fault, false);
      assert.equal(await states(ledger), 'sending 3, refused 5');
      for (const sku of ['x', 'y', 'z'])
        assert.equal(
          (await settle(sku, { kind: 'isolated', refusal: refusal(sku), proven: false })).fault,
          sku === 'z',
        );
      assert.equal(await states(ledger), 'waiting 3, refused 5');
      const { status, refused } = (await ledger.push(ticket.id))!;
      assert.deepEqual([status, refused], ['failed', 5]);
    });
    it('a recovery that meets the same fault again counts each item once', async () => {
      const skus = ['A', 'B', 'C', 'D', 'E', 'F'];
      await record(...skus.map((sku) => item(sku)));
      const answer = { statusCode: 422, message: 'bad', duration_ms: 1 };
      const fault = async ({ ticket }: Take) => {
        for (const entry of ticket.entries.slice(0, 3)) {
          const begun = await begin(ledger, { ticket: { ...ticket, entries: [entry] }, items: [] });
          assert.ok(begun.send);
          const refusal = { item: entry.item, code: 'bad', message: 'bad' };
          await ledger.settle(begun.chunk, { kind: 'isolated', refusal, proven: false }, answer);
        }
      };
      await fault(await startAndTake(4));
      for (const seconds of [1, 2, 4]) {
        bench.advance(seconds * 1000);
        await fault((await ledger.take('pasons:1', 4))!);
        assert.equal(await states(ledger), 'waiting 6');
      }
      bench.advance(8_000);
      for (let each = await ledger.take('pasons:1', 4); each; each = await ledger.take('pasons:1', 4)) {
        const begun = await begin(ledger, each);
        assert.ok(begun.send);
        await ledger.settle(begun.chunk, accepted, OK);
      }
      const [{ trigger, status, item_count, confirmed }] = (await ledger.pushes({ limit: 1 })).pushes as [PushRecord];
      assert.deepEqual([trigger, status, item_count, confirmed], ['recovery', 'success', 6, 6]);
    });
    it('a recovery whose items are refused in the end does not tell the outage that it began with', async () => {
      await record(item('A'));
      const outage = { code: 'platform_error', message: 'HTTP 500', reach: 'not_reachable' as const, retryAfter: null };
      const down: Outcome = { kind: 'outage', ...outage, uncertain: false, holdUntil: null };
      const answer = { statusCode: 422, message: 'bad', duration_ms: 1 };
      const settle = async (taken: Take, outcome: Outcome) => {
        const begun = await begin(ledger, taken);
        assert.ok(begun.send);
        await ledger.settle(begun.chunk, outcome, answer);
      };
      await settle(await startAndTake(), down);
      bench.advance(1_000);
      await settle((await ledger.take('pasons:1', 10))!, down);
      bench.advance(2_000);
      const last = (await ledger.take('pasons:1', 10))!;
      const refused = [{ item: last.ticket.entries[0]!.item, code: 'bad', message: 'bad' }];
      await settle(last, { kind: 'named', refused });
      assert.equal(await ledger.take('pasons:1', 10), null);
      const [push] = (await ledger.pushes({ limit: 1 })).pushes as [PushRecord];
      assert.deepEqual(
        [push.trigger, push.status, push.refused, push.response_code, push.error_details],
        ['recovery', 'failed', 1, 422, null],
      );
    });
    it('what the flow drops waits again, the third time it is held', async () => {
      await record(item('A'));
      for (const expected of ['waiting 1', 'waiting 1', 'held 1']) {
        const taken = await startAndTake();
        await ledger.dropped(taken.ticket, taken.ticket.entries);
        assert.equal(await states(ledger), expected);
      }
      assert.equal((await ledger.items({ state: 'held' })).rows[0]!.reason_code, 'dropped_by_flow');
      const [last] = (await ledger.pushes({})).pushes;
      assert.equal(await ledger.retryItems('pasons:1', { push: last!.id }), 1);
      assert.equal(await states(ledger), 'waiting 1');
    });
    it('what was not answered is sent again at once after a restart, also to a platform that was not reachable', async () => {
      await record(item('A'));
      const taken = await startAndTake();
      const begun = await begin(ledger, taken, { key: 'first' });
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, { kind: 'unknown', code: 'timeout', message: 'none', holdUntil: null }, NONE);
      ledger = bench.crash();
      await ledger.defineOutlets('pasons', [outlet()]);
      bench.advance(2_000);
      const again = (await ledger.take('pasons:1', 10))!;
      const repeated = await begin(ledger, again, { key: 'second' });
      assert.ok(repeated.send && 'repeat' in repeated);
      assert.equal(repeated.repeat.idempotencyKey, 'first');
    });
    it('at most twice the concurrency of messages are unsettled', async () => {
      await record(...Array.from({ length: 10 }, (_, i) => item(`S${i}`)));
      await startAndTake(1);
      for (let n = 1; n < 4; n++) assert.ok(await ledger.take('pasons:1', 1));
      assert.equal(await ledger.take('pasons:1', 1), null);
    });
    it('a list without ticket: its items wait afterwards', async () => {
      await record(item('A'));
      await sendAll(ledger);
      // What nobody told of yet is claimed too: an event that comes meanwhile must not be sent beside the list.
      const { ticket, busy } = await ledger.claim('pasons:1', ['A', 'new']);
      assert.deepEqual([ticket.entries.length, busy], [2, []]);
      await record(item('new'));
      assert.deepEqual((await ledger.claim('pasons:1', ['new'])).busy, ['new']);
      assert.equal(await states(ledger), 'sending 2');
      const begun = await begin(ledger, { ticket, items: [] });
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, accepted, OK);
      assert.equal(await states(ledger), 'waiting 2');
    });
    it('a list that was not answered is repeated as what it is: its items wait afterwards', async () => {
      await record(item('A'));
      await sendAll(ledger);
      const { ticket } = await ledger.claim('pasons:1', ['A']);
      const begun = await begin(ledger, { ticket: { ...ticket, list: true }, items: [] });
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, { kind: 'unknown', code: 'timeout', message: '', holdUntil: null }, NONE);
      bench.advance(2_000);
      const again = (await ledger.take('pasons:1', 10))!;
      assert.deepEqual([again.ticket.repeat, again.ticket.list], [true, true]);
      const repeated = await begin(ledger, again);
      assert.ok(repeated.send && 'repeat' in repeated);
      await ledger.settle(repeated.chunk, accepted, OK);
      assert.equal(await states(ledger), 'waiting 1');
    });
    it('a repeat knows by which field its stored body names items', async () => {
      await record(item('A'));
      const taken = await startAndTake();
      taken.ticket.mapping = { fingerprint: 'f', key: 'product_id' };
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await ledger.settle(begun.chunk, { kind: 'unknown', code: 'timeout', message: '', holdUntil: null }, NONE);
      bench.advance(2_000);
      const again = (await ledger.take('pasons:1', 10))!;
      assert.deepEqual(again.ticket.mapping, { fingerprint: 'f', key: 'product_id' });
    });
    it('an old copy of a message fits no lease that came later', async () => {
      await record(item('A'));
      const old = structuredClone(await startAndTake());
      await ledger.giveBack(old.ticket);
      const taken = await startAndTake();
      assert.notEqual(taken.ticket.entries[0]!.lease, old.ticket.entries[0]!.lease);
      assert.equal((await begin(ledger, old)).send, false);
      assert.equal((await begin(ledger, taken)).send, true);
    });
    it('after an error that may have come too late the item differs from what was confirmed before', async () => {
      await record(item('A'));
      await sendAll(ledger);
      await record(event({ selling_price: '15', occurred_at: at(5) }));
      const begun = await begin(ledger, await startAndTake());
      assert.ok(begun.send);
      const outage = { code: 'platform_error', message: 'HTTP 500', reach: 'not_reachable' as const, retryAfter: null };
      await ledger.settle(begun.chunk, { kind: 'outage', ...outage, uncertain: true, holdUntil: null }, NONE);
      // The price comes back to the one that was confirmed; the platform may have the other.
      await record(event({ selling_price: '13.99', occurred_at: at(6) }));
      assert.equal(await states(ledger), 'waiting 1');
    });
    it('an answered failure that is tried again leaves out what has newer values', async () => {
      await record(item('A'), item('B'));
      const taken = await startAndTake();
      const begun = await begin(ledger, taken);
      assert.ok(begun.send);
      await ledger.settle(
        begun.chunk,
        {
          kind: 'outage',
          code: 'http_500',
          message: 'HTTP 500',
          reach: 'not_reachable',
          uncertain: true,
          retryAfter: null,
          holdUntil: START + 60_000,
        },
        { statusCode: 500, message: 'HTTP 500', duration_ms: 1 },
      );
      for (const entry of taken.ticket.entries) entry.lease = begun.lease;
      taken.ticket.chunk = begun.chunk;
      await record(event({ sku: 'A', quantity: '0', occurred_at: at(8) }));
      const second = await begin(ledger, taken, { dropNewer: true });
      assert.ok(!second.send);
      assert.equal(second.newer.length, 1);
      assert.equal(await states(ledger), 'waiting 1, sending 1');
    });
    it('the story of a number', async () => {
      await record(item('A'));
      await sendAll(ledger);
      const story = (await ledger.story('1', 'A'))!;
      assert.equal(story.events.length, 1);
      assert.deepEqual(story.outlets[0]!.confirmed, { selling_price: '13.99', stock_status: 1 });
      assert.equal(story.outlets[0]!.sends[0]!.response_code, 200);
      assert.match(story.outlets[0]!.sends[0]!.mapped!, /13.99/);
    });
    it('the story tells its own item of a request, not one that costs as much as its SKU says', async () => {
      await record(item('A'), { ...item('1'), selling_price: '2.50' });
      await sendAll(ledger);
      const [send] = (await ledger.story('1', '1'))!.outlets[0]!.sends;
      assert.deepEqual(JSON.parse(send!.mapped!), { sku: '1', selling_price: '2.5', stock_status: 1 });
    });
    it('prunes its history and keeps what it needs to be exact', async () => {
      await record(item('A'));
      await record(
        event({ event_id: 'm', quantity_change: '-1', occurred_at: at(50) }),
        event({ sku: 'Z', event_id: 'z', quantity_change: '-1', occurred_at: at(50) }),
      );
      await sendAll(ledger);
      bench.advance(91 * 86_400_000);
      while ((await ledger.prune(90)) > 0);
      assert.equal((await ledger.pushes({})).pushes.length, 0);
      assert.equal((await ledger.story('1', 'A'))!.quantity, '4');
      const again = await record(
        event({ event_id: 'm', quantity_change: '-1', occurred_at: at(50) }),
        event({ sku: 'Z', event_id: 'z', quantity_change: '-1', occurred_at: at(50) }),
      );
      assert.deepEqual([again.stale, again.duplicate], [1, 1]);
      assert.equal((await ledger.story('1', 'A'))!.quantity, '4');
    });
  });
}
