/** What every ledger answers to people: what they look for, what left, what they send again. */
import assert from 'node:assert/strict';
import { type ItemRow, type Ledger, ITEM_STATES as STATES, type Take } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { at, type Bench, begin, event, NONE, OK, outlet, sendAll, states } from './bench';

export function askingSuite(name: string, make: () => Bench): void {
  describe(`${name}: asking`, () => {
    let bench: Bench;
    let ledger: Ledger;
    beforeEach(async () => {
      bench = make();
      ledger = bench.ledger;
      await ledger.defineOutlets('pasons', [outlet()]);
    });
    afterEach(() => ledger.close());
    const record = (...events: StockEvent[]) => ledger.record({ sender: 'test', events });
    const item = (sku: string, seconds = 0, storeId = '1') =>
      event({ sku, store_id: storeId, quantity: '5', selling_price: '13.99', occurred_at: at(seconds) });

    it('finds items by SKU, its beginning and codes, the exact one first, as they are written', async () => {
      await record(item('AB'), item('A'), item('A', 0, '2'), item('a'), item('%'), item('😀x'));
      await ledger.link([{ source: 'barcode', code: '9340957005965', sku: 'AB' }]);
      const skus = async (text: string) =>
        (await ledger.findItems(text)).map(({ sku, store_id }) => `${sku}@${store_id}`);
      assert.deepEqual(await skus('A'), ['A@1', 'A@2', 'AB@1']);
      assert.deepEqual(await skus('9340957005965'), ['AB@1']);
      assert.deepEqual(await skus('%'), ['%@1']);
      assert.deepEqual(await skus('😀'), ['😀x@1']);
      assert.deepEqual(await skus('nothing'), []);
    });

    it('gives many outlets smaller messages, and one at a time, so that what is under way stays bounded', async () => {
      const shops = Array.from({ length: 50 }, (_, n) => `shop${n}:1`);
      for (const shop of shops) await ledger.defineOutlets(shop, [outlet({ outlet: shop, concurrency: 2 })]);
      await record(...Array.from({ length: 1_700 }, (_, n) => item(`S${n}`)));
      for (const shop of shops)
        await ledger.startPush({ outlet: shop, type: 'partial', trigger: 'manual', created_by: 'user:test' });
      const messages = new Map<string, Take[]>();
      for (let open = shops; open.length > 0; ) {
        const { taken, rest } = await ledger.takeInTurn(open, 1_000);
        for (const message of taken)
          messages.set(message.ticket.outlet, [...(messages.get(message.ticket.outlet) ?? []), message]);
        if (taken.length === 0) break;
        open = rest;
      }
      const all = [...messages.values()].flat();
      assert.equal(messages.size, shops.length, 'nobody is left out');
      assert.ok(all.every(({ items }) => items.length === 800));
      assert.equal(all.length, shops.length);
      // What comes back makes room, and nothing is taken for done that was only put off.
      const [first] = messages.get('shop0:1')!;
      const sent = await begin(ledger, first!);
      assert.ok(sent.send);
      await ledger.settle(sent.chunk, { kind: 'accepted', refused: [] }, OK);
      const { taken } = await ledger.takeInTurn(['shop0:1'], 1_000);
      assert.equal(taken[0]!.items.length, 816, 'the other 49 share the rest');
    });

    it('lists items by state, the same as all items sorted out, page by page', async () => {
      await ledger.defineOutlets('pasons', [outlet(), outlet({ outlet: 'pasons:2', store_id: '2', name: 'Branch 2' })]);
      // In sync, refused, being sent, without an answer, waiting, incomplete, negative; and a shop with thousands waiting.
      await record(...['A', 'B', 'C', 'D'].map((sku) => item(sku)));
      await sendAll(ledger);
      await record(item('E'), { ...item('G'), quantity: '-2' });
      const push = { outlet: 'pasons:1', type: 'partial', trigger: 'manual', created_by: 'user:test' } as const;
      await ledger.startPush(push);
      const some = (await ledger.take('pasons:1', 10))!;
      const sent = await begin(ledger, some);
      assert.ok(sent.send);
      const refusal = { item: some.ticket.entries[0]!.item, code: 'bad_sku', message: 'unknown item' };
      await ledger.settle(sent.chunk, { kind: 'accepted', refused: [refusal] }, OK);
      await record(item('H'), item('I'), event({ sku: 'J', quantity: '1' }));
      await ledger.startPush(push);
      const unknown = await begin(ledger, (await ledger.take('pasons:1', 1))!);
      assert.ok(unknown.send);
      await ledger.settle(unknown.chunk, { kind: 'unknown', code: 'no_answer', message: '', holdUntil: null }, NONE);
      await record(item('K'));
      await record(...Array.from({ length: 2_100 }, (_, n) => item(`M${n}`, 0, '2')));
      await ledger.startPush({ ...push, outlet: 'pasons:2' });
      await ledger.take('pasons:2', 50);
      const listed = async (state?: (typeof STATES)[number]) => {
        const rows: ItemRow[] = [];
        let cursor: string | null | undefined;
        do {
          const page = await ledger.items({ limit: 700, ...(state && { state }), ...(cursor && { cursor }) });
          rows.push(...page.rows);
          cursor = page.cursor;
        } while (cursor);
        return rows.map(({ store_id, sku, state: its }) => `${store_id} ${sku} ${its}`);
      };
      const all = await listed();
      assert.equal(all.length, 2_110);
      for (const state of STATES) {
        const found = await listed(state);
        assert.ok(found.length > 0 || state === 'held', state);
        assert.deepEqual(
          found,
          all.filter((row) => row.endsWith(` ${state}`)),
        );
      }
    });

    it('sends single items again, whatever was confirmed, and leaves alone what is on its way', async () => {
      await record(item('A'), item('B'));
      await sendAll(ledger);
      assert.equal(await states(ledger), 'in_sync 2');
      assert.equal(await ledger.sendAgain('pasons:1', ['A', 'unknown']), 1);
      assert.equal(await states(ledger), 'in_sync 1, waiting 1');
      await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'manual', created_by: 'user:test' });
      const taken = (await ledger.take('pasons:1', 10))!;
      assert.deepEqual(
        taken.items.map(({ sku }) => sku),
        ['A'],
      );
      assert.equal(await ledger.sendAgain('pasons:1', ['A']), 0);
      assert.equal(await states(ledger), 'in_sync 1, sending 1');
    });

    it('shows a request as it left, and each item of a push with what became of it', async () => {
      await record(item('A'), item('B'));
      const push = await ledger.startPush({
        outlet: 'pasons:1',
        type: 'partial',
        trigger: 'manual',
        created_by: 'user:anna',
      });
      const taken = (await ledger.take('pasons:1', 10))!;
      const begun = await begin(ledger, taken, { key: 'once' });
      assert.ok(begun.send);
      await ledger.settle(
        begun.chunk,
        { kind: 'accepted', refused: [{ item: taken.ticket.entries[1]!.item, code: 'bad', message: 'no, "this"' }] },
        OK,
      );
      assert.deepEqual(await ledger.request(begun.chunk), {
        chunk: begun.chunk,
        outlet: 'pasons:1',
        idempotencyKey: 'once',
        body: JSON.stringify(taken.items),
      });
      assert.equal(await ledger.request('unknown'), null);
      const page = await ledger.pushedItems({ push: push.id });
      assert.deepEqual(
        page.rows.map(({ sku, outcome, code, message }) => [sku, outcome, code, message]),
        [
          ['A', 'accepted', null, null],
          ['B', 'refused', 'bad', 'no, "this"'],
        ],
      );
      assert.deepEqual(await ledger.pushedItems({ push: push.id, cursor: page.cursor! }), { rows: [], cursor: null });
    });

    it('lists pushes by who started them and when', async () => {
      await record(item('A'));
      const start = (created_by: string) =>
        ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'manual', created_by });
      await start('user:anna');
      await start('user:bob');
      await start('api');
      const by = async (who: string) => (await ledger.pushes({ by: who })).pushes.map(({ created_by }) => created_by);
      assert.deepEqual(await by('user'), ['user:bob', 'user:anna']);
      assert.deepEqual(await by('user:anna'), ['user:anna']);
      assert.deepEqual(await by('api'), ['api']);
      const started = Date.parse((await ledger.pushes({})).pushes[0]!.started_at);
      assert.equal((await ledger.pushes({ since: started })).pushes.length, 3);
      assert.equal((await ledger.pushes({ since: started + 1 })).pushes.length, 0);
      assert.equal((await ledger.pushes({ until: started })).pushes.length, 0);
    });
  });
}
