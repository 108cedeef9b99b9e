/** The way from a ticket to the push with the real ledger: whatever these nodes do, every item is accounted for. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { ItemState, Ledger, PushRecord, Take } from '../../core/ledger/ledger';
import { openLedger } from '../../core/ledger/sqlite';
import { forgetLedger, registerLedger } from '../../runtime/ledgers';
import type { Message } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { load, nodeOf, received, unload } from '../../test/support/node-test';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder';

import chunker = require('../chunker/chunker');
import mapper = require('../field-mapper/field-mapper');
import history = require('../push-history/push-history');
import retry = require('./retry');

const OUTLET = 'pasons:1';
const outage = {
  code: 'http_503',
  message: 'busy',
  statusCode: 503,
  retryable: true,
  retryAfter: null,
  reach: 'not_reachable',
};

describe('field mapper, chunker, retry, push history with the ledger', () => {
  let folder: TempFolder;
  let ledger: Ledger;
  let tries: Message[];
  let gaveUp: Message[];
  let pushes: Message[];

  beforeEach(async () => {
    folder = tempFolder('mapping');
    ledger = await openLedger({ file: join(folder.path, 'ledger.db'), kind: 'demo' });
    registerLedger(ledger);
    await ledger.defineOutlets('test', [
      {
        outlet: OUTLET,
        platform: 'pasons',
        store_id: '1',
        name: 'Marina',
        enabled: true,
        fields: ['selling_price', 'stock_status'],
        threshold: '0',
        endpoint: 'http://127.0.0.1:9/',
        concurrency: 2,
        timeout: 1000,
      },
    ]);
    const events = ['13.99', '8.5', '2.345', '7', '1'].map((selling_price, index) => ({
      sku: `s${index}`,
      store_id: '1',
      source: 'test',
      selling_price,
      stock_status: 1 as const,
      occurred_at: '2025-08-01T22:30:00.000Z',
    }));
    await ledger.record({ sender: 'test', events });
    await load(
      [mapper, chunker, retry, history],
      [
        {
          id: 'map',
          type: 'shelfwire-field-mapper',
          fields: [
            { from: 'sku', to: 'id' },
            { from: 'selling_price', to: 'price', type: 'text', decimals: 2 },
          ],
          wires: [['chunk'], []],
        },
        { id: 'chunk', type: 'shelfwire-chunker', size: 3, wires: [['retry']] },
        {
          id: 'retry',
          type: 'shelfwire-retry',
          attempts: 2,
          delay: 0.01,
          maxDelay: 900,
          wires: [['try'], ['up', 'history']],
        },
        { id: 'history', type: 'shelfwire-push-history', wires: [['pushes']] },
        { id: 'try', type: 'helper', wires: [] },
        { id: 'up', type: 'helper', wires: [] },
        { id: 'pushes', type: 'helper', wires: [] },
      ],
    );
    tries = received('try');
    gaveUp = received('up');
    pushes = received('pushes');
  });
  afterEach(async () => {
    await unload();
    forgetLedger(ledger);
    await ledger.close();
    folder.remove();
  });

  const count = async (state: ItemState) => (await ledger.outlets())[0]!.counts[state];

  async function take(): Promise<Take> {
    await ledger.startPush({ outlet: OUTLET, type: 'partial', trigger: 'manual', created_by: 'user:test' });
    const taken = await ledger.take(OUTLET, 1000);
    assert.equal(taken?.items.length, 5);
    return taken;
  }
  function give({ items, ticket }: Take): void {
    const payload = items.map(({ sku, selling_price }) => ({ sku, selling_price: Number(selling_price) }));
    nodeOf('map').receive({ payload, push: ticket });
  }

  it('refuses one item, gives the others up after the last attempt, and tells how the push ended', async () => {
    give(await take());
    await eventually(() => tries.length === 2);
    assert.deepEqual([await count('refused'), await count('sending')], [1, 4]);
    assert.deepEqual(
      tries.flatMap((msg) => msg.payload as unknown[]),
      tries.flatMap((msg) =>
        msg.push!.entries.map(({ key }) => ({
          id: key,
          price: { s0: '13.99', s1: '8.50', s3: '7.00', s4: '1.00' }[key!],
        })),
      ),
    );
    for (const msg of tries.slice(0, 2)) nodeOf('retry').receive({ ...msg, error: { ...outage } });
    await eventually(() => tries.length === 4);
    assert.equal(await count('sending'), 4);
    for (const msg of tries.slice(2)) nodeOf('retry').receive({ ...msg, error: { ...outage } });
    await eventually(() => gaveUp.length === 2 && pushes.length === 1);
    assert.deepEqual([await count('waiting'), await count('refused'), await count('sending')], [4, 1, 0]);
    const push = pushes[0]!.payload as PushRecord;
    assert.deepEqual([push.outlet, push.response_code, push.refused, push.confirmed], [OUTLET, 503, 1, 0]);
    assert.ok(push.finished_at);
  });

  it('has everything waiting again when the node closes while it holds messages', async () => {
    give(await take());
    await eventually(() => tries.length === 2);
    for (const msg of tries.slice(0, 2)) nodeOf('retry').receive({ ...msg, error: { ...outage, retryAfter: 600 } });
    await eventually(async () => (await count('sending')) === 4);
    await unload();
    assert.deepEqual([await count('waiting'), await count('sending'), await count('refused')], [4, 0, 1]);
  });
});
