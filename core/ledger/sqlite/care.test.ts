import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { event, outlet } from '../../../test/conformance/bench';
import { backup, check, restore } from './care';
import { openLedger } from './client';
import { Database } from './database';

describe('care of the ledger file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shelfwire-care-'));
  const file = join(folder, 'ledger.db');
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('copies while it is in use; the copy starts held, and nothing of it is lost', async () => {
    const ledger = await openLedger({ file, kind: 'live' });
    await ledger.defineOutlets('pasons', [outlet()]);
    await ledger.record({ sender: 't', events: [event({ quantity: '3', selling_price: '1.30' })] });
    backup(file, join(folder, 'copy.db'));
    assert.throws(() => backup(file, join(folder, 'copy.db')), { code: 'target_exists' });
    await ledger.record({ sender: 't', events: [event({ sku: 'B', quantity: '3', selling_price: '1.30' })] });
    assert.throws(() => restore(file, join(folder, 'copy.db'), 1), { code: 'ledger_in_use' });
    assert.equal((await ledger.outlets())[0]!.counts.waiting, 2);
    await ledger.close();

    const kept = restore(file, join(folder, 'copy.db'), 1);
    assert.deepEqual(check(kept!), []);
    assert.deepEqual(check(file), []);
    const restored = await openLedger({ file, kind: 'live' });
    await restored.defineOutlets('pasons', [outlet()]);
    const [summary] = await restored.outlets();
    assert.deepEqual([summary!.paused, summary!.counts.held, summary!.counts.waiting], [true, 1, 0]);
    await restored.setPaused('pasons:1', false, 'user:x');
    assert.equal((await restored.outlets())[0]!.counts.waiting, 1);
    await restored.close();
    const again = await openLedger({ file, kind: 'live' });
    assert.equal((await again.outlets())[0]!.paused, false);
    await again.close();
  });
  it('gives what root restores to whose ledger, or folder, it is', function () {
    // As another user nothing can be given away, nor has to be.
    if (process.getuid?.() !== 0) this.skip();
    const theirs = mkdtempSync(join(folder, 'theirs-'));
    const target = join(theirs, 'ledger.db');
    chownSync(theirs, 1234, 1234);
    for (const uid of [1234, 4321]) {
      restore(target, join(folder, 'copy.db'), uid);
      assert.equal(statSync(target).uid, uid);
      assert.equal(statSync(`${target}-lock`).uid, uid);
      chownSync(target, 4321, 4321);
    }
  });
  it('finds what does not add up, and what is damaged', () => {
    const copy = join(folder, 'wrong.db');
    backup(file, copy);
    const db = new Database(copy, 'live', 0);
    db.run('UPDATE outlets SET waiting = waiting + 1');
    db.run('UPDATE senders SET accepted = accepted + 1');
    db.close();
    assert.equal(check(copy).length, 2);
    const bytes = readFileSync(copy);
    bytes.fill(7, 4096, 4096 * 4);
    writeFileSync(copy, bytes);
    assert.notEqual(check(copy).length, 0);
    assert.throws(() => restore(file, copy, 2), { code: 'backup_damaged' });
  });
});
