/** The delivery nodes as an operator wires them, with the real ledger and the simulated platform. */
import assert from 'node:assert/strict';
import type { PushRecord } from '../../core/ledger/ledger';
import type { Message } from '../../runtime/red';
import { Delivery, usualFlow } from '../../test/support/delivery';
import { eventually } from '../../test/support/eventually';
import { type FlowEntry, nodeOf, received, unload } from '../../test/support/node-test';

const settled = async (delivery: Delivery, store = '1') => {
  const { waiting, sending } = await delivery.counts(store);
  return waiting === 0 && sending === 0;
};

/** The usual flow with other wires: `{push: [['ok'], ['no']]}`; null takes a node out. */
function wired(changes: Record<string, string[][] | null>, more: FlowEntry[] = []): FlowEntry[] {
  return [
    ...usualFlow().flatMap((entry) => {
      const wires = changes[entry.id];
      return wires === null ? [] : wires ? [{ ...entry, wires }] : [entry];
    }),
    ...more,
  ];
}

describe('changed stock, pasons push and outlets in a flow', () => {
  let delivery: Delivery;

  async function start(flow: FlowEntry[] = usualFlow(), config: Record<string, unknown> = {}): Promise<void> {
    await delivery.load(flow, config);
  }

  beforeEach(async () => {
    delivery = await Delivery.start({ timeout: 2000 });
  });
  afterEach(() => delivery.stop());

  it('sends what changed, once, in one request, and records the push', async () => {
    await start();
    const accepted = received('ok');
    const pushes = received('pushes');
    await delivery.record('1', { '9340957005965': { selling_price: '13.99', stock_status: 1 } });
    await eventually(() => accepted.length === 1 && pushes.length === 1);
    const [request] = delivery.pasons.requests;
    assert.equal(request!.body, '[{"sku":"9340957005965","selling_price":13.99,"stock_status":1}]');
    assert.deepEqual(accepted[0]!.payload, [{ sku: '9340957005965', selling_price: 13.99, stock_status: 1 }]);
    assert.equal(accepted[0]!.response?.statusCode, 200);
    assert.equal(accepted[0]!.store_id, '1');
    assert.equal(accepted[0]!.topic, 'pasons:1');
    const push = pushes[0]!.payload as PushRecord;
    assert.deepEqual(
      [push.status, push.item_count, push.confirmed, push.type, push.trigger, push.created_by],
      ['success', 1, 1, 'partial', 'auto', 'auto'],
    );
    assert.deepEqual(await delivery.counts(), {
      in_sync: 1,
      waiting: 0,
      sending: 0,
      held: 0,
      refused: 0,
      incomplete: 0,
    });
  });

  it('sends nothing for a change that does not alter what the platform gets', async () => {
    await start();
    await delivery.record('1', { A: { selling_price: '1', quantity: '100' } });
    await eventually(() => delivery.pasons.count() === 1 && settled(delivery));
    await delivery.record('1', { A: { quantity: '95' } });
    await delivery.record('2', { B: { selling_price: '1', quantity: '1' } });
    await eventually(() => delivery.pasons.count() === 2);
    assert.equal(delivery.pasons.requests[1]!.store, '2');
    assert.equal((await delivery.counts()).in_sync, 1);
  });

  it('pushes on a message: all shops, one shop, everything or what differs, and says who asked', async () => {
    await delivery.stock('1', 2);
    await delivery.stock('2', 1);
    await start(usualFlow().map((entry) => (entry.id === 'changed' ? { ...entry, auto: false } : entry)));
    const newest = async () => (await delivery.ledger.pushes({ limit: 10 })).pushes;
    const finished = (count: number) =>
      eventually(async () => (await newest()).filter(({ status }) => status !== 'running').length === count);
    nodeOf('changed').receive({ payload: 1_754_087_400_000 });
    await finished(2);
    assert.deepEqual(
      (await newest()).map((push) => `${push.store_id} ${push.item_count} ${push.created_by} ${push.trigger}`).sort(),
      ['1 2 schedule schedule', '2 1 schedule schedule'],
    );
    nodeOf('changed').receive({ payload: { store_id: '1', type: 'full' }, created_by: 'user:ana' });
    await finished(3);
    const [full] = await newest();
    assert.deepEqual([full!.type, full!.created_by, full!.trigger, full!.confirmed], ['full', 'user:ana', 'manual', 2]);
    nodeOf('changed').receive({ payload: { store_id: '1' }, push: { id: 'told-before' } as never });
    await finished(4);
    const [told] = await newest();
    assert.deepEqual([told!.id, told!.created_by, told!.item_count], ['told-before', 'api', 0]);
  });

  it('answers a request for an unknown shop or type with an error a Catch node sees', async () => {
    await start([
      ...usualFlow(),
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper', wires: [] },
    ]);
    const caught = received('caught');
    for (const payload of [{ store_id: '9' }, { store_id: '1', type: 'some' }, { store_id: {} }])
      nodeOf('changed').receive({ payload });
    await eventually(() => caught.length === 3);
    assert.deepEqual(caught.map((msg) => msg.error?.code).sort(), ['store_invalid', 'type_invalid', 'unknown_store']);
  });

  it('refuses what a number cannot say exactly, and sends the rest', async () => {
    await start();
    await delivery.record('1', {
      A: { selling_price: '12.400', stock_status: 1 },
      B: { selling_price: '9007199254740993.001', stock_status: 1 },
    });
    await eventually(() => settled(delivery));
    assert.deepEqual(delivery.shown(), { A: '12.4 1' });
    const { rows } = await delivery.ledger.items({ state: 'refused' });
    assert.deepEqual(
      rows.map(({ sku, reason_code }) => [sku, reason_code]),
      [['B', 'not_exact']],
    );
  });

  it('tries again by itself until the platform is back: nothing refused, nobody presses anything', async () => {
    await start(usualFlow({ attempts: 2 }));
    const gaveUp = received('up');
    delivery.pasons.behave({ fault: '503' });
    await delivery.stock('1', 5);
    await eventually(() => gaveUp.length >= 1);
    assert.equal(gaveUp[0]!.error?.code, 'platform_error');
    const outlet = async () => (await delivery.ledger.outlets()).find(({ store_id }) => store_id === '1')!;
    await eventually(async () => (await outlet()).reach === 'not_reachable');
    await delivery.record('1', { A1: { selling_price: '5', stock_status: 0 } });
    delivery.pasons.behave(null);
    await eventually(async () => (await settled(delivery)) && (await outlet()).reach === 'ok');
    assert.equal((await delivery.counts()).refused, 0);
    assert.equal(delivery.shown().A1, '5 0');
    assert.equal(Object.keys(delivery.shown()).length, 5);
    const requests = delivery.pasons.requests.length;
    assert.ok(requests < 12, `${requests} requests`);
  });

  it('shows a refused key, and drains once the key is good again', async () => {
    await start();
    const failed = received('no');
    delivery.pasons.behave({ fault: '401' });
    await delivery.stock('1', 3);
    await eventually(() => failed.length >= 1);
    assert.deepEqual([failed[0]!.error?.code, failed[0]!.error?.retryable], ['key_refused', false]);
    assert.equal((await delivery.ledger.outlets())[0]!.reach, 'key_refused');
    delivery.pasons.behave(null);
    await eventually(() => settled(delivery));
    assert.equal((await delivery.counts()).in_sync, 3);
  });

  it('repeats an unanswered request as it was before anything newer is sent', async () => {
    await start();
    delivery.pasons.behave({ fault: 'drop-applied', times: 1 });
    await delivery.stock('1', 2, '1.5');
    await eventually(() => delivery.pasons.count() >= 1);
    await delivery.record('1', { A1: { selling_price: '2.5' } });
    await eventually(async () => (await settled(delivery)) && delivery.shown().A1 === '2.5 1');
    const [first, second] = delivery.pasons.requests;
    assert.equal(second!.body, first!.body);
    assert.equal(second!.headers['idempotency-key'], first!.headers['idempotency-key']);
    assert.deepEqual(delivery.pasons.store.reversals, []);
    assert.deepEqual(delivery.pasons.overlaps, []);
  });

  it('isolates the item that the platform refuses without naming it', async () => {
    await start();
    const failed = received('no');
    delivery.pasons.behave({ refuse: ['A7'], refuseStatus: 422, refuseNamed: false });
    await delivery.stock('1', 40);
    await eventually(() => settled(delivery));
    assert.deepEqual((await delivery.counts()).refused, 1);
    assert.equal((await delivery.counts()).in_sync, 39);
    assert.deepEqual(
      failed.map((msg) => msg.payload),
      [[{ sku: 'A7', selling_price: 13.99, stock_status: 1 }]],
    );
    assert.deepEqual(
      failed[0]!.refused?.map(({ sku, code }) => [sku, code]),
      [['A7', 'http_422']],
    );
    delivery.pasons.behave(null);
    await delivery.record('1', { A7: { selling_price: '3' } });
    await eventually(async () => (await delivery.counts()).in_sync === 40);
  });

  it('keeps the promises without chunker and without retry', async () => {
    await start(wired({ map: [['push'], []], chunk: null, retry: null, push: [['ok'], ['no']] }));
    delivery.pasons.behave({ fault: '500', times: 1 });
    await delivery.stock('1', 1201);
    await eventually(() => settled(delivery), 20_000);
    assert.equal((await delivery.counts()).in_sync, 1201);
    const sizes = delivery.pasons.requests.map(({ keys }) => keys!.length);
    assert.ok(Math.max(...sizes) <= 500, String(sizes));
  });

  it('sends only one of two copies when its output is wired to two pushes', async () => {
    await start(
      wired({ retry: [['push', 'push2'], ['up']] }, [
        { id: 'push2', type: 'shelfwire-pasons-push', wires: [['ok'], ['no2']] },
        { id: 'no2', type: 'helper', wires: [] },
      ]),
    );
    const failed = [received('no'), received('no2')];
    await delivery.stock('1', 3);
    await eventually(() => settled(delivery));
    await eventually(() => failed.flat().length >= 1);
    assert.equal(delivery.pasons.count(), 1);
    assert.deepEqual(
      failed.flat().map((msg) => msg.error?.code),
      ['lease_lost'],
    );
    assert.equal((await delivery.counts()).in_sync, 3);
  });

  it('has what a function node took out waiting again, and holds it after the third time', async () => {
    const only = 'msg.payload = msg.payload.filter(i => i.sku !== "A2").reverse(); return msg;';
    await start(
      wired({ map: [['fn'], []] }, [{ id: 'fn', type: 'function', func: only, outputs: 1, wires: [['chunk']] }]),
    );
    await delivery.stock('1', 3);
    await eventually(async () => (await delivery.counts()).held === 1);
    assert.equal((await delivery.counts()).in_sync, 2);
    const { rows } = await delivery.ledger.items({ state: 'held' });
    assert.deepEqual(
      rows.map(({ sku, reason_code }) => [sku, reason_code]),
      [['A2', 'dropped_by_flow']],
    );
  });

  it('gives back what was on its way when the push closes', async () => {
    await start();
    delivery.pasons.behave({ delay: 300 });
    await delivery.stock('1', 3);
    await eventually(() => delivery.pasons.count() === 1);
    await unload();
    assert.deepEqual((await delivery.counts()).in_sync, 3, 'the answer was waited for');
  });

  it("sends an operator's own list as it is, and the ledger's values after it", async () => {
    await start(
      wired({}, [
        { id: 'own', type: 'shelfwire-pasons-push', outlets: 'outlets', wires: [['sent'], ['unsent']] },
        { id: 'sent', type: 'helper', wires: [] },
        { id: 'unsent', type: 'helper', wires: [] },
      ]),
    );
    await delivery.stock('1', 1);
    await eventually(() => settled(delivery));
    const sent = received('sent');
    const list = [
      { sku: 'A1', selling_price: 99, stock_status: 0 },
      { sku: 'new', selling_price: 1 },
    ];
    nodeOf('own').receive({ payload: list, store_id: '1' });
    await eventually(() => sent.length === 1);
    assert.deepEqual(JSON.parse(delivery.pasons.requests[1]!.body), list);
    assert.deepEqual(sent[0]!.payload, list);
    await eventually(() => delivery.shown().A1 === '13.99 1', 10_000, 'the value of the ledger');
    assert.equal(delivery.shown().new, '1 undefined');
  });

  it('sends a list of items that nobody recorded, and waits while other values of an item are on their way', async () => {
    await start(
      wired({}, [
        { id: 'own', type: 'shelfwire-pasons-push', outlets: 'outlets', key: 'item_code', wires: [['sent'], []] },
        { id: 'sent', type: 'helper', wires: [] },
      ]),
    );
    const sent = received('sent');
    nodeOf('own').receive({ payload: [{ item_code: 'X' }], store_id: 1 });
    await eventually(() => sent.length === 1);
    assert.equal(delivery.pasons.requests[0]!.body, '[{"item_code":"X"}]');
    const [first] = (await delivery.ledger.pushes({})).pushes;
    assert.deepEqual([first?.status, first?.item_count, first?.chunks], ['success', 1, 1]);
    assert.equal((await delivery.counts()).incomplete, 1, 'known from now on, and nothing is invented for it');

    delivery.pasons.behave({ delay: 600 });
    await delivery.stock('1', 2);
    await eventually(() => delivery.pasons.count() === 2);
    nodeOf('own').receive({ payload: [{ item_code: 'A1', selling_price: 1 }], store_id: 1 });
    await eventually(() => sent.length === 2);
    assert.deepEqual(delivery.pasons.overlaps, []);
    await eventually(() => settled(delivery));
    const { pushes } = await delivery.ledger.pushes({});
    assert.deepEqual(
      pushes.filter(({ status }) => status === 'running'),
      [],
    );
  });

  it('says which shop is missing for a list without ticket', async () => {
    await start(
      wired({}, [
        { id: 'own', type: 'shelfwire-pasons-push', outlets: 'outlets', wires: [[], []] },
        { id: 'catch', type: 'catch', scope: ['own'], wires: [['caught']] },
        { id: 'caught', type: 'helper', wires: [] },
      ]),
    );
    const caught: Message[] = received('caught');
    nodeOf('own').receive({ payload: [] });
    nodeOf('own').receive({ payload: [], store_id: '77' });
    await eventually(() => caught.length === 2);
    assert.deepEqual(caught.map((msg) => msg.error?.code).sort(), ['store_missing', 'unknown_store']);
    assert.equal(delivery.pasons.count(), 0);
  });

  it('serves two platforms from one ledger', async () => {
    await start(
      wired({ chunk: [['retry']] }, [
        {
          id: 'others',
          type: 'shelfwire-outlets',
          ledger: 'ledger',
          platform: 'talabat',
          endpoint: `${delivery.pasons.url}/v1/inventory/t{store_id}`,
          fields: ['quantity'],
          rows: [{ store_id: '1', push_enabled: true }],
        },
        {
          id: 'changed2',
          type: 'shelfwire-changed-stock',
          outlets: 'others',
          auto: true,
          linger: 0,
          wires: [['push2']],
        },
        { id: 'push2', type: 'shelfwire-pasons-push', wires: [[], []] },
      ]),
    );
    await delivery.record('1', { A: { selling_price: '2', quantity: '7' } });
    await eventually(() => Object.keys(delivery.pasons.store.content()).length === 2);
    await eventually(async () => (await delivery.ledger.outlets()).every(({ counts }) => counts.waiting === 0));
    assert.deepEqual(delivery.shown('1'), { A: '2 1' });
    assert.equal(delivery.pasons.requests.find(({ store }) => store === 't1')!.body, '[{"sku":"A","quantity":7}]');
  });
});
