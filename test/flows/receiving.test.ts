/** From signed webhooks to the ledger in a real Node-RED: the payloads of the vendors' documents, byte for byte. */
import assert from 'node:assert/strict';
import type { EventCounts, ItemStory, RefusedInput } from '../../core/ledger/ledger';
import { miposHeaders } from '../../simulators/mipos';
import { paradigmHeaders } from '../../simulators/paradigm';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';

const PARADIGM = `{
  "eventType": "INVENTORY_UPDATE",
  "productId": "1015AW",
  "oldQuantity": 100,
  "newQuantity": 95,
  "timestamp": "2025-08-01T22:30:00Z",
  "source": "SALES_ORDER",
  "referenceId": "SO-12345"
}`;
const MIPOS = `{
    "pos_id": "1",
    "inventory_system_id": "4344be8c-c6b9-4c51-88a6-d620144ab406",
    "current_stock": "12.44",
    "quantity": "1.25",
    "date": "2020-05-30 12:45:03",
    "movement_type": 2,
    "external_id": "avcc123",
    "now": "2020-06-01 02:55:18",
    "store_id": 1
}`;
const SECRET = { paradigm: 'p-secret', mipos: 'm-secret' };

function flows(stores: Record<string, string>): FlowEntry[] {
  const nodes: FlowEntry[] = [
    { id: 'p', type: 'shelfwire-paradigm-in', storeMap: stores, defaultStore: '1', wires: [['vp']] },
    { id: 'vp', type: 'shelfwire-hmac-verify', scheme: 'paradigm', ledger: 'l', wires: [['r'], []] },
    { id: 'm', type: 'shelfwire-mipos-in', storeMap: stores, timeZone: 'Asia/Dubai', wires: [['vm']] },
    { id: 'vm', type: 'shelfwire-hmac-verify', scheme: 'mipos', ledger: 'l', wires: [['r'], []] },
    { id: 'r', type: 'shelfwire-record-stock', ledger: 'l', wires: [[], []] },
  ];
  return [
    { id: 'tab', type: 'tab', label: 'in' },
    { id: 'l', type: 'shelfwire-ledger', file: 'ledger.db' },
    ...nodes.map((node, index) => ({ z: 'tab', x: 100, y: 60 * (index + 1), ...node })),
  ];
}

