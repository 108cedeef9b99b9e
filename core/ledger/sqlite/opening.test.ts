import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { event, outlet, START } from '../../../test/conformance/bench';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import type { Ledger } from '../ledger';
import { openDirect } from './direct';
import { SCHEMA_VERSION } from './migrate';

const PAGE = 4096;

describe('sqlite: what stands under the name of the ledger', () => {
  let folder: TempFolder;
  let file: string;
  const clock = { now: () => START, steady: () => START, id: () => `${Math.random()}` };
  const open = (): Ledger => openDirect({ file, kind: 'live', clock });
  const bytes = () => readFileSync(file);

  beforeEach(async () => {
    folder = tempFolder('opening');
    file = join(folder.path, 'ledger.db');
    const ledger = open();
    await ledger.defineOutlets('pasons', [outlet()]);
    const events = Array.from({ length: 400 }, (_, n) => event({ sku: `S${n}`, quantity: '1', selling_price: '1.30' }));
    await ledger.record({ sender: 't', events });
    await ledger.close();
  });
  afterEach(() => folder.remove());

  /** Refused with this code, and not one byte was changed. */
  function refused(code: string, text: RegExp): void {
    const before = existsSync(file) ? bytes() : null;
    const log = existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`) : null;
    for (let time = 0; time < 2; time++) {
      assert.throws(open, (error: Error & { code?: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, text);
        assert.ok(error.message.includes(file));
        return true;
      });
    }
    assert.equal(existsSync(file), before !== null);
    if (before) assert.ok(before.equals(bytes()));
    if (log) assert.ok(log.equals(readFileSync(`${file}-wal`)));
  }

  it('is missing, although there was a ledger: none is made in its place', () => {
    renameSync(file, join(folder.path, 'elsewhere.db'));
    refused('ledger_gone', /missing.*Put the file back.*shelfwire-ledger restore.*remove .*-lock/);
  });
  it('is missing, and its operator wants to begin anew: the text says how', async () => {
    for (const rest of ['', '-lock']) rmSync(file + rest);
    const ledger = open();
    assert.equal((await ledger.counts()).received, 0);
    await ledger.close();
  });
  it('is an empty file', () => {
    truncateSync(file);
    refused('ledger_gone', /empty file/);
    // Without any other sign too: nobody else makes one.
    rmSync(`${file}-lock`);
    refused('ledger_gone', /empty file/);
  });
  it('is an empty file, but the log is full: SQLite would throw the log away', async () => {
    const ledger = open();
    await ledger.record({ sender: 't', events: [event({ sku: 'only in the log', quantity: '1' })] });
    copyFileSync(`${file}-wal`, `${file}-wal.copy`);
    await ledger.close();
    renameSync(`${file}-wal.copy`, `${file}-wal`);
    truncateSync(file);
    refused('ledger_gone', /empty file/);
    assert.ok(readFileSync(`${file}-wal`).length > 0);
  });
  it('is no database', () => {
    writeFileSync(file, 'this is not a database, but somebody may need it '.repeat(100));
    refused('ledger_corrupt', /no ledger at all.*left as it is/);
  });
  it("is another program's database", () => {
    rmSync(file);
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE theirs (a)');
    db.close();
    refused('not_a_ledger', /another program.*Choose another file/);
  });
  it('is a folder', () => {
    rmSync(file);
    mkdirSync(file);
    assert.throws(open, { code: 'ledger_not_opened', message: /is a folder/ });
  });
  it('has lost its beginning', () => {
    const content = bytes();
    content.fill(0x5a, 0, 100);
    writeFileSync(file, content);
    refused('ledger_corrupt', /damaged.*--salvage/);
  });
  it('has a page in the middle that is overwritten, wherever it is', () => {
    const sound = bytes();
    const pages = sound.length / PAGE;
    assert.ok(pages > 20);
    for (let page = 1; page < pages; page += 3) {
      const content = Buffer.from(sound);
      content.fill(0xa5, page * PAGE, (page + 1) * PAGE);
      writeFileSync(file, content);
      refused('ledger_corrupt', /damaged/);
    }
  });
  it('was cut off', () => {
    truncateSync(file, bytes().length - 3 * PAGE);
    refused('ledger_corrupt', /damaged/);
  });
  it('was written by a newer version: the text names the one that is needed', () => {
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}; UPDATE meta SET value = '9.8.7' WHERE key = 'written_by'`);
    db.close();
    refused('ledger_newer', /written by Shelfwire 9\.8\.7 .*Install Shelfwire 9\.8\.7 or a newer one/);
  });
  it('stands in a folder that was not there: it is made', async () => {
    file = join(folder.path, 'a', 'b', 'ledger.db');
    const ledger = open();
    assert.equal((await ledger.counts()).received, 0);
    await ledger.close();
  });
  it('was being made when the power went: it is made anew', async () => {
    file = join(folder.path, 'other.db');
    writeFileSync(`${file}.new`, 'half of a ledger');
    const ledger = open();
    await ledger.record({ sender: 't', events: [event({ quantity: '1' })] });
    await ledger.close();
    assert.deepEqual([existsSync(file), existsSync(`${file}.new`)], [true, false]);
  });
});

