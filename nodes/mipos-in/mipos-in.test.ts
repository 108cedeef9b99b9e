import assert from 'node:assert/strict';
import { StorageError } from '../../core/errors';
import type { RecordBatch, RecordResult } from '../../core/ledger/ledger';
import { dispatcher } from '../../runtime/http/dispatcher';
import { type FakeLedger, fakeLedger } from '../../test/support/fake-ledger';
import { load, unload } from '../../test/support/node-test';
import { ledgerNodeOf, NodeServer, proofOf, verifyNode } from '../../test/support/receiving';

import recordStock = require('../record-stock/record-stock');
import register = require('./mipos-in');

const SECRET = 's3cret';
const PATH = '/webhook/mipos/stock';
const seed = `{
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

describe('mipos in (node)', () => {
  let server: NodeServer;
  let fake: FakeLedger;
  let outcome: 'accepted' | 'duplicate' | 'stale' | 'refused';

  async function start(config: Record<string, unknown> = {}): Promise<void> {
    outcome = 'accepted';
    fake = fakeLedger({
      record: async ({ events, refusals = [] }: RecordBatch): Promise<RecordResult> => {
        const bad =
          outcome === 'refused' ? events.map(({ sku }, index) => ({ index, sku, code: 'bad', message: 'Bad.' })) : [];
        const counts = { accepted: 0, duplicate: 0, stale: 0, refused: 0 };
        counts[outcome] += events.length;
        counts.refused += refusals.length;
        return {
          received: events.length + refusals.length,
          ...counts,
          outcomes: events.map(() => outcome),
          refusals: [...bad, ...refusals],
        };
      },
    });
    server = new NodeServer();
    await load(
      [server.factory, register, recordStock, verifyNode(SECRET), ledgerNodeOf(async () => fake.ledger)],
      [
        { id: 'l', type: 'shelfwire-ledger' },
        {
          id: 'in',
          type: 'shelfwire-mipos-in',
          storeMap: [{ location: '1', store_id: '1' }],
          timeZone: 'Asia/Dubai',
          wires: [['v']],
          ...config,
        },
        { id: 'v', type: 'test-verify', wires: [['r']] },
        { id: 'r', type: 'shelfwire-record-stock', ledger: 'l', wires: [[], []] },
      ],
    );
    await server.start();
  }
  const post = (body: string, headers: Record<string, string> = {}) =>
    server.post(PATH, body, { 'X-Proof': proofOf(SECRET, body), ...headers });
  const batches = () => fake.calls.filter(([name]) => name === 'record').map(([, batch]) => batch as RecordBatch);

  afterEach(async () => {
    await server.stop();
    await unload();
    fake.forget();
    dispatcher().routes.prune();
    assert.equal(dispatcher().inFlight.requests, 0);
  });

  it('answers the example payload 204 with no body at all', async () => {
    await start();
    for (outcome of ['accepted', 'duplicate', 'stale'] as const) {
      const answer = await post(seed);
      assert.deepEqual([answer.status, answer.body], [204, '']);
      assert.equal(answer.headers['content-type'], undefined);
    }
    const [event] = batches()[0]!.events;
    assert.deepEqual(
      [event?.store_id, event?.sku, event?.quantity, event?.old_quantity, event?.occurred_at],
      ['1', 'avcc123', '12.44', '13.69', '2020-05-30T08:45:03.000Z'],
    );
  });

  it('answers errors as their status with a message and nothing else', async () => {
    await start({ inventorySystemId: '4344be8c-c6b9-4c51-88a6-d620144ab406' });
    const expect = async (body: string, status: number, text: RegExp, headers: Record<string, string> = {}) => {
      const answer = await post(body, headers);
      assert.equal(answer.status, status);
      const json = JSON.parse(answer.body);
      assert.deepEqual(Object.keys(json), ['message']);
      assert.match(json.message, text);
    };
    await expect(seed, 401, /signature/i, { 'X-Proof': 'wrong' });
    await expect('{', 400, /not valid JSON/);
    await expect(seed.replace('4344be8c', '00000000'), 422, /inventory_system_id/);
    await expect(seed.replace('"12.44"', '"a lot"'), 422, /current_stock/);
    outcome = 'refused';
    await expect(seed, 422, /Bad\./);
    fake.ledger.record = async () => {
      throw new StorageError('disk_full', 'The disk is full.');
    };
    const answer = await post(seed);
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers['retry-after']) > 0);
  });

  it('does not open with two locations on one store', async () => {
    await start({ storeMap: { '1': 'a', '2': 'a' } });
    assert.equal((await post(seed)).status, 503);
    assert.equal(batches().length, 0);
  });
});
