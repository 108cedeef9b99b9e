import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { accepted, begin, event, OK, outlet } from '../../../test/conformance/bench';
import { eventually } from '../../../test/support/eventually';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import type { Ledger } from '../ledger';
import { openLedger } from './client';

describe('sqlite: a thread that ends by itself', function () {
  this.timeout(30_000);
  let folder: TempFolder;
  let ledger: Ledger;
  let told: string[];

  beforeEach(async () => {
    folder = tempFolder('thread');
    ledger = await openLedger({ file: join(folder.path, 'ledger.db'), kind: 'live' });
    await ledger.defineOutlets('pasons', [outlet()]);
    told = [];
    ledger.on('interrupted', (error) => told.push((error as Error & { code: string }).code));
    ledger.on('resumed', () => told.push('resumed'));
  });
  afterEach(async () => {
    await ledger.close();
    folder.remove();
  });

  const worker = () => (ledger as unknown as { thread: { worker: Worker | null } }).thread.worker;
  const record = (sku: string) =>
    ledger.record({ sender: 't', events: [event({ sku, event_id: sku, quantity: '1', selling_price: '2' })] });
  const isBack = () => eventually(() => told.at(-1) === 'resumed', 10_000, 'the ledger is back');

  for (const [how, end] of [
    ['is terminated', () => void worker()!.terminate()],
    ['throws where nothing catches it', () => worker()!.postMessage({ calls: null })],
  ] as const)
    it(`${how}: what was acknowledged is there, what was not is told, and it comes back`, async () => {
      await record('A');
      end();
      const outcomes = await Promise.allSettled(['B', 'C', 'D'].map(record));
      const rejected = outcomes.filter((one) => one.status === 'rejected');
      for (const { reason } of rejected) assert.equal(reason.code, 'ledger_interrupted');
      await isBack();
      assert.deepEqual(told, ['ledger_interrupted', 'resumed']);
      const stored = (await ledger.items({ outlet: 'pasons:1' })).rows.map(({ sku }) => sku);
      assert.ok(stored.length >= 1 + outcomes.length - rejected.length);
      for (const sku of ['B', 'C', 'D']) await record(sku);
      assert.equal((await ledger.items({ outlet: 'pasons:1' })).rows.length, 4);
    });

  it('its leases are still held, so that a request under way is settled and never doubled', async () => {
    await record('A');
    await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'auto', created_by: 'auto' });
    const begun = await begin(ledger, (await ledger.take('pasons:1', 10))!);
    assert.ok(begun.send);
    void worker()!.terminate();
    await isBack();
    assert.equal(await ledger.take('pasons:1', 10), null);
    await ledger.settle(begun.chunk, accepted, OK);
    assert.equal((await ledger.outlets())[0]!.counts.in_sync, 1);
  });

  it('whoever waits for news looks again', async () => {
    await record('A');
    const changed: string[] = [];
    ledger.on('changed', (outlets) => changed.push(...outlets));
    ledger.on('settled', (one) => changed.push(one));
    void worker()!.terminate();
    await eventually(() => changed.length === 2);
    assert.deepEqual(changed, ['pasons:1', 'pasons:1']);
  });

  it('ends again and again: each time it comes back', async () => {
    for (const sku of ['A', 'B', 'C', 'D']) {
      await record(sku);
      told.length = 0;
      void worker()!.terminate();
      await isBack();
    }
    assert.equal((await ledger.counts()).accepted, 4);
  });

  it('makes no new file where the old one was', async () => {
    await record('A');
    const file = join(folder.path, 'ledger.db');
    renameSync(file, `${file}.away`);
    void worker()!.terminate();
    await eventually(async () => {
      await assert.rejects(record('B'), /is not there any more/);
      return true;
    });
    rmSync(file, { force: true });
    renameSync(`${file}.away`, file);
    await isBack();
    assert.equal((await record('B')).accepted, 1);
    assert.equal((await ledger.counts()).accepted, 2);
  });

  it('closing while it is down leaves nothing behind', async () => {
    void worker()!.terminate();
    await eventually(() => worker() === null);
    await ledger.close();
    await assert.rejects(ledger.counts(), { code: 'ledger_closed' });
  });
});
