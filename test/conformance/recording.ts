/** What every ledger does with what comes in. */
import assert from 'node:assert/strict';
import type { Ledger } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { at, type Bench, event, outlet } from './bench';

export function recordingSuite(name: string, make: () => Bench): void {
  describe(`${name}: recording`, () => {
    let bench: Bench;
    let ledger: Ledger;
    beforeEach(async () => {
      bench = make();
      ledger = bench.ledger;
      await ledger.defineOutlets('pasons', [outlet()]);
    });
    afterEach(() => ledger.close());
    const record = (...events: StockEvent[]) => ledger.record({ sender: 'test', events });
    const quantity = async () => (await ledger.story('1', 'A'))!.quantity;

    it('keeps a level and adds later movements, in whatever order they arrive', async () => {
      await record(event({ quantity_change: '-3', occurred_at: at(20) }));
      assert.equal(await quantity(), null);
      assert.equal((await ledger.story('1', 'A'))!.pending_movements, 1);
      await record(event({ quantity: '100', occurred_at: at(10) }));
      assert.equal(await quantity(), '97');
      const late = await record(event({ quantity_change: '-50', occurred_at: at(5) }));
      assert.equal(late.stale, 1);
      assert.equal(await quantity(), '97');
      await record(event({ quantity: '40', occurred_at: at(30) }));
      assert.equal(await quantity(), '40');
    });
    it('an older time never replaces a newer one, field by field', async () => {
      await record(event({ quantity: '5', selling_price: '2.00', occurred_at: at(10) }));
      const result = await record(event({ quantity: '9', selling_price: '3.00', occurred_at: at(9) }));
      assert.deepEqual([result.stale, result.accepted], [1, 0]);
      await record(event({ selling_price: '4.50', occurred_at: at(11) }));
      const story = (await ledger.story('1', 'A'))!;
      assert.deepEqual([story.quantity, story.selling_price], ['5', '4.50']);
    });
    it('two levels of one time: the old value tells which is later', async () => {
      await record(event({ quantity: '90', old_quantity: '95', occurred_at: at(1) }));
      await record(event({ quantity: '95', old_quantity: '100', occurred_at: at(1) }));
      assert.equal(await quantity(), '90');
    });
    it('three levels of one time in any order', async () => {
      for (const order of [
        [0, 1, 2],
        [2, 0, 1],
        [2, 1, 0],
        [1, 2, 0],
      ]) {
        const sku = `tie${order.join('')}`;
        const chain = [
          ['100', '95'],
          ['95', '90'],
          ['90', '85'],
        ] as const;
        for (const i of order)
          await record(event({ sku, old_quantity: chain[i]![0], quantity: chain[i]![1], occurred_at: at(1) }));
        assert.equal((await ledger.story('1', sku))!.quantity, '85', String(order));
      }
    });
    it('the same event twice has one effect', async () => {
      await record(event({ quantity: '10', occurred_at: at(1) }));
      await record(event({ event_id: 'm1', quantity_change: '-1', occurred_at: at(2) }));
      const again = await record(event({ event_id: 'm1', quantity_change: '-1.0', occurred_at: at(2) }));
      assert.equal(again.duplicate, 1);
      assert.equal(await quantity(), '9');
      const conflict = await record(event({ event_id: 'm1', quantity_change: '-2', occurred_at: at(2) }));
      assert.equal(conflict.refusals[0]!.code, 'event_id_conflict');
      assert.equal(await quantity(), '9');
      const other = await ledger.record({
        sender: 'mqtt:other',
        events: [event({ event_id: 'm1', quantity_change: '-2', occurred_at: at(3) })],
      });
      assert.equal(other.accepted, 1);
    });
    it("scopes ids to each event's own sender, in whatever company it comes", async () => {
      await record(event({ quantity: '10', occurred_at: at(1) }));
      const moved = (event_id: string, seconds: number) =>
        event({ event_id, quantity_change: '-1', occurred_at: at(seconds) });
      const first = await ledger.record({
        sender: 'gateway',
        senders: ['mqtt:1/a', 'mqtt:1/b', 'mqtt:1/b', 'mqtt:1/a'],
        events: [moved('m1', 2), moved('m1', 3), event({ quantity: 'many' }), moved('m2', 4)],
        refusals: [{ index: 9, sku: null, code: 'not_an_event', message: 'no event' }],
        raw: { bytes: Buffer.from('[]') },
      });
      assert.deepEqual(first.outcomes, ['accepted', 'accepted', 'refused', 'accepted']);
      assert.deepEqual(
        first.refusals.map(({ index }) => index),
        [2, 9],
      );
      for (const [sender, id, seconds] of [
        ['mqtt:1/a', 'm1', 2],
        ['mqtt:1/b', 'm1', 3],
        ['mqtt:1/a', 'm2', 4],
      ] as const) {
        const again = await ledger.record({ sender, events: [moved(id, seconds)] });
        assert.equal(again.duplicate, 1, `${sender} ${id}`);
      }
      assert.equal(await quantity(), '7');
      const counted = (await ledger.senders()).map(({ sender, received, accepted, refused }) =>
        [sender, received, accepted, refused].join(' '),
      );
      assert.deepEqual(counted, ['gateway 1 0 1', 'mqtt:1/a 4 2 0', 'mqtt:1/b 3 1 1', 'test 1 1 0']);
      const kept = await ledger.refused({});
      assert.deepEqual(
        kept.rows.map(({ sender, index }) => [sender, index]),
        [
          ['gateway', 9],
          ['mqtt:1/b', 2],
        ],
      );
    });
    it('what an older version counted in the scope of its company has no effect again', async () => {
      await record(event({ quantity: '10', occurred_at: at(1) }));
      const moved = (event_id: string, seconds: number) =>
        event({ event_id, quantity_change: '-1', occurred_at: at(seconds) });
      const events = [moved('m1', 2), moved('m2', 3)];
      await ledger.record({ sender: 'none', senders: ['a'], events: [event({ sku: 'B', quantity: '1' })] });
      assert.ok(!(await ledger.senders()).some(({ sender }) => sender === 'none'));
      await ledger.record({ sender: 'flow', events });
      const again = await ledger.record({ sender: 'flow', senders: ['a', 'b'], events: events });
      assert.deepEqual(again.outcomes, ['duplicate', 'duplicate']);
      // Another sender's id: that is no conflict.
      const others = await ledger.record({
        sender: 'flow',
        senders: ['a', 'b'],
        events: [moved('m1', 5), moved('m3', 6)],
      });
      assert.deepEqual(others.outcomes, ['accepted', 'accepted']);
      assert.equal(await quantity(), '6');
    });
    it('counts add up and refused input is kept', async () => {
      const result = await ledger.record({
        sender: 'test',
        events: [
          event({ quantity: '1' }),
          event({ quantity: 'many' }),
          event({ quantity: '1', occurred_at: '2999-01-01T00:00:00Z' }),
          { sku: 'B' } as StockEvent,
        ],
        refusals: [{ index: 9, sku: null, code: 'UNKNOWN_STORE', message: 'no store' }],
        raw: { bytes: Buffer.from('{}') },
      });
      assert.deepEqual(result.outcomes, ['accepted', 'refused', 'refused', 'refused']);
      const counts = await ledger.counts();
      assert.equal(counts.received, counts.accepted + counts.duplicate + counts.stale + counts.refused);
      assert.deepEqual(counts, { received: 5, accepted: 1, duplicate: 0, stale: 0, refused: 4 });
      assert.equal((await ledger.refused({})).rows.length, 4);
    });
    it('tells every wrong field of an event, and counts it once', async () => {
      const wrong = event({ quantity: 'many', selling_price: '-1', stock_status: 7 as never, occurred_at: 'then' });
      const { refused, refusals } = await ledger.record({
        sender: 'test',
        events: [wrong, { store_id: '1' } as never],
      });
      assert.equal(refused, 2);
      const codes = refusals.map(({ code, also = [] }) => [code, ...also.map((other) => other.code)]);
      assert.deepEqual(codes, [
        ['not_a_time', 'not_decimal', 'negative_price', 'not_a_status'],
        ['missing_field', 'missing_field'],
      ]);
      assert.equal((await ledger.refused({})).rows.length, 2);
    });
    it('looks codes up, keeps unknown ones and replays them once linked', async () => {
      const scan = { store_id: '1', barcode: '629', quantity: '4', occurred_at: at(1) } as StockEvent;
      const first = await ledger.record({ sender: 's', events: [scan], codes: 'look-up' });
      assert.equal(first.refusals[0]!.code, 'unknown_code');
      await ledger.link([{ source: 'barcode', code: '629', sku: 'A' }]);
      const { rows } = await ledger.refused({});
      assert.equal((await ledger.replay(rows[0]!.id)).accepted, 1);
      assert.equal(await quantity(), '4');
    });
    it("takes a vendor's SKU as it is where the vendor's own id stands beside it, and knows that id from then on", async () => {
      const paradigm = (more: Partial<StockEvent>) =>
        ledger.record({ sender: 'paradigm', events: [event({ source: 'paradigm', ...more })], codes: 'look-up' });
      const synced = await paradigm({ sku: 'A', codes: { paradigm: 'P-77' }, quantity: '4', occurred_at: at(1) });
      assert.deepEqual(synced.outcomes, ['accepted']);
      assert.deepEqual((await paradigm({ sku: 'P-77', quantity: '3', occurred_at: at(2) })).outcomes, ['accepted']);
      assert.equal(await quantity(), '3');
      assert.equal((await paradigm({ sku: 'A', quantity: '2', occurred_at: at(3) })).refusals[0]!.code, 'unknown_code');
    });
    it('links no code of an event that is refused', async () => {
      await record(event({ event_id: 'x', quantity: '1' }));
      const conflict = await record(event({ event_id: 'x', sku: 'B', quantity: '1', codes: { barcode: '629' } }));
      assert.equal(conflict.refusals[0]!.code, 'event_id_conflict');
      const scan = { store_id: '1', barcode: '629', quantity: '4', occurred_at: at(1) } as StockEvent;
      const looked = await ledger.record({ sender: 's', events: [scan], codes: 'look-up' });
      assert.equal(looked.refusals[0]?.code, 'unknown_code');
    });
    it('a code goes back as little as a number does: not by an older event, nor by one that comes again', async () => {
      const row = (sku: string, seconds: number) =>
        event({ sku, selling_price: '1', codes: { barcode: '629' }, occurred_at: at(seconds) });
      let scans = 0;
      const meant = async () => {
        scans += 1;
        const scan = event({ event_id: `scan ${scans}`, quantity: '1', sku: undefined as never, barcode: '629' });
        await ledger.record({ sender: 's', events: [scan], codes: 'look-up' });
        const pages = await ledger.incoming({ sender: 's', limit: 1 });
        return pages.rows[0]!.sku;
      };
      await record(row('OLD', 10), event({ sku: 'OLD', selling_price: '2', occurred_at: at(15) }));
      assert.equal(await meant(), 'OLD');
      await record(row('NEW', 20));
      assert.equal(await meant(), 'NEW');
      assert.deepEqual((await record(row('OLD', 12))).outcomes, ['stale']);
      assert.equal(await meant(), 'NEW');
      await ledger.link([{ source: 'barcode', code: '629', sku: 'BY-HAND' }]);
      assert.deepEqual((await record(row('NEW', 20))).outcomes, ['duplicate']);
      assert.equal(await meant(), 'BY-HAND');
      await record(event({ sku: 'OLD', selling_price: '1', codes: { barcode: '630' }, occurred_at: at(1) }));
      const first = event({ event_id: 'first', quantity: '1', sku: undefined as never, barcode: '630' });
      const scan = await ledger.record({ sender: 's', events: [first], codes: 'look-up' });
      assert.equal(scan.refused, 0, 'a new code is taken from an older event, too');
    });
    it('takes a blank id, SKU or barcode as none', async () => {
      const blank = { event_id: '', quantity_change: '-1' };
      await record(event({ quantity: '10' }));
      const two = await record(event({ ...blank, occurred_at: at(1) }), event({ ...blank, occurred_at: at(2) }));
      assert.deepEqual(two.outcomes, ['accepted', 'accepted']);
      assert.equal(await quantity(), '8');
      const { sku: _, ...unnamed } = event({ quantity: '3', occurred_at: at(3) });
      for (const sku of ['', null, undefined]) {
        const scan = { ...unnamed, sku, barcode: '' } as StockEvent;
        assert.equal((await record(scan)).refusals[0]?.code, 'missing_field');
        const named = { ...unnamed, sku, barcode: `629${sku}` } as StockEvent;
        assert.deepEqual((await record(named)).outcomes, ['accepted']);
      }
      const others = ['7', '8'].map((barcode) => ({ ...unnamed, sku: '', barcode }) as StockEvent);
      assert.deepEqual((await record(...others)).outcomes, ['accepted', 'accepted']);
      assert.equal(await ledger.story('1', ''), null);
    });
    it('keeps what names an unmapped location and replays it once mapped', async () => {
      const lost = { ...event({ sku: 'A', quantity: '4', occurred_at: at(1) }), store_id: '', location: 'WH-9' };
      const first = await ledger.record({ sender: 'paradigm', events: [lost] });
      assert.equal(first.refusals[0]!.code, 'UNKNOWN_STORE');
      const { rows } = await ledger.refused({});
      const id = rows[0]!.id;
      const map = (sender: string) => [{ sender, origin: '/in', stores: { 'WH-9': '1' } }];
      assert.equal((await ledger.replay(id, map('mipos'))).refused, 1);
      assert.equal((await ledger.replay(id, map('paradigm'))).accepted, 1);
      assert.equal(await quantity(), '4');
      assert.equal((await ledger.replay(id, map('paradigm'))).duplicate, 1);
    });
    it('replays a location by the map of the receiver that it came to, never by that of another', async () => {
      const lost = { ...event({ quantity: '4' }), store_id: '', location: '5' };
      const raw = (origin: string) => ({ bytes: Buffer.from('{}'), origin });
      await ledger.record({ sender: 'paradigm', events: [lost], raw: raw('/a') });
      await ledger.record({ sender: 'paradigm', events: [lost] });
      const [unknown, known] = (await ledger.refused({})).rows.map(({ id }) => id) as [number, number];
      const maps = (first: Record<string, string>) => [
        { sender: 'paradigm', origin: '/a', stores: first },
        { sender: 'paradigm', origin: '/b', stores: { '5': '25' } },
      ];
      assert.deepEqual((await ledger.replay(known, maps({}))).refusals[0]!.code, 'UNKNOWN_STORE');
      const again = (await ledger.refused({ open: true })).rows[0]!.id;
      assert.deepEqual((await ledger.replay(again, maps({}))).refusals[0]!.code, 'UNKNOWN_STORE');
      for (const first of [{}, { '5': '15' }])
        await assert.rejects(ledger.replay(unknown, maps(first)), { code: 'receiver_unknown' });
      assert.equal((await ledger.replay(known, maps({ '5': '15' }))).accepted, 1);
      assert.deepEqual([(await ledger.story('15', 'A'))?.quantity, await ledger.story('25', 'A')], ['4', null]);
      assert.equal((await ledger.replay(unknown, maps({ '5': '25' }))).accepted, 1);
      assert.equal((await ledger.story('25', 'A'))!.quantity, '4');
    });
    it('keeps the original as long as the last refusal of it, and never takes the one of another request for it', async () => {
      const day = 24 * 3_600_000;
      const lost = { ...event({ quantity: '4' }), store_id: '', location: '5' };
      const lose = (origin: string) =>
        ledger.record({ sender: 'paradigm', events: [lost], raw: { bytes: Buffer.from('{}'), origin } });
      const maps = [
        { sender: 'paradigm', origin: '/a', stores: {} },
        { sender: 'paradigm', origin: '/b', stores: { '5': '25' } },
      ];
      const newest = async () => (await ledger.refused({ limit: 1 })).rows[0]!.id;
      await lose('/a');
      bench.advance(80 * day);
      assert.equal((await ledger.replay(await newest(), maps)).refused, 1);
      const again = await newest();
      bench.advance(20 * day);
      while ((await ledger.prune(90)) > 0);
      await lose('/b');
      assert.deepEqual((await ledger.replay(again, maps)).refusals[0]?.code, 'UNKNOWN_STORE');
    });
    it('gives a price for every store to the default store while none holds the item, so that it comes before the stock', async () => {
      const price = { sku: 'A', store_id: '*', default_store: '1', occurred_at: at(5) };
      const first = event({ ...price, event_id: 'p1', selling_price: '3.50' });
      assert.deepEqual((await record(first)).outcomes, ['accepted']);
      assert.deepEqual((await record(first)).outcomes, ['duplicate']);
      await record(event({ sku: 'A', store_id: '2', quantity: '4', occurred_at: at(1) }));
      await record(event({ ...price, event_id: 'p2', selling_price: '4', occurred_at: at(6) }));
      for (const store_id of ['1', '2']) assert.equal((await ledger.story(store_id, 'A'))!.selling_price, '4');
    });
    it('gives a price for every store to the stores that hold the item, once', async () => {
      const price = event({ sku: 'A', store_id: '*', event_id: 'p1', selling_price: '3.50', occurred_at: at(5) });
      const early = await record(price);
      assert.equal(early.refusals[0]!.code, 'no_store_holds_item');
      for (const store_id of ['1', '2']) await record(event({ sku: 'A', store_id, quantity: '4', occurred_at: at(1) }));
      await record(event({ sku: 'B', store_id: '3', quantity: '4', occurred_at: at(1) }));
      const { rows } = await ledger.refused({});
      assert.deepEqual((await ledger.replay(rows[0]!.id)).outcomes, ['accepted']);
      for (const store_id of ['1', '2']) assert.equal((await ledger.story(store_id, 'A'))!.selling_price, '3.50');
      assert.equal(await ledger.story('3', 'A'), null);
      assert.deepEqual((await record(price)).outcomes, ['duplicate']);
      const wrong = await record(event({ sku: 'A', store_id: '*', quantity: '1', selling_price: '3.50' }));
      assert.equal(wrong.refusals[0]!.code, 'store_required');
      const { received, accepted, duplicate, stale, refused } = await ledger.counts();
      assert.equal(received, accepted + duplicate + stale + refused);
    });
    it('a price of every store that conflicts in one of them changes none', async () => {
      await ledger.defineOutlets('pasons', [outlet(), outlet({ outlet: 'pasons:2', store_id: '2' })]);
      const price = (text: string) =>
        event({ sku: 'A', store_id: '*', event_id: 'p', selling_price: text, occurred_at: at(5) });
      // Only store 2 holds the item when the id comes first.
      await record(event({ event_id: 'a', store_id: '2', quantity: '1' }));
      await record(price('3.50'));
      await record(event({ event_id: 'b', store_id: '1', quantity: '1' }));
      const second = await record(price('9.00'));
      assert.deepEqual([second.refused, second.refusals[0]!.code], [1, 'event_id_conflict']);
      assert.equal((await ledger.story('1', 'A'))!.selling_price, null);
    });
    it('keeps a negative quantity, publishes 0 and lists it', async () => {
      await ledger.defineOutlets('pasons', [outlet({ fields: ['selling_price', 'stock_status', 'quantity'] })]);
      await record(event({ quantity: '-2', selling_price: '1.00' }));
      assert.equal(await quantity(), '-2');
      const { rows } = await ledger.items({ state: 'negative' });
      assert.deepEqual([rows[0]!.quantity, rows[0]!.stock_status], ['0', 0]);
    });
    it('a sum may have more digits than a number of a sender: it is exact, and no shop stops at it', async () => {
      await ledger.defineOutlets('pasons', [outlet(), outlet({ outlet: 'pasons:2', store_id: '2' })]);
      await record(
        event({ quantity: '9'.repeat(40), selling_price: '1' }),
        event({ quantity: '1', selling_price: '1', store_id: '2' }),
      );
      const tiny = `0.${'0'.repeat(38)}1`;
      const counts = await record(
        event({ quantity_change: tiny, occurred_at: at(1) }),
        event({ quantity_change: '2', occurred_at: at(2) }),
        event({ quantity_change: '-1', occurred_at: at(3) }),
      );
      assert.deepEqual(counts.outcomes, ['accepted', 'accepted', 'accepted']);
      assert.equal(await quantity(), `1${'0'.repeat(40)}${tiny.slice(1)}`);
      const shops = ['pasons:1', 'pasons:2'];
      for (const one of shops)
        await ledger.startPush({ outlet: one, type: 'partial', trigger: 'manual', created_by: 'user:test' });
      const { taken } = await ledger.takeInTurn(shops, 10);
      assert.deepEqual(
        taken.map(({ ticket, items }) => [ticket.outlet, items.length]),
        shops.map((one) => [one, 1]),
      );
    });
    it('a time of a clock that knows none is refused, and stops nobody', async () => {
      for (const occurred_at of ['0001-01-01T00:00:00Z', '1601-01-01T00:00:00Z']) {
        const result = await record(event({ quantity: '5', occurred_at }), event({ sku: 'B', quantity: '1' }));
        assert.deepEqual([result.outcomes[0], result.refusals[0]?.code], ['refused', 'not_a_time']);
      }
      await record(event({ quantity: '6' }));
      assert.equal(await quantity(), '6');
      assert.equal((await ledger.incoming({})).rows.length, 2);
      assert.equal((await ledger.feed('1', 10)).length, 2);
    });
    it('keeps SKUs code point by code point and refuses what cannot be kept', async () => {
      for (const sku of [' 1 ', 'é', 'e\u0301', '0012', 'ﷺ', '=1+1', '💶', '__proto__', "';--"]) {
        assert.equal((await record(event({ sku, quantity: '1' }))).accepted, 1, sku);
        assert.equal((await ledger.story('1', sku))!.sku, sku);
      }
      for (const sku of ['\ud800', 'a\0b', '']) assert.equal((await record(event({ sku, quantity: '1' }))).refused, 1);
    });
    it('everything survives a crash', async () => {
      await record(event({ quantity: '7', selling_price: '1.30' }));
      ledger = bench.crash();
      assert.equal(await quantity(), '7');
      assert.equal((await ledger.counts()).accepted, 1);
    });
  });
}
