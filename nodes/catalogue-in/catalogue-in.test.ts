import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { RecordBatch, RecordResult } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { readEvent } from '../../core/stock/validate';
import type { Message } from '../../runtime/red';
import { requestOf } from '../../runtime/requests';
import { longestBlock } from '../../test/support/event-loop';
import { ledgerNodeOf } from '../../test/support/fake-config-nodes';
import { fakeLedger } from '../../test/support/fake-ledger';
import { httpNode } from '../../test/support/http-node';
import { load, received, unload } from '../../test/support/node-test';

import recordStock = require('../record-stock/record-stock');

import register = require('./catalogue-in');

const TOKEN = 'feed-token';
const CSV = 'sku,selling_price,stock_status\n9340957005965,13.99,1\n9340957005966,8.50,0\n';

/** Judges events as the ledger does, without keeping them. */
async function record(batch: RecordBatch): Promise<RecordResult> {
  const refusals = [...(batch.refusals ?? [])];
  const outcomes = batch.events.map((event, position) => {
    try {
      readEvent(event, Date.now() * 1000, batch.maxFuture ?? 300);
      return 'accepted' as const;
    } catch (thrown) {
      const { code, message } = thrown as Error & { code: string };
      refusals.push({ index: batch.indexes?.[position] ?? position, sku: event.sku, code, message });
      return 'refused' as const;
    }
  });
  const refused = refusals.length;
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
  return { received: accepted + refused, accepted, duplicate: 0, stale: 0, refused, outcomes, refusals };
}

