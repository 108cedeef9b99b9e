import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { RecordBatch, RecordResult } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { dispatcher } from '../../runtime/http/dispatcher';
import type { Message } from '../../runtime/red';
import { locations } from '../../runtime/store-maps';
import { eventually } from '../../test/support/eventually';
import { type FakeLedger, fakeLedger } from '../../test/support/fake-ledger';
import { load, nodeOf, received, unload } from '../../test/support/node-test';
import { ledgerNodeOf, NodeServer, proofOf, verifyNode } from '../../test/support/receiving';

import recordStock = require('../record-stock/record-stock');
import register = require('./paradigm-in');

const SECRET = 's3cret';
const PATH = '/webhook/paradigm/inventory';
const seed = `{
  "eventType": "INVENTORY_UPDATE",
  "productId": "1015AW",
  "oldQuantity": 100,
  "newQuantity": 95,
  "timestamp": "2025-08-01T22:30:00Z",
  "source": "SALES_ORDER",
  "referenceId": "SO-12345"
}`;
const price = '{"eventType":"PRICE_UPDATE","productId":"1015AW","newPrice":12.50,"timestamp":"2025-08-01T22:30:00Z"}';

function record({ events, refusals = [] }: RecordBatch): RecordResult {
  const refused = refusals.length;
  const accepted = events.length;
  const outcomes = events.map(() => 'accepted' as const);
  return { received: accepted + refused, accepted, duplicate: 0, stale: 0, refused, outcomes, refusals };
}

