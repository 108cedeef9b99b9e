/** Backup, restore and check of a ledger file, from outside the process that uses it. */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { ShelfwireError } from '../../errors';
import { lockFile, makePrivate, SCHEMA_VERSION } from './database';

const open = (file: string, readOnly: boolean): DatabaseSync => {
  if (!existsSync(file)) throw new ShelfwireError('ledger_missing', `There is no ledger ${file}.`);
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  return new DatabaseSync(file, { readOnly });
};

/** Copies the ledger as it is at this moment, while it is in use. The copy is marked: it starts with its pushes held. */
export function backup(file: string, target: string): void {
  if (existsSync(target))
    throw new ShelfwireError('target_exists', `${target} exists already. Choose another name; nothing was written.`);
  const source = open(file, true);
  try {
    makePrivate(target);
    source.prepare('VACUUM INTO ?').run(target);
  } finally {
    source.close();
  }
  const copy = open(target, false);
  copy.exec("INSERT INTO meta VALUES ('restored', 'yes') ON CONFLICT DO NOTHING");
  copy.close();
}

/** Puts a backup in the ledger's place; what was there is kept beside it. Only while no process uses the ledger. @returns where the old one is, or null */
export function restore(file: string, from: string, now: number): string | null {
  const problems = check(from);
  if (problems.length > 0)
    throw new ShelfwireError('backup_damaged', `The backup ${from} is not sound: ${problems[0]} Nothing was changed.`);
  const lock = lockFile(file);
  try {
    let kept: string | null = null;
    if (existsSync(file)) {
      kept = `${file}.before-restore-${now}`;
      // What only the log has goes into the file first.
      const old = open(file, false);
      old.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      old.close();
      renameSync(file, kept);
    }
    for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true });
    makePrivate(file);
    copyFileSync(from, file);
    return kept;
  } finally {
    lock.close();
  }
}

/** What is wrong with the file, in words; nothing = it is sound, and both sums of the promises hold. */
export function check(file: string): string[] {
  const db = open(file, true);
  try {
    const version = Number(db.prepare('PRAGMA user_version').get()!.user_version);
    if (version > SCHEMA_VERSION) return [`It was written by a newer version of Shelfwire (schema ${version}).`];
    const damage = db
      .prepare('PRAGMA integrity_check(10)')
      .all()
      .map((row) => String(row.integrity_check));
    if (damage.join() !== 'ok') return damage;
    return [...eventSums(db), ...itemSums(db)];
  } catch (thrown) {
    return [thrown instanceof Error ? thrown.message : String(thrown)];
  } finally {
    db.close();
  }
}

function eventSums(db: DatabaseSync): string[] {
  return db
    .prepare('SELECT name FROM senders WHERE received <> accepted + duplicate + stale + refused')
    .all()
    .map((row) => `The events of ${row.name} do not add up.`);
}

function itemSums(db: DatabaseSync): string[] {
  const counted = db.prepare(
    `SELECT count(*) AS total, sum(state = 0) AS in_sync, sum(state IN (1, 6)) AS waiting, sum(state = 2) AS sending, sum(state = 3) AS held,
       sum(state = 4) AS refused, sum(state = 5) AS incomplete FROM outlet_items WHERE outlet = ?`,
  );
  return db
    .prepare('SELECT * FROM outlets')
    .all()
    .flatMap((outlet) => {
      const actual = counted.get(outlet.id!)!;
      const wrong = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete'].filter(
        (state) => Number(actual[state] ?? 0) !== outlet[state],
      );
      return wrong.map(
        (state) =>
          `Outlet ${outlet.key}: ${outlet[state]} items are counted as ${state}, there are ${actual[state] ?? 0}.`,
      );
    });
}