describe('catalogue in (node)', () => {
  const fake = fakeLedger({ record }, null);
  const http = httpNode();
  let url: string;

  async function start(
    config: Record<string, unknown> = {},
    token: string | null = TOKEN,
    wired = true,
  ): Promise<void> {
    await load(
      [http.set, ledgerNodeOf(fake.ledger), register, recordStock],
      [
        { id: 'ledger', type: 'shelfwire-ledger' },
        { id: 'in', type: 'shelfwire-catalogue-in', wires: [wired ? ['out', 'record'] : ['out']], ...config },
        { id: 'out', type: 'helper', wires: [] },
        { id: 'record', type: 'shelfwire-record-stock', ledger: 'ledger', wires: [[], []] },
      ],
      token === null ? {} : { in: { token } },
    );
    url = await http.start();
  }
  const post = (body: string | Buffer, headers: Record<string, string> = {}, path = '/api/catalogue/1') =>
    fetch(url + path, {
      method: 'POST',
      body: body as never,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/csv', ...headers },
    });
  const events = (): StockEvent[] =>
    fake.calls.filter(([name]) => name === 'record').flatMap(([, batch]) => (batch as RecordBatch).events);

  beforeEach(() => fake.calls.splice(0));
  afterEach(async () => {
    await http.stop();
    await unload();
  });
  after(() => fake.forget());

  it('answers when every row is stored, with what became of them', async () => {
    await start();
    const out: Message[] = received('out');
    const answer = await post(CSV);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      message: 'Stored.',
      received: 2,
      accepted: 2,
      duplicate: 0,
      stale: 0,
      refused: 0,
      errors: [],
    });
    assert.deepEqual(
      events().map(({ store_id, sku, selling_price, stock_status }) => [store_id, sku, selling_price, stock_status]),
      [
        ['1', '9340957005965', '13.99', 1],
        ['1', '9340957005966', '8.50', 0],
      ],
    );
    assert.ok(Math.abs(Date.parse(events()[0]!.occurred_at) - Date.now()) < 10_000, 'as of now');
    assert.equal(out.length, 1);
    assert.equal(String(out[0]?.rawBody), CSV);
    assert.deepEqual(requestOf(out[0]!)?.verified, { by: 'bearer', key: 'current' });
  });

  it('JSON, gzip, ?occurred_at=, an escaped store, a trailing slash', async () => {
    await start({ timeZone: 'Asia/Dubai' });
    const body = gzipSync('[{"sku":"a","quantity":12.400}]');
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const path = '/api/catalogue/Marina%20%2F%201/?occurred_at=2026-01-02T03:04:05';
    assert.equal((await post(body, headers, path)).status, 200);
    assert.deepEqual(
      events().map(({ store_id, quantity, occurred_at }) => [store_id, quantity, occurred_at]),
      [['Marina / 1', '12.400', '2026-01-01T23:04:05.000Z']],
    );
    const plus = await post(CSV, {}, '/api/catalogue/1?occurred_at=2026-01-02T03:04:05+04:00');
    assert.equal(plus.status, 200);
    assert.equal(events().at(-1)?.occurred_at, '2026-01-01T23:04:05.000Z');
  });

  it('is as of when the request began, however long the feed took to come', async () => {
    await start();
    const req = request(`${url}/api/catalogue/1`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/csv' },
    });
    req.write('sku,quantity\n');
    await setTimeout(300);
    const sale = Date.now();
    await setTimeout(50);
    req.end('a,10\n');
    const [answer] = await once(req, 'response');
    answer.resume();
    assert.equal(answer.statusCode, 200);
    assert.ok(Date.parse(events()[0]!.occurred_at) < sale, 'what was sold meanwhile is newer');
  });

  it('a wrong ?occurred_at= is judged with the content: after who sent it, and kept', async () => {
    await start();
    const path = '/api/catalogue/1?occurred_at=soon';
    assert.equal((await post(CSV, { authorization: 'Bearer wrong' }, path)).status, 401);
    const answer = await post(CSV, {}, path);
    const { message, refused, errors } = (await answer.json()) as {
      message: string;
      refused: number;
      errors: { code: string }[];
    };
    assert.deepEqual([answer.status, refused, errors[0]?.code], [422, 1, 'not_a_time']);
    assert.match(message, /occurred_at.*soon/);
    const [, batch] = fake.calls.find(([name]) => name === 'record')!;
    assert.equal(String(Buffer.from((batch as RecordBatch).raw!.bytes)), CSV);
    await unload();
    await http.stop();
    await start({}, null);
    assert.equal((await post(CSV, {}, path)).status, 401, 'nobody has proven it');
  });

  it('who comes before what: 401 for whatever content, 415 and 413 before it', async () => {
    await start({ maxBody: 100 });
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN])
      assert.equal((await post('no,csv,at all', { authorization })).status, 401, authorization);
    assert.equal((await post(CSV, { authorization: `bearer ${TOKEN}` })).status, 200);
    assert.equal((await post('x'.repeat(101), { authorization: 'Bearer wrong' })).status, 413);
    assert.equal((await post(CSV, { authorization: 'Bearer wrong', 'content-type': 'text/html' })).status, 415);
    assert.equal(events().length, 2);
  });

  it('good rows are recorded, bad ones told with their row', async () => {
    await start();
    const answer = await post('sku,selling_price,stock_status\na,1.50,1\n,2,1\nb,"1,50",1\nc,1\nd,2.00,0\ne,,\n');
    assert.equal(answer.status, 200);
    const body = (await answer.json()) as { errors: { index: number; sku: string; code: string }[] } & RecordResult;
    assert.equal(body.received, 6);
    assert.equal(body.accepted, 2);
    assert.deepEqual(body.errors.map(({ index, sku, code }) => [index, sku, code]).sort(), [
      [1, null, 'missing_field'],
      [2, 'b', 'not_decimal'],
      [3, 'c', 'wrong_cell_count'],
      [5, 'e', 'no_value'],
    ]);
  });

  it('nothing good: 422; not readable: 400; wrong time: 422', async () => {
    await start();
    const statusOf = async (body: string | Buffer, headers = {}, path?: string) => {
      const answer = await post(body, headers, path);
      const { message } = (await answer.json()) as { message: string };
      assert.ok(message.length > 20 && !message.includes('    at '), message);
      return answer.status;
    };
    const json = { 'content-type': 'application/json' };
    assert.equal(await statusOf('sku,selling_price\na,x\n'), 422);
    assert.equal(await statusOf('sku,selling_price\n'), 422);
    assert.equal(await statusOf('a,b\n1,2\n'), 422);
    assert.equal(await statusOf(''), 422);
    assert.equal(await statusOf('[]', json), 422);
    assert.equal(await statusOf('[{"sku":"a"', json), 400);
    assert.equal(await statusOf(Buffer.from([0x73, 0xff, 0xfe, 0x80])), 400);
    assert.equal(await statusOf('not gzip', { 'content-encoding': 'gzip' }), 400);
    assert.equal(await statusOf(CSV, {}, '/api/catalogue/1?occurred_at=soon'), 422);
    assert.deepEqual(
      events().filter(({ sku }) => sku !== 'a'),
      [],
    );
  });

  it('the disk is full: 503, to be sent again', async () => {
    const { StorageError } = await import('../../core/errors.js');
    const full = fakeLedger(
      { record: async () => Promise.reject(new StorageError('full', 'The disk is full.')) },
      'full',
    );
    await load(
      [http.set, ledgerNodeOf(full.ledger), register, recordStock],
      [
        { id: 'ledger', type: 'shelfwire-ledger' },
        { id: 'in', type: 'shelfwire-catalogue-in', wires: [['record']] },
        { id: 'record', type: 'shelfwire-record-stock', ledger: 'ledger', wires: [[], []] },
      ],
      { in: { token: TOKEN } },
    );
    url = await http.start();
    const answer = await post(CSV);
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers.get('retry-after')) >= 1);
    full.forget();
  });

  it('no record stock behind it: 503 after the wait', async () => {
    await start({ wait: 0.2 }, TOKEN, false);
    const answer = await post(CSV);
    assert.equal(answer.status, 503);
    assert.ok(answer.headers.get('retry-after'));
  });

  it('without a token it is not proven, so that record stock refuses; unsigned input only where it is allowed', async () => {
    await start({}, '');
    assert.equal((await post(CSV)).status, 401);
    assert.equal(events().length, 0);
    await http.stop();
    await unload();
    await start({ unsigned: 'allow' }, null);
    assert.equal((await post(CSV, { authorization: '' })).status, 200);
  });

  it('fails closed: a token whose variable is not set, a path without store', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
    await start({}, '${SHELFWIRE_TEST_UNSET}');
    for (const authorization of ['', 'Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`])
      assert.equal((await post(CSV, { authorization })).status, 503);
    await http.stop();
    await unload();
    await start({ path: '/feed' });
    assert.equal((await post(CSV, {}, '/feed')).status, 503);
    assert.equal(events().length, 0);
  });

  it('39,184 rows in one request hold nobody up', async () => {
    let stored = 0;
    const quick = fakeLedger(
      {
        record: async ({ events }) => {
          stored += events.length;
          const outcomes = events.map(() => 'accepted' as const);
          return {
            received: events.length,
            accepted: events.length,
            duplicate: 0,
            stale: 0,
            refused: 0,
            outcomes,
            refusals: [],
          };
        },
      },
      'quick',
    );
    await load(
      [http.set, ledgerNodeOf(quick.ledger), register, recordStock],
      [
        { id: 'ledger', type: 'shelfwire-ledger' },
        { id: 'in', type: 'shelfwire-catalogue-in', wires: [['record']] },
        { id: 'record', type: 'shelfwire-record-stock', ledger: 'ledger', wires: [[], []] },
      ],
      { in: { token: TOKEN } },
    );
    url = await http.start();
    const rows = Array.from(
      { length: 39_184 },
      (_, i) => `93409570${String(i).padStart(5, '0')},${i % 90}.25,${i % 2}`,
    );
    const body = `sku,selling_price,stock_status\n${rows.join('\n')}\n`;
    const blocked = await longestBlock(async () => {
      stored = 0;
      const answer = await post(body);
      const { accepted, refused } = (await answer.json()) as RecordResult;
      assert.deepEqual([answer.status, accepted, refused, stored], [200, 39_184, 0, 39_184]);
    });
    assert.ok(blocked < 50, `blocked ${blocked} ms`);
    quick.forget();
  });
});
