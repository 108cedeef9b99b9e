import assert from 'node:assert/strict';
import { StorageError } from '../../core/errors';
import type { Message } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { outletsNodeOf } from '../../test/support/fake-config-nodes';
import { fakeLedger } from '../../test/support/fake-ledger';
import { httpNode } from '../../test/support/http-node';
import { load, received, unload } from '../../test/support/node-test';

import register = require('./push-request');

const TOKEN = 'api-token';
const outlet = (storeId: string, enabled = true) => ({
  definition: { outlet: `pasons:${storeId}`, platform: 'pasons', store_id: storeId, name: `Shop ${storeId}`, enabled },
});

describe('push request (node)', () => {
  let answers: (() => Promise<unknown>) | null = null;
  const fake = fakeLedger({ startPush: () => (answers ? answers() : Promise.resolve({})) as never }, null);
  const http = httpNode();
  let url: string;
  let out: Message[];

  async function start(config: Record<string, unknown> = {}, token: string | null = TOKEN): Promise<void> {
    await load(
      [http.set, outletsNodeOf(fake.ledger), register],
      [
        { id: 'outlets', type: 'shelfwire-outlets', list: [outlet('1'), outlet('2', false), outlet('Marina / 1')] },
        { id: 'p', type: 'shelfwire-push-request', outlets: 'outlets', wires: [['out']], ...config },
        { id: 'out', type: 'helper', wires: [] },
      ],
      token === null ? {} : { p: { token } },
    );
    out = received('out');
    url = await http.start();
  }
  const json = { 'content-type': 'application/json' };
  async function post(path: string, body?: string, headers: Record<string, string> = {}) {
    const answer = await fetch(url + path, {
      method: 'POST',
      ...(body === undefined ? {} : { body }),
      headers: { authorization: `Bearer ${TOKEN}`, ...(body === undefined ? {} : json), ...headers },
    });
    const content = (await answer.json()) as { message: string; id?: string };
    assert.ok(content.message.length > 10);
    return { status: answer.status, ...content };
  }
  const started = () => fake.calls.filter(([name]) => name === 'startPush').map(([, push]) => push);

  beforeEach(() => {
    fake.calls.splice(0);
    answers = null;
  });
  afterEach(async () => {
    await http.stop();
    await unload();
  });
  after(() => fake.forget());

  it('writes the push down, answers 202 with its id, and sends it on', async () => {
    await start();
    const { status, id } = await post('/api/push/1', '{"type":"full"}');
    assert.equal(status, 202);
    assert.deepEqual(started(), [{ outlet: 'pasons:1', type: 'full', trigger: 'api', created_by: 'api', id }]);
    await eventually(() => out.length === 1);
    assert.deepEqual(out[0]?.payload, { store_id: '1', type: 'full' });
    assert.deepEqual(out[0]?.push, { id });
    assert.deepEqual(out[0]?.push_request, { id });
    assert.equal(out[0]?.req, undefined, 'the request is answered already');
  });

  it('no type, no body: partial', async () => {
    await start();
    assert.equal((await post('/api/push/1', '{}')).status, 202);
    assert.equal((await post('/api/push/1')).status, 202);
    assert.equal((await post('/api/push/1', ' ')).status, 202);
    assert.equal((await post('/api/push/Marina%20%2F%201', '{"type":null}')).status, 202);
    assert.deepEqual(
      started().map((push) => [(push as { outlet: string }).outlet, (push as { type: string }).type]),
      [
        ['pasons:1', 'partial'],
        ['pasons:1', 'partial'],
        ['pasons:1', 'partial'],
        ['pasons:Marina / 1', 'partial'],
      ],
    );
  });

  it('answers every wrong request, and starts nothing', async () => {
    await start();
    const cases: [number, string, string | undefined, Record<string, string>?][] = [
      [404, '/api/push/9', '{}'],
      [409, '/api/push/2', '{}'],
      [422, '/api/push/1', '{"type":"everything"}'],
      [422, '/api/push/1', '{"type":1}'],
      [422, '/api/push/1', '{"type":{}}'],
      [422, '/api/push/1', '["full"]'],
      [400, '/api/push/1', '{"type":'],
      [415, '/api/push/1', 'type=full', { 'content-type': 'application/x-www-form-urlencoded' }],
      [413, '/api/push/1', `{"x":"${'x'.repeat(70_000)}"}`],
      [401, '/api/push/1', '{}', { authorization: '' }],
      [401, '/api/push/1', 'not json', { authorization: 'Bearer wrong' }],
      [401, '/api/push/9', '{}', { authorization: 'Bearer wrong' }],
    ];
    for (const [status, path, body, headers] of cases)
      assert.equal((await post(path, body, headers)).status, status, `${path} ${body?.slice(0, 40)}`);
    assert.deepEqual(started(), []);
    assert.equal(out.length, 0);
  });

  it('a ledger that cannot store, or not in time: 503, and nothing is sent on', async () => {
    await start({ wait: 0.2 });
    answers = () => Promise.reject(new StorageError('full', 'The disk is full.'));
    assert.equal((await post('/api/push/1')).status, 503);
    answers = () => new Promise(() => {});
    assert.equal((await post('/api/push/1')).status, 503);
    assert.equal(out.length, 0);
  });

  it('one product', async () => {
    await start({ kind: 'sync', path: '/api/sync/product/:product_id' });
    const { status, id } = await post('/api/sync/product/1015AW');
    assert.equal(status, 202);
    await eventually(() => out.length === 1);
    assert.deepEqual(out[0]?.payload, { product_id: '1015AW' });
    assert.deepEqual(out[0]?.sync_request, { id });
    assert.deepEqual(started(), []);
  });

  it('all, or what changed', async () => {
    await start({ kind: 'sync' });
    assert.equal((await post('/api/sync/all')).status, 202);
    assert.equal((await post('/api/sync/all', '{"changed":true}')).status, 202);
    await eventually(() => out.length === 2);
    assert.deepEqual(
      out.map(({ payload }) => payload),
      [{ all: true }, { changed: true }],
    );
  });

  it('fails closed: no token, a variable that is not set, no outlets, a path without store', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
    for (const token of [null, '', '${SHELFWIRE_TEST_UNSET}']) {
      await start({}, token);
      for (const authorization of ['', 'Bearer ', `Bearer ${TOKEN}`])
        assert.equal((await post('/api/push/1', '{}', { authorization })).status, 503);
      await http.stop();
      await unload();
    }
    await start({ outlets: 'nothing' });
    assert.equal((await post('/api/push/1')).status, 503);
    await http.stop();
    await unload();
    await start({ path: '/api/push' });
    assert.equal((await post('/api/push')).status, 503);
    assert.deepEqual(started(), []);
  });

  it('anybody may ask only where the operator says so', async () => {
    await start({ unsigned: 'allow' }, null);
    assert.equal((await post('/api/push/1', '{}', { authorization: '' })).status, 202);
  });
});