describe('paradigm in (node)', () => {
  let server: NodeServer;
  let fake: FakeLedger;
  let seen: Message[];

  async function start(config: Record<string, unknown> = {}, verify = true): Promise<void> {
    fake = fakeLedger({ record: async (batch: RecordBatch) => record(batch) });
    server = new NodeServer();
    await load(
      [server.factory, register, recordStock, verifyNode(SECRET), ledgerNodeOf(async () => fake.ledger)],
      [
        { id: 'l', type: 'shelfwire-ledger' },
        {
          id: 'in',
          type: 'shelfwire-paradigm-in',
          storeMap: [{ location: '1', store_id: '1' }],
          defaultStore: '1',
          ...config,
          wires: [[verify ? 'v' : 'r', 'see']],
        },
        { id: 'v', type: 'test-verify', wires: [['r']] },
        { id: 'r', type: 'shelfwire-record-stock', ledger: 'l', wires: [[], []] },
        { id: 'see', type: 'helper', wires: [] },
      ],
    );
    seen = received('see');
    await server.start();
  }
  const post = (body: string | Buffer, headers: Record<string, string> = {}, path = PATH) =>
    server.post(path, body, { 'X-Proof': proofOf(SECRET, body), ...headers });
  const batches = () => fake.calls.filter(([name]) => name === 'record').map(([, batch]) => batch as RecordBatch);

  afterEach(async () => {
    await server.stop();
    await unload();
    fake.forget();
    dispatcher().routes.prune();
    assert.equal(dispatcher().inFlight.requests, 0);
  });

  it('takes the example payload and answers once it is recorded', async () => {
    await start();
    const answer = await post(seed);
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), {
      message: 'Stored.',
      received: 1,
      accepted: 1,
      duplicate: 0,
      stale: 0,
      refused: 0,
      errors: [],
    });
    const [batch] = batches();
    assert.equal(batch?.sender, 'paradigm');
    assert.equal(Buffer.from(batch!.raw!.bytes).toString(), seed);
    assert.deepEqual([batch?.events[0]?.sku, batch?.events[0]?.quantity], ['1015AW', '95']);
    const msg = await eventually(() => seen[0]);
    assert.equal(msg.rawBody?.toString(), seed);
    assert.equal((msg.payload as StockEvent[])[0]?.occurred_at, '2025-08-01T22:30:00.000Z');
    assert.ok(msg.res?._res);
    assert.equal(msg.req?.headers['content-type'], 'application/json');
  });

  it('reads compressed bodies and signs the bytes on the wire', async () => {
    await start();
    const zipped = gzipSync(seed);
    const answer = await post(zipped, { 'Content-Encoding': 'gzip' });
    assert.equal(answer.status, 200);
    assert.deepEqual(Buffer.from(batches()[0]!.raw!.bytes), zipped);
  });

  it('judges who sent it before what was sent', async () => {
    await start();
    for (const body of [seed, '{"broken": ', '']) {
      const answer = await post(body, { 'X-Proof': 'wrong' });
      assert.equal(answer.status, 401);
      assert.equal(typeof JSON.parse(answer.body).message, 'string');
    }
    assert.equal(batches().length, 0);
    const malformed = await post('{"broken": ');
    assert.equal(malformed.status, 400);
    assert.match(JSON.parse(malformed.body).message, /not valid JSON/);
    assert.equal((await post('{"eventType":"INVENTORY_UPDATE"}')).status, 422);
    assert.equal((await post(gzipSync(seed).subarray(0, 20), { 'Content-Encoding': 'gzip' })).status, 400);
    assert.deepEqual(
      batches().map(({ refusals }) => refusals?.length),
      [1, 1, 1],
    );
  });

  it('reports bad items of a list one by one', async () => {
    await start();
    const answer = await post(`[${seed},{"eventType":"INVENTORY_UPDATE","productId":"X"},${price}]`);
    assert.equal(answer.status, 200);
    const body = JSON.parse(answer.body);
    assert.deepEqual([body.received, body.accepted, body.refused], [3, 2, 1]);
    assert.deepEqual([body.errors[0].index, body.errors[0].sku, body.errors[0].code], [1, 'X', 'missing_field']);
    assert.deepEqual(batches()[0]?.indexes, [0, 2]);
    assert.deepEqual(
      batches()[0]?.events.map(({ store_id }) => store_id),
      ['1', '*'],
    );
  });

  it('answers what its settings leave out 2xx and counts it', async () => {
    await start({ events: ['PRICE_UPDATE'], priceScope: 'default' });
    const answer = await post(`[${seed},${price}]`);
    const body = JSON.parse(answer.body);
    assert.deepEqual([answer.status, body.received, body.accepted, body.filtered], [200, 1, 1, 1]);
    const alone = await post(seed);
    assert.deepEqual([alone.status, JSON.parse(alone.body).filtered], [200, 1]);
    assert.equal((await post(seed, { 'X-Proof': 'wrong' })).status, 401);
  });

  it('needs no signature only where unsigned input is allowed', async () => {
    await start({}, false);
    assert.equal((await post(seed)).status, 401);
    await server.stop();
    await unload();
    fake.forget();
    await start({ unsigned: 'allow' }, false);
    assert.equal((await post(seed)).status, 200);
  });

  it('does not take its events for an own flow of the operator, however a flow copies them', async () => {
    const copies: ((msg: Message) => Message)[] = [
      (msg) => ({ payload: msg.payload }),
      (msg) => ({ payload: structuredClone(msg.payload) }),
      (msg) => ({ payload: structuredClone(msg.payload), _msgid: msg._msgid! }),
      (msg) => ({ payload: (structuredClone(msg.payload) as unknown[])[0] }),
    ];
    await start();
    for (const copy of copies) {
      const answer = post(seed, { 'X-Proof': 'wrong' });
      const msg = await eventually(() => seen.shift());
      // What a function node returns gets the id of the message that it was given.
      nodeOf('r').receive({ _msgid: msg._msgid!, ...copy(msg) });
      assert.equal((await answer).status, 401);
    }
    assert.equal(batches().length, 0);
  });

  it('tells the sender to come back when no flow takes the request in time', async () => {
    await start({ wait: '0.1', unsigned: 'allow' }, false);
    fake.ledger.record = () => new Promise<RecordResult>(() => {});
    const answer = await post(seed);
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers['retry-after']) > 0);
  });

  it('takes JSON of at most its size', async () => {
    await start({ maxBody: String(seed.length) });
    assert.equal((await post(seed)).status, 200);
    assert.equal((await post(`${seed} `)).status, 413);
    assert.equal((await post(seed, { 'Content-Type': 'text/xml' })).status, 415);
  });

  it('listens at its own path, in any letter case, and with variables in it', async () => {
    process.env.SHELFWIRE_TEST_PATH = 'erp';
    try {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a flow file
      await start({ path: '/hooks/${SHELFWIRE_TEST_PATH}/Stock' });
      assert.equal((await post(seed, {}, '/hooks/ERP/stock/')).status, 200);
      assert.equal((await post(seed)).status, 404);
    } finally {
      delete process.env.SHELFWIRE_TEST_PATH;
    }
  });

  it('with wrong settings answers 503, shows them, and does not throw', async () => {
    for (const wrong of [
      { events: ['SALES'] },
      {
        storeMap: [
          { location: 'a', store_id: '1' },
          { location: 'b', store_id: '1' },
        ],
      },
      { timeZone: 'Mars/Olympus' },
      { maxBody: 'big' },
      { unsigned: 'maybe' },
      { priceScope: 'some' },
      { defaultStore: '1', wait: -1 },
    ]) {
      await start(wrong);
      const answer = await post(seed);
      assert.equal(answer.status, 503, JSON.stringify(wrong));
      assert.equal(batches().length, 0);
      await server.stop();
      await unload();
      fake.forget();
    }
    await start();
  });

  it('fills variables in where a longer text names them: in the store map and the default store', async () => {
    process.env.SHELFWIRE_TEST_CITY = 'dubai';
    try {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a flow file
      const city = '${SHELFWIRE_TEST_CITY}';
      await start({ storeMap: [{ location: `WH-${city}`, store_id: `${city}-1` }], defaultStore: `shop-${city}` });
      await post(seed);
      await post(seed.replace('"source"', '"location": "WH-dubai", "source"'));
      assert.deepEqual(
        batches().map(({ events }) => events[0]?.store_id),
        ['shop-dubai', 'dubai-1'],
      );
    } finally {
      delete process.env.SHELFWIRE_TEST_CITY;
    }
  });

  it('offers its store map for replays as long as it lives', async () => {
    await start({ storeMap: { 'WH-1': 7 } });
    assert.deepEqual(locations(), [
      { sender: 'paradigm', origin: '/webhook/paradigm/inventory', stores: { 'WH-1': '7' } },
    ]);
    const answer = await post(seed.replace('"source"', '"location": "WH-9", "source"'));
    assert.equal(answer.status, 200);
    assert.deepEqual(
      batches()[0]?.events.map(({ store_id, location }) => [store_id, location]),
      [['', 'WH-9']],
    );
    await unload();
    assert.deepEqual(locations(), []);
    await server.stop();
    fake.forget();
    await start();
  });
});
