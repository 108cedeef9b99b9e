import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connectAsync } from 'mqtt';
import { DemoTarget, NotADemoError } from '../../simulators/demo-target';
import { scalarText } from '../../simulators/exact-json';
import { SIMULATED_HEADER } from '../../simulators/http-server';
import { miposHeaders } from '../../simulators/mipos';
import { paradigmHeaders } from '../../simulators/paradigm';
import { type PasonsSimulator, startPasons } from '../../simulators/pasons';
import { eventually } from '../support/eventually';
import { npmStart, type Started } from '../support/npm-start';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const TOKEN = 'test-token';
const PARADIGM_SECRET = 'paradigm-secret';
const MIPOS_SECRET = '9468da7ccaed13055abcf183fb05c73e8cfc48c5';

/** As in the vendors' documents, byte for byte. */
const PARADIGM_EXAMPLE = `{
  "eventType": "INVENTORY_UPDATE",
  "productId": "1015AW",
  "oldQuantity": 100,
  "newQuantity": 95,
  "timestamp": "2025-08-01T22:30:00Z",
  "source": "SALES_ORDER",
  "referenceId": "SO-12345"
}`;
const MIPOS_EXAMPLE = `{
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

interface Counts {
  received: number;
  accepted: number;
  duplicate: number;
  stale: number;
  refused: number;
}

describe('the bundled flow, as npm start runs it', () => {
  let data: TempFolder;
  let pasons: PasonsSimulator;
  let red: Started;

  before(async () => {
    data = tempFolder('bundled');
    pasons = await startPasons({ apiKey: 'pasons-key' });
    red = await npmStart(data.path, {
      PASONS_URL: pasons.url,
      PASONS_API_KEY: 'pasons-key',
      SHELFWIRE_API_TOKEN: TOKEN,
      PARADIGM_WEBHOOK_SECRET: PARADIGM_SECRET,
      MIPOS_CLIENT_SECRET: MIPOS_SECRET,
      SCANNER_PASSWORD: 'scanner-password',
      SHELFWIRE_TIMEZONE: 'Asia/Dubai',
    });
    await eventually(async () => (await fetch(`${red.url}/health`)).status === 200, 20_000, 'health');
  });
  after(async () => {
    await red?.stop();
    await pasons?.stop();
    data?.remove();
  });

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(red.url + path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
  const bearer = { Authorization: `Bearer ${TOKEN}` };
  const feed = (store: string, csv: string, query = '') =>
    post(`/api/catalogue/${store}${query}`, csv, { ...bearer, 'Content-Type': 'text/csv' });
  const paradigm = (body: string) => post('/webhook/paradigm/inventory', body, paradigmHeaders(PARADIGM_SECRET, body));
  const health = async () =>
    (await (await fetch(`${red.url}/health`)).json()) as { status: string; mode: string; counts: Counts };
  /** What the platform holds of an item, as texts. */
  const shown = (store: string, sku: string) => {
    const item = pasons.store.item(store, sku);
    return item && Object.fromEntries(Object.entries(item).map(([name, value]) => [name, scalarText(value)]));
  };
  const shows = (store: string, sku: string, price: string, status: string, timeout = 5_000) =>
    eventually(
      () => {
        assert.deepEqual(shown(store, sku), { sku, selling_price: price, stock_status: status });
        return true;
      },
      timeout,
      `${sku} at the platform`,
    );

  it('is healthy, live, and tells nothing more to strangers', async () => {
    const open = await health();
    assert.deepEqual(Object.keys(open).sort(), ['counts', 'message', 'mode', 'status']);
    assert.deepEqual([open.status, open.mode], ['ok', 'live']);
    const known = await (await fetch(`${red.url}/health`, { headers: bearer })).json();
    assert.ok(Object.keys(known as object).length > 4);
  });

  it("brings Paradigm's example to the platform within 5 s, with a price from the feed", async () => {
    const csv = 'sku,selling_price,stock_status\n1015AW,12.40,0\navcc123,3.750,0\n';
    const answer = await feed('1', csv, '?occurred_at=2020-01-01T00:00:00Z');
    assert.equal(answer.status, 200);
    const { message, ...counts } = (await answer.json()) as Counts & { message: string; errors: unknown[] };
    assert.equal(typeof message, 'string');
    assert.deepEqual(counts, { received: 2, accepted: 2, duplicate: 0, stale: 0, refused: 0, errors: [] });
    await shows('1', '1015AW', '12.4', '0');
    const sent = Date.now();
    const accepted = await paradigm(PARADIGM_EXAMPLE);
    assert.ok(accepted.ok, `${accepted.status} ${await accepted.clone().text()}`);
    await shows('1', '1015AW', '12.4', '1', 5_000 - (Date.now() - sent));
  });

  it("answers MiPOS' example with 204 and nothing, and the platform gets it", async () => {
    const answer = await post('/webhook/mipos/stock', MIPOS_EXAMPLE, miposHeaders(MIPOS_SECRET, MIPOS_EXAMPLE));
    assert.equal(answer.status, 204);
    assert.equal((await answer.arrayBuffer()).byteLength, 0);
    await shows('1', 'avcc123', '3.75', '1');
  });

  it('takes nothing with a bad signature', async () => {
    const before = await health();
    const other = PARADIGM_EXAMPLE.replace('95', '0').replace('SO-12345', 'SO-1');
    for (const [path, body, headers] of [
      ['/webhook/paradigm/inventory', other, paradigmHeaders('wrong', other)],
      ['/webhook/paradigm/inventory', other, {}],
      ['/webhook/paradigm/inventory', `${other} `, paradigmHeaders(PARADIGM_SECRET, other)],
      ['/webhook/mipos/stock', MIPOS_EXAMPLE.replace('12.44', '0'), miposHeaders(MIPOS_SECRET, MIPOS_EXAMPLE)],
      [
        '/webhook/mipos/stock',
        MIPOS_EXAMPLE,
        { 'X-Signature-Request': createHmac('sha256', '').update('').digest('hex') },
      ],
    ] as const) {
      const answer = await post(path, body, headers);
      assert.equal(answer.status, 401);
      assert.equal(typeof ((await answer.json()) as { message: string }).message, 'string');
    }
    for (const authorization of ['Bearer wrong', TOKEN, ''])
      for (const path of ['/api/catalogue/1', '/api/push/1', '/api/sync/all', '/api/sync/product/1015AW'])
        assert.equal((await post(path, '{}', { Authorization: authorization })).status, 401, path);
    assert.deepEqual(await health(), before);
    assert.equal(shown('1', '1015AW')?.stock_status, '1');
  });

  it('sends nothing for a change that the platform does not see (100 → 95)', async () => {
    const event = (sku: string, before: number, after: number, minute: number) =>
      JSON.stringify({
        eventType: 'INVENTORY_UPDATE',
        productId: sku,
        oldQuantity: before,
        newQuantity: after,
        timestamp: `2025-08-02T10:0${minute}:00Z`,
        source: 'SALES_ORDER',
        location: '2',
      });
    await feed('2', 'sku,selling_price\nquiet,5\nother,6\n');
    await paradigm(`[${event('quiet', 100, 100, 0)},${event('other', 1, 1, 0)}]`);
    await shows('2', 'quiet', '5', '1');
    await shows('2', 'other', '6', '1');
    const requests = pasons.count();
    assert.ok((await paradigm(event('quiet', 100, 95, 1))).ok);
    assert.ok((await paradigm(event('other', 1, 0, 2))).ok);
    await shows('2', 'other', '6', '0');
    assert.equal(pasons.count(), requests + 1);
    assert.deepEqual(pasons.requests.at(-1)?.keys, ['other']);
  });

  it('reports the rows of a feed one by one, and refuses one without a good row', async () => {
    const mixed = await feed('3', 'sku,selling_price,stock_status\ngood,1.10,1\nbad,-1,1\nworse,x,1\n');
    assert.equal(mixed.status, 200);
    const report = (await mixed.json()) as Counts & { errors: { index: number; sku: string; code: string }[] };
    assert.deepEqual([report.received, report.accepted, report.refused], [3, 1, 2]);
    assert.deepEqual(
      report.errors.map(({ index, sku }) => [index, sku]),
      [
        [1, 'bad'],
        [2, 'worse'],
      ],
    );
    const none = await feed('3', 'sku,selling_price,stock_status\nbad,-1,1\n');
    assert.equal(none.status, 422);
    assert.equal((await post('/api/catalogue/3', '{"sku":', bearer)).status, 400);
    await shows('3', 'good', '1.1', '1');
  });

  it('pushes on request: 202, and the push is in the history', async () => {
    const answer = await post('/api/push/1', '{"type":"full"}', bearer);
    assert.equal(answer.status, 202);
    const { id } = (await answer.json()) as { id: string };
    const push = await eventually(async () => {
      const asked = await fetch(`${red.adminUrl}/shelfwire/pushes/${id}`);
      const record = (await asked.json()) as Record<string, unknown>;
      return record.status === 'running' ? null : record;
    });
    assert.deepEqual(
      [push.status, push.type, push.store_id, push.created_by, push.item_count],
      ['success', 'full', '1', 'api', 2],
    );
  });

  it('takes scans over MQTT, acknowledged when stored, and only for the own store', async () => {
    const options = { username: 'scanner-1', password: 'scanner-password', reconnectPeriod: 0 };
    const scanner = await connectAsync(`mqtt://127.0.0.1:${red.mqttPort}`, options);
    try {
      const scan = { event_id: 'scan-1', sku: '1015AW', quantity_change: '-95', occurred_at: '2025-08-03T00:00:00Z' };
      const before = (await health()).counts.accepted;
      await scanner.publishAsync('shelfwire/stores/1/stock', JSON.stringify(scan), { qos: 1 });
      assert.equal((await health()).counts.accepted, before + 1);
      await shows('1', '1015AW', '12.4', '0');
    } finally {
      await scanner.endAsync(true);
    }
    await assert.rejects(connectAsync(`mqtt://127.0.0.1:${red.mqttPort}`, { ...options, password: 'wrong' }));
  });

  it('takes no made-up numbers: it is live', async () => {
    const before = await health();
    const event = PARADIGM_EXAMPLE.replace('95', '7').replace('2025', '2026');
    const answer = await post('/webhook/paradigm/inventory', event, {
      ...paradigmHeaders(PARADIGM_SECRET, event),
      [SIMULATED_HEADER]: '1',
    });
    assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
    assert.equal((await health()).counts.accepted, before.counts.accepted);
    await assert.rejects(new DemoTarget(red.url).ready(), NotADemoError);
  });

  it('redirects / to the editor, and names itself there', async () => {
    const answer = await fetch(`${red.url}/`, { redirect: 'manual' });
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/admin/']);
    assert.match(await (await fetch(`${red.url}/admin/`)).text(), /<title>Shelfwire<\/title>/);
    assert.equal((await fetch(`${red.url}/shelfwire.svg`)).status, 404);
  });

  it('never sent one item in two requests at once', () => {
    assert.deepEqual(pasons.overlaps, []);
  });
});
