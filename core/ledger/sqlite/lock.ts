/**
 * Two processes never share one ledger. The lock is on a file beside it, held as long as the process lives, so that a
 * backup can still read the ledger while it is in use. The lock file also remembers that there was a ledger here.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { makePrivate } from './private';
import { openingFailed } from './storage-errors';

const lockName = (file: string): string => `${file}-lock`;

/** Whether a ledger was ever open under this name: then one that is missing or empty was lost and is not new. */
export function wasLedger(file: string): boolean {
  return (statSync(lockName(file), { throwIfNoEntry: false })?.size ?? 0) > 0;
}

export class Lock {
  private readonly db: DatabaseSync;

  /** @throws StorageError `ledger_in_use` */
  constructor(file: string) {
    const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
    let db: DatabaseSync | null = null;
    try {
      makePrivate(lockName(file));
      db = new DatabaseSync(lockName(file));
      // In this mode the lock outlives the transaction that took it, which leaves an empty file empty.
      db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE;');
      db.exec('BEGIN EXCLUSIVE; ROLLBACK;');
    } catch (thrown) {
      db?.close();
      throw openingFailed(file, thrown);
    }
    this.db = db;
  }

  /** From now on a ledger that is missing here is missed. Written once; the file then has a size. */
  remember(): void {
    try {
      if (this.db.prepare('PRAGMA user_version').get()!.user_version === 0) this.db.exec('PRAGMA user_version = 1');
    } catch {
      // On a full disk the ledger still opens; it is remembered the next time.
    }
  }

  /**
   * Remembers how the ledger's file was left, in the header: one sector, so that a power cut leaves the lock file as it
   * was before or as it is after. On a full disk the ledger is examined the next time, that is all.
   */
  seal(seal: string): void {
    try {
      this.db.exec(`PRAGMA application_id = ${markOf(seal)}`);
    } catch {
      // What was there is gone since the ledger was opened.
    }
  }

  /** Whether the file was left like this the last time; asked once, since from now on it changes. */
  unseal(seal: string | null): boolean {
    try {
      const left = this.db.prepare('PRAGMA application_id').get()!.application_id;
      if (left !== 0) this.db.exec('PRAGMA application_id = 0');
      return seal !== null && left === markOf(seal);
    } catch {
      return false;
    }
  }

  close(): void {
    this.db.close();
  }
}

/** A number of 32 bits, never 0. */
const markOf = (seal: string): number => createHash('sha256').update(seal).digest().readInt32BE() || 1;
