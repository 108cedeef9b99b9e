import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { tempFolder } from '../../../test/support/temp-folder';
import { walDamage } from './wal-check';

const HEADER = 32;
const FRAME = 24 + 4096;

describe('the log of a ledger', () => {
  const folder = tempFolder('wal');
  const file = join(folder.path, 'x.db');
  const copy = join(folder.path, 'copy.db');
  let log: Buffer;
  /** Frames that end a transaction. */
  let ends: number[] = [];

  before(() => {
    const db = new DatabaseSync(file);
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)',
    );
    for (let n = 0; n < 12; n++) {
      db.exec('BEGIN');
      for (let row = 0; row <= n % 4; row++) db.prepare('INSERT INTO t (text) VALUES (?)').run('x'.repeat(3000));
      db.exec('COMMIT');
    }
    copyFileSync(file, copy);
    log = readFileSync(`${file}-wal`);
    db.close();
    ends = Array.from({ length: (log.length - HEADER) / FRAME }, (_, n) => n).filter(
      (n) => log.readUInt32BE(HEADER + n * FRAME + 4) !== 0,
    );
  });
  after(() => folder.remove());

  const judge = (bytes: Buffer) => {
    writeFileSync(`${copy}-wal`, bytes);
    return walDamage(`${copy}-wal`);
  };
  const rows = () => {
    const db = new DatabaseSync(copy, { readOnly: true });
    try {
      const table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 't'").get();
      return table ? Number(db.prepare('SELECT count(*) AS n FROM t').get()!.n) : 0;
    } finally {
      db.close();
    }
  };

  it('is sound, empty or missing', () => {
    assert.equal(judge(log), null);
    assert.equal(judge(Buffer.alloc(0)), null);
    assert.equal(walDamage(join(folder.path, 'none')), null);
    assert.ok(ends.length >= 12);
  });
  it('torn by a power cut in its last transaction is sound: that one was not acknowledged', () => {
    const lastButOne = HEADER + (ends.at(-2)! + 1) * FRAME;
    fc.assert(
      fc.property(fc.integer({ min: lastButOne, max: log.length - 1 }), (cut) => {
        assert.equal(judge(log.subarray(0, cut)), null);
        const torn = Buffer.from(log);
        torn.fill(0, cut, Math.min(log.length, cut + 512));
        assert.equal(judge(torn), null);
      }),
    );
  });
  it('torn twice is sound: behind the second torn transaction lies what the first left', () => {
    const twice = join(folder.path, 'twice.db');
    // A first transaction that stays, so that the log is not begun anew.
    const db = new DatabaseSync(twice);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (text TEXT)');
    const kept = readFileSync(`${twice}-wal`).length;
    const insert = (rows: number) => {
      db.exec('BEGIN');
      for (let row = 0; row < rows; row++) db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(3000));
      db.exec('COMMIT');
      return readFileSync(`${twice}-wal`);
    };
    const image = readFileSync(twice);
    const big = insert(12);
    db.close();
    const leave = (wal: Buffer) => {
      const left = Buffer.from(wal);
      left.fill(0, kept, kept + FRAME);
      writeFileSync(twice, image);
      writeFileSync(`${twice}-wal`, left);
    };
    leave(big);
    assert.equal(walDamage(`${twice}-wal`), null);
    const again = new DatabaseSync(twice);
    again.exec('PRAGMA wal_autocheckpoint = 0; BEGIN');
    for (let row = 0; row < 3; row++) again.prepare('INSERT INTO t VALUES (?)').run('y'.repeat(3000));
    again.exec('COMMIT');
    const small = readFileSync(`${twice}-wal`);
    again.close();
    assert.equal(small.length, big.length, 'the log goes on where the torn transaction began');
    leave(small);
    assert.equal(walDamage(`${twice}-wal`), null);
  });
  it('torn over what an earlier log left is sound, whichever of its sectors is missing', () => {
    const third = join(folder.path, 'third.db');
    const db = new DatabaseSync(third);
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)',
    );
    const insert = db.prepare('INSERT INTO t (text) VALUES (?)');
    const update = db.prepare('UPDATE t SET text = ? WHERE id = ?');
    for (let row = 0; row < 70; row++) insert.run('x'.repeat(3_900));
    db.exec('PRAGMA wal_checkpoint(RESTART)');
    // Each of its frames ends a transaction.
    for (let row = 1; row <= 70; row++) update.run('y'.repeat(3_900), row);
    db.exec('PRAGMA wal_checkpoint(RESTART)');
    update.run('z', 1);
    const wal = `${third}-wal`;
    const before = readFileSync(wal);
    db.exec(`UPDATE t SET text = '${'w'.repeat(3_900)}'`);
    const whole = readFileSync(wal);
    db.close();
    let torn = 0;
    for (let sector = 1; sector * 512 < HEADER + 70 * FRAME; sector++) {
      const left = Buffer.from(whole);
      before.copy(left, sector * 512, sector * 512, (sector + 1) * 512);
      if (left.equals(whole)) continue;
      torn += 1;
      writeFileSync(wal, left);
      // The first frame is what was acknowledged before.
      if (sector * 512 >= HEADER + FRAME) assert.equal(walDamage(wal), null, `sector ${sector}`);
    }
    assert.ok(torn > 500, String(torn));
  });
  it('with one wrong byte before its last transaction is damaged: SQLite alone would lose what was acknowledged', () => {
    judge(log);
    const all = rows();
    const safe = HEADER + (ends.at(-2)! + 1) * FRAME;
    // A byte beyond the last but one transaction may stand where the end of a transaction is told.
    fc.assert(
      fc.property(
        fc.integer({ min: HEADER, max: HEADER + (ends.at(-3)! + 1) * FRAME - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          assert.ok(at < safe);
          const bytes = Buffer.from(log);
          bytes[at]! ^= flip;
          assert.match(judge(bytes) ?? '', /cannot be read, and others follow/);
          assert.ok(rows() < all);
        },
      ),
      { numRuns: 200 },
    );
  });
  it('with a wrong beginning is damaged', () => {
    for (let at = 0; at < HEADER; at++) {
      // The checkpoint's number and the version are covered by the sum as well.
      const bytes = Buffer.from(log);
      bytes[at]! ^= 1;
      assert.equal(judge(bytes), 'its beginning cannot be read', String(at));
    }
  });
});
