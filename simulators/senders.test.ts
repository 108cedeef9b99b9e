import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { DemoTarget, NotADemoError } from './demo-target';
import { answer, listen, type RunningServer, readBody } from './http-server';
import { MiposSender, miposTime, miposUpdate } from './mipos';
import { type ParadigmApi, ParadigmSender, paradigmEvent, startParadigmApi } from './paradigm';
import { numberOf, product } from './paradigm-products';
import { seeded } from './random';
import { Shop } from './shop';

describe('the simulated senders', () => {
  let mode = 'demo';
  let got: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  let target: RunningServer;

  before(async () => {
    target = await listen(async (req, res) => {
      if (req.url === '/health') return answer(res, 200, { status: 'ok', ...(mode ? { mode } : {}) });
      got.push({ path: req.url!, headers: req.headers, body: (await readBody(req)).toString() });
      answer(res, 204);
    });
  });
  beforeEach(() => {
    mode = 'demo';
    got = [];
  });
  after(() => target.stop());

  it('send nothing to a live Shelfwire, nor to something that does not say what it is', async () => {
    for (mode of ['live', '']) {
      const sender = new ParadigmSender(new DemoTarget(target.url), 's');
      const event = {
        productId: 'a',
        newQuantity: '1',
        timestamp: '2025-08-01T22:30:00Z',
        source: 'SALES_ORDER',
      } as const;
      await assert.rejects(sender.send(event), mode === 'live' ? NotADemoError : /does not say/);
      await assert.rejects(new DemoTarget(target.url).ready(200));
    }
    assert.deepEqual(got, []);
  });

  it('send what Paradigm sends, signed over exactly those bytes', async () => {
    const sender = new ParadigmSender(new DemoTarget(`${target.url}/`), 'secret');
    await sender.send({
      productId: '1015AW',
      oldQuantity: '100',
      newQuantity: '95',
      timestamp: '2025-08-01T22:30:00Z',
      source: 'SALES_ORDER',
      referenceId: 'SO-12345',
    });
    await sender.send([
      { productId: '1015AW', oldPrice: '12.40', newPrice: '12.500', timestamp: '2025-08-01T22:30:00Z' },
    ]);
    assert.deepEqual(
      got.map(({ body }) => body),
      [
        '{"eventType":"INVENTORY_UPDATE","productId":"1015AW","oldQuantity":100,"newQuantity":95,"timestamp":"2025-08-01T22:30:00Z","source":"SALES_ORDER","referenceId":"SO-12345"}',
        '[{"eventType":"PRICE_UPDATE","productId":"1015AW","oldPrice":12.40,"newPrice":12.500,"timestamp":"2025-08-01T22:30:00Z"}]',
      ],
    );
    for (const { body, headers, path } of got) {
      assert.equal(path, '/webhook/paradigm/inventory');
      assert.equal(headers['x-signature'], createHmac('sha256', 'secret').update(body).digest('hex'));
      assert.equal(headers['x-shelfwire-simulated'], '1');
    }
  });

  it('send what MiPOS sends: text, and times of a zone that they do not name', async () => {
    const shop = new Shop(seeded(3), 'run', { stores: ['2'] });
    const change = { ...shop.next(['delivery']), at: new Date('2020-05-30T08:45:03Z') };
    const update = { ...miposUpdate(change, 'Asia/Dubai'), now: '2020-06-01 02:55:18' };
    await new MiposSender(new DemoTarget(target.url), 'secret').send(update);
    const { body, headers, path } = got[0]!;
    assert.equal(path, '/webhook/mipos/stock');
    assert.equal(headers['x-signature-request'], createHmac('sha256', 'secret').update(body).digest('hex'));
    assert.deepEqual(JSON.parse(body), {
      pos_id: '1',
      inventory_system_id: '4344be8c-c6b9-4c51-88a6-d620144ab406',
      current_stock: change.after,
      quantity: change.difference,
      date: '2020-05-30 12:45:03',
      movement_type: 1,
      external_id: change.item.sku,
      now: '2020-06-01 02:55:18',
      store_id: 2,
    });
    assert.equal(miposTime(new Date('2020-12-31T20:00:00Z'), 'Asia/Dubai'), '2021-01-01 00:00:00');
  });

  it('report a shop whose numbers hang together', () => {
    const shop = new Shop(seeded(1), 'r');
    const levels = new Map(shop.items.map((item) => [item, item.quantity]));
    const references = new Set<string>();
    for (let count = 0; count < 2000; count++) {
      const change = shop.next(['sale', 'delivery', 'count', 'transfer', 'price']);
      references.add(change.reference);
      if (change.kind === 'price') {
        assert.ok('newPrice' in paradigmEvent(change));
        continue;
      }
      assert.equal(Number(change.before), levels.get(change.item));
      assert.equal(Number(change.before) + Number(change.difference), Number(change.after));
      assert.ok(Number(change.after) >= 0);
      levels.set(change.item, Number(change.after));
    }
    assert.equal(references.size, 2000);
  });
});

