import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '../test/support/temp-folder';
import { KnownLedgers } from './known-ledgers';

describe('ledgers that this Node-RED had open', () => {
  const folder = tempFolder('known');
  const disk = join(folder.path, 'disk');
  const file = join(disk, 'ledger.db');
  after(() => folder.remove());

  it('are missed when their disk is not mounted; a new one is not', () => {
    const known = new KnownLedgers(folder.path);
    known.check(file);
    mkdirSync(disk);
    writeFileSync(file, 'x');
    known.remember(file);
    known.remember(join(disk, 'other.db'));
    known.check(file);
    renameSync(disk, `${disk}-away`);
    // Also after a restart, and with an empty folder in its place.
    for (const make of [() => undefined, () => mkdirSync(disk)]) {
      make();
      assert.throws(() => new KnownLedgers(folder.path).check(file), {
        code: 'ledger_gone',
        message: /had it open before.*Mount its disk.*shelfwire-ledgers\.json/,
      });
    }
  });
  it('a list that cannot be read or written is no trouble', () => {
    writeFileSync(join(folder.path, 'shelfwire-ledgers.json'), '{broken');
    new KnownLedgers(folder.path).check(file);
    new KnownLedgers(join(folder.path, 'none')).remember(file);
  });
});