describe('receiving, from signed webhooks to the ledger', () => {
  let red: RunningNodeRed;
  before(async () => {
    red = await startNodeRed({
      flows: flows({ '1': '1' }),
      credentials: { vp: { secret: SECRET.paradigm }, vm: { secret: SECRET.mipos } },
      settings: { httpAdminRoot: '/admin' },
    });
  });
  after(() => red?.stop());

  async function post(path: string, body: string, headers: Record<string, string>) {
    const answer = await fetch(red.url + path, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
    const text = await answer.text();
    return { status: answer.status, text, json: text === '' ? null : JSON.parse(text), headers: answer.headers };
  }
  const paradigm = (body: string, secret = SECRET.paradigm) =>
    post('/webhook/paradigm/inventory', body, paradigmHeaders(secret, body));
  const mipos = (body: string, secret = SECRET.mipos) => post('/webhook/mipos/stock', body, miposHeaders(secret, body));
  const jsonOf = async <T>(url: string, method = 'GET') => (await (await fetch(url, { method })).json()) as T;
  const counts = async () => (await jsonOf<{ counts: EventCounts }>(`${red.url}/health`)).counts;
  const story = (sku: string, store = '1') => jsonOf<ItemStory>(`${red.adminUrl}/shelfwire/items/${store}/${sku}`);

  it("takes Paradigm's example, once", async () => {
    const first = await paradigm(PARADIGM);
    assert.deepEqual([first.status, first.json.accepted], [200, 1]);
    const again = await paradigm(PARADIGM);
    assert.deepEqual([again.status, again.json.accepted, again.json.duplicate], [200, 0, 1]);
    const { quantity, quantity_at, events } = await story('1015AW');
    assert.deepEqual([quantity, quantity_at, events.length], ['95', '2025-08-01T22:30:00.000Z', 1]);
    assert.deepEqual([events[0]?.event_type, events[0]?.reference_id], ['SALES_ORDER', 'SO-12345']);
  });

  it("takes MiPOS' example and answers 204 with an empty body", async () => {
    for (let time = 0; time < 2; time++) {
      const answer = await mipos(MIPOS);
      assert.deepEqual([answer.status, answer.text], [204, '']);
    }
    const { quantity, quantity_at } = await story('avcc123');
    assert.deepEqual([quantity, quantity_at], ['12.44', '2020-05-30T08:45:03.000Z']);
  });

  it('answers a bad signature 401 and changes nothing', async () => {
    const before = await counts();
    const body = PARADIGM.replace('95', '0').replace('22:30', '23:30');
    assert.equal((await paradigm(body, 'wrong')).status, 401);
    assert.equal((await mipos(MIPOS.replace('12.44', '0'), 'wrong')).status, 401);
    assert.equal((await post('/webhook/paradigm/inventory', body, {})).status, 401);
    assert.equal((await paradigm('{"', 'wrong')).status, 401);
    assert.deepEqual(await counts(), before);
    assert.equal((await story('1015AW')).quantity, '95');
  });

  it('keeps what it refuses, and replays an unknown location once it is mapped', async () => {
    assert.equal((await paradigm('{"')).status, 400);
    const wrong = await mipos(MIPOS.replace('"12.44"', '"a lot"'));
    assert.deepEqual([wrong.status, Object.keys(wrong.json)], [422, ['message']]);
    const lost = await paradigm(PARADIGM.replace('"source"', '"location": "WH-2", "source"'));
    assert.deepEqual([lost.status, lost.json.errors[0].code], [422, 'UNKNOWN_STORE']);

    const { refused: rows } = await jsonOf<{ refused: RefusedInput[] }>(`${red.adminUrl}/shelfwire/refused`);
    const kept = rows.find(({ code }) => code === 'UNKNOWN_STORE');
    assert.ok(kept);
    await red.deploy(flows({ '1': '1', 'WH-2': '2' }), 'nodes');
    const replayed = await jsonOf<EventCounts>(`${red.adminUrl}/shelfwire/refused/${kept.id}/replay`, 'POST');
    assert.equal(replayed.accepted, 1);
    assert.equal((await story('1015AW', '2')).quantity, '95');
    const { received, accepted, duplicate, stale, refused } = await counts();
    assert.equal(received, accepted + duplicate + stale + refused);
  });

  it('counts and keeps all of a list that nobody can read, before it answers', async () => {
    for (const good of [0, 3]) {
      const before = await counts();
      const list = Array.from({ length: 2_500 }, (_, i) => JSON.parse(PARADIGM.replace('1015AW', `long-${i}`)));
      for (const event of list.slice(good)) event.newQuantity = 'many';
      const { status, json } = await paradigm(JSON.stringify(list));
      const after = await counts();
      assert.deepEqual([status, json.received, json.accepted], [good === 0 ? 422 : 200, 2_500, good]);
      assert.equal(after.refused - before.refused, 2_500 - good);
    }
  });

  it('gives a price without location to every store that has the item, with all its digits', async () => {
    const price =
      '{"eventType":"PRICE_UPDATE","productId":"1015AW","oldPrice":12.40,"newPrice":12.400000000000000005,"timestamp":"2025-08-01T22:30:00Z"}';
    const answer = await paradigm(price);
    assert.deepEqual([answer.status, answer.json.received, answer.json.accepted], [200, 1, 1]);
    for (const store of ['1', '2']) assert.equal((await story('1015AW', store)).selling_price, '12.400000000000000005');
  });
});