describe('the simulated Paradigm API', () => {
  let api: ParadigmApi;
  const get = async (path: string) => {
    const response = await fetch(api.url + path, { headers: { 'x-api-key': 'k' } });
    return { status: response.status, text: await response.text() };
  };
  before(async () => {
    api = await startParadigmApi({ apiKey: 'k', products: 1_234 });
  });
  after(() => api.stop());

  it('hands out every product once in both styles of paging, with the digits of its prices', async () => {
    const bare: { productId: string }[] = [];
    for (let skip = 0; ; skip += 500) {
      const page = JSON.parse((await get(`/api/Items/GetItems/${skip}/500`)).text) as { productId: string }[];
      bare.push(...page);
      if (page.length < 500) break;
    }
    const paged: { productId: string }[] = [];
    for (let number = 1; ; number++) {
      const page = JSON.parse((await get(`/Items?pageNumber=${number}&size=100`)).text) as {
        items: { productId: string }[];
        hasNextPage: boolean;
      };
      paged.push(...page.items);
      if (!page.hasNextPage) break;
    }
    assert.equal(new Set(bare.map((one) => one.productId)).size, 1_234);
    assert.deepEqual(paged, bare);
    assert.equal(bare[15]?.productId, '1015AW');
    assert.match((await get('/Items/GetItems/49/1')).text, /"price":\d+\.\d{3},/);
    assert.match((await get('/Items/GetItems/10/1')).text, /"price":4\.20,/);
  });

  it('filters by id and by what has changed', async () => {
    const since = new Date();
    api.change('1015AW', { price: '9.90' }, new Date(since.getTime() + 1));
    const changed = await get(`/Items/GetItems/0/10?filter=modifiedAt GreatherThanOrEqualTo ${since.toISOString()}`);
    assert.match(changed.text, /^\[\{"productId":"1015AW",[^}]*"price":9\.90,[^}]*\}\]$/);
    const one = await get('/Items?filter=productId Equals 1015AW');
    assert.equal((JSON.parse(one.text) as { items: unknown[] }).items.length, 1);
    assert.equal((await get('/Items/GetItems/0/10?filter=productId Equals 1015ZZ')).text, '[]');
  });

  it('asks for its key and fails as told', async () => {
    assert.equal((await fetch(`${api.url}/Items/GetItems/0/1`)).status, 401);
    api.fail(503, 1);
    assert.equal((await get('/Items/GetItems/0/1')).status, 503);
    assert.equal((await get('/Items/GetItems/0/1')).status, 200);
  });

  it('knows its products by number and by id', () => {
    for (const number of [0, 15, 49, 39_183]) assert.equal(numberOf(product(number).productId, 39_184), number);
    assert.equal(numberOf('1015AA', 39_184), null);
    assert.equal(numberOf(product(39_184).productId, 39_184), null);
  });
});
