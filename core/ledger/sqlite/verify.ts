/** Reads a file that is to be opened, without changing it: whether it is a ledger, of which schema, and sound. */
import type { DatabaseSync } from 'node:sqlite';
import { ShelfwireError, StorageError } from '../../errors';
import { SCHEMA_VERSION } from './migrate';
import { openingFailed, RESTORE_IT } from './storage-errors';

/**
 * @param whole it was closed whole and nobody touched it since: its content is examined later, while it is in use already.
 * Otherwise before: about two seconds for a gigabyte, and senders are asked to wait meanwhile.
 * @returns whether its content was examined
 * @throws StorageError or ShelfwireError
 */
export function verify(file: string, whole: boolean): boolean {
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    db.exec('PRAGMA busy_timeout = 1000');
    checkSchema(file, db);
    // Before it is rebuilt for a newer schema everything has to be sound.
    if (whole && schemaOf(db) === SCHEMA_VERSION) return false;
    const damage = db.prepare('PRAGMA quick_check(1)').get()!.quick_check;
    if (damage !== 'ok')
      throw new StorageError('ledger_corrupt', `The ledger ${file} is damaged (${damage}). ${RESTORE_IT}`);
    return true;
  } catch (thrown) {
    throw openingFailed(file, thrown);
  } finally {
    db?.close();
  }
}

const schemaOf = (db: DatabaseSync): number => Number(db.prepare('PRAGMA user_version').get()!.user_version);

/** @throws ShelfwireError `ledger_newer`, `not_a_ledger` */
export function checkSchema(file: string, db: DatabaseSync): void {
  const version = schemaOf(db);
  const meta = db.prepare("SELECT 1 AS yes FROM sqlite_master WHERE type = 'table' AND name = 'meta'").get();
  if (version < 1 || !meta)
    throw new ShelfwireError(
      'not_a_ledger',
      `The file ${file} is a database of another program, and no ledger. It was left as it is. Choose another file.`,
    );
  if (version <= SCHEMA_VERSION) return;
  const writer = writerOf(db);
  throw new ShelfwireError(
    'ledger_newer',
    `The ledger ${file} was written by ${writer ? `Shelfwire ${writer}` : 'a newer version of Shelfwire'} (schema ${version}; this version knows ${SCHEMA_VERSION}). It was left as it is. Install ${writer ? `Shelfwire ${writer}` : 'that version'} or a newer one, or restore a backup from before the upgrade.`,
  );
}

function writerOf(db: DatabaseSync): string | null {
  try {
    return (db.prepare("SELECT value FROM meta WHERE key = 'written_by'").get()?.value as string | undefined) ?? null;
  } catch {
    return null;
  }
}
