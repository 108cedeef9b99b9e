/** Files that hold secrets or stock are their owner's, whatever the umask; a file that is no ledger is left as it is. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../core/ledger/sqlite';
import { backup, restore } from '../../core/ledger/sqlite/care';
import { chooseFolder, copyFlows } from '../../runtime/bundled/data-folder';
import { prepareSecrets } from '../../runtime/bundled/secrets';
import { ROOT } from '../support/node-red';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('files', () => {
  let folder: TempFolder;
  let umask: number;
  beforeEach(() => {
    folder = tempFolder('files');
    umask = process.umask(0);
  });
  afterEach(() => {
    process.umask(umask);
    folder.remove();
  });

  it('of a new ledger, its log, its lock, its copies and new folders are for this user only', async function () {
    if (process.platform === 'win32') this.skip();
    const file = join(folder.path, 'shop/one/ledger.db');
    const ledger = await openLedger({ file, kind: 'live' });
    await ledger.record({
      sender: 'x',
      events: [{ store_id: '1', sku: 'A', quantity: '1', occurred_at: '2025-08-01T22:30:00Z', source: 'x' } as never],
    });
    const copy = join(folder.path, 'copies/ledger.backup');
    backup(file, copy);
    const rights = ['', '-wal', '-shm', '-lock'].map((rest) => mode(file + rest));
    await ledger.close();
    assert.deepEqual(rights, ['600', '600', '600', '600']);
    assert.deepEqual([mode(copy), mode(join(folder.path, 'copies'))], ['600', '700']);
    assert.deepEqual([mode(join(folder.path, 'shop')), mode(join(folder.path, 'shop/one'))], ['700', '700']);
    chmodSync(copy, 0o644);
    const restored = join(folder.path, 'restored.db');
    restore(restored, copy, 0);
    assert.equal(mode(restored), '600');
  });

  it('of npm start too: secrets, flows and credentials', function () {
    if (process.platform === 'win32') this.skip();
    const data = join(folder.path, 'data');
    const chosen = chooseFolder(data, null);
    const { file } = prepareSecrets(chosen.userDir, ['a'], {});
    copyFlows(join(ROOT, 'flows'), chosen);
    assert.deepEqual([mode(data), mode(chosen.userDir)], ['700', '700']);
    for (const path of [file, join(chosen.userDir, 'flows.json'), join(chosen.userDir, 'flows_cred.json')])
      assert.equal(mode(path), '600', path);
  });

  it('that a flow names as ledger and are none are refused and left as they are', async () => {
    for (const [name, content] of [
      ['passwd', 'root:x:0:0:root:/root:/bin/bash\n'.repeat(100)],
      ['short', 'x'],
      ['settings.js', 'module.exports = {}\n'],
    ] as const) {
      const file = join(folder.path, name);
      writeFileSync(file, content);
      await assert.rejects(openLedger({ file, kind: 'live' }), { code: 'ledger_corrupt' });
      assert.equal(readFileSync(file, 'utf8'), content);
    }
    mkdirSync(join(folder.path, 'folder'));
    await assert.rejects(openLedger({ file: join(folder.path, 'folder'), kind: 'live' }));
  });
});