describe('sqlite: a ledger in use', () => {
  let folder: TempFolder;
  let file: string;
  let ledger: Ledger;
  let now = START;
  const clock = { now: () => now, steady: () => now, id: () => `${Math.random()}` };
  const record = (sku: string) => ledger.record({ sender: 't', events: [event({ sku, quantity: '1' })] });

  beforeEach(() => {
    now = START;
    folder = tempFolder('in-use');
    file = join(folder.path, 'ledger.db');
    ledger = openDirect({ file, kind: 'live', clock });
  });
  afterEach(async () => {
    await ledger.close();
    folder.remove();
  });

  it('that is removed or replaced meanwhile records nothing more, and goes on when it is back', async () => {
    await record('A');
    const away = join(folder.path, 'away.db');
    renameSync(file, away);
    await assert.rejects(record('B'), { code: 'ledger_gone', message: /removed or replaced/ });
    copyFileSync(away, file);
    await assert.rejects(record('B'), { code: 'ledger_gone' });
    renameSync(away, file);
    assert.equal((await record('B')).accepted, 1);
  });
  it('that turns out to be damaged tells no numbers any more', async () => {
    for (let n = 0; n < 5; n++)
      await ledger.record({
        sender: 't',
        events: Array.from({ length: 1000 }, (_, i) => event({ sku: `S${n}-${i}`, quantity: '1', selling_price: '1' })),
      });
    await ledger.close();
    ledger = openDirect({ file, kind: 'live', clock });
    const content = readFileSync(file);
    // Under the feet of the open ledger, in place: the same file.
    content.fill(0xa5, 4 * PAGE);
    const db = await import('node:fs/promises').then(({ open }) => open(file, 'r+'));
    await db.write(content.subarray(4 * PAGE), 0, content.length - 4 * PAGE, 4 * PAGE);
    await db.close();
    await assert.rejects(
      ledger
        .items({ limit: 1000 })
        .then(() => record('S1-1'))
        .then(() => ledger.story('1', 'S4-1')),
      {
        code: 'ledger_corrupt',
        message: /damaged.*Nothing was recorded.*shelfwire-ledger restore/,
      },
    );
    // From then on nothing, also what might still be read.
    await assert.rejects(ledger.counts(), { code: 'ledger_corrupt' });
    await assert.rejects(ledger.writable(), { code: 'ledger_corrupt' });
  });
  it('stands alone in its folder with its log and its lock', async () => {
    await record('A');
    assert.ok(existsSync(join(dirname(file), 'ledger.db-lock')));
    assert.equal(existsSync(`${file}.new`), false);
  });
});
