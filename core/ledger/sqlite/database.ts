/**
 * Opens the file: WAL, every commit synced, locked against a second process, brought to the newest schema. A file that
 * cannot be read is never replaced by an empty one.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { ShelfwireError, StorageError } from '../../errors';
import type { LedgerInfo, LedgerKind } from '../ledger';

const MIGRATIONS = ['001-initial.sql'];
export const SCHEMA_VERSION = MIGRATIONS.length;

export type Row = Record<string, SQLInputValue>;

export class Database {
  readonly info: LedgerInfo;
  private readonly db: DatabaseSync;
  private readonly lock: DatabaseSync | null;
  private readonly statements = new Map<string, StatementSync>();

  /** @param kind what a new file is marked as; an existing one keeps its mark */
  constructor(file: string, kind: LedgerKind, now: number) {
    // Required here so that the worker can silence the "experimental" warning before the module loads.
    const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
    if (file !== ':memory:') makePrivate(file);
    this.lock = file === ':memory:' ? null : lockFile(file);
    try {
      this.db = new DatabaseSync(file);
      this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 1000;');
      this.db.exec('PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;');
      this.db.exec('BEGIN IMMEDIATE; COMMIT;');
      this.migrate(file);
      this.info = this.identify(kind, now);
    } catch (thrown) {
      this.lock?.close();
      throw openingFailed(file, thrown);
    }
  }

  private migrate(file: string): void {
    const version = Number(this.get('PRAGMA user_version')!.user_version);
    if (version > SCHEMA_VERSION) {
      throw new ShelfwireError(
        'ledger_newer',
        `The ledger ${file} was written by a newer version of Shelfwire (schema ${version}, this one knows ${SCHEMA_VERSION}). Install that version; the file was not touched.`,
      );
    }
    if (version > 0 && version < SCHEMA_VERSION) {
      makePrivate(`${file}.schema-${version}.bak`);
      this.db.prepare('VACUUM INTO ?').run(`${file}.schema-${version}.bak`);
    }
    for (let next = version; next < SCHEMA_VERSION; next++) {
      this.db.exec('BEGIN IMMEDIATE');
      this.db.exec(readFileSync(join(__dirname, MIGRATIONS[next]!), 'utf8'));
      this.db.exec(`PRAGMA user_version = ${next + 1}`);
      this.db.exec('COMMIT');
    }
  }

  private identify(kind: LedgerKind, now: number): LedgerInfo {
    if (!this.meta('id')) {
      this.db.exec('BEGIN IMMEDIATE');
      this.setMeta('id', randomUUID());
      this.setMeta('kind', kind);
      this.setMeta('created_at', new Date(now).toISOString());
      this.db.exec('COMMIT');
    }
    return {
      id: this.meta('id')!,
      kind: this.meta('kind') === 'demo' ? 'demo' : 'live',
      createdAt: this.meta('created_at')!,
      schemaVersion: SCHEMA_VERSION,
    };
  }

  meta(key: string): string | null {
    return (this.get('SELECT value FROM meta WHERE key = ?', key)?.value as string | undefined) ?? null;
  }

  setMeta(key: string, value: string): void {
    this.run('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
  }

  private prepare(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.prepare(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.prepare(sql).all(...values) as Row[];
  }

  /** @returns the row id of an insert */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...values).lastInsertRowid);
  }

  /** Runs `work` in one transaction; on any error everything is undone. @throws StorageError when the disk fails */
  transaction<T>(work: () => T): T {
    try {
      this.db.exec('BEGIN IMMEDIATE');
    } catch (thrown) {
      throw storageError(thrown);
    }
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (thrown) {
      // SQLite has rolled back by itself after some errors (disk full); then this fails, and that is fine.
      try {
        this.db.exec('ROLLBACK');
      } catch {}
      throw storageError(thrown);
    }
  }

  close(): void {
    this.statements.clear();
    this.db.close();
    this.lock?.close();
  }
}

/**
 * Two processes never share one ledger. The lock is on a file beside it, held as long as the process lives, so that a
 * backup can still read the ledger while it is in use.
 * @throws StorageError `ledger_in_use`
 */
export function lockFile(file: string): DatabaseSync {
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  try {
    makePrivate(`${file}-lock`);
    const lock = new DatabaseSync(`${file}-lock`);
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
    return lock;
  } catch (thrown) {
    throw openingFailed(file, thrown);
  }
}

function isSqlite(thrown: unknown): thrown is Error & { errcode?: number; errstr?: string } {
  return thrown instanceof Error && (thrown as { code?: string }).code === 'ERR_SQLITE_ERROR';
}

/**
 * Makes the file, and folders that are missing, for this user only; SQLite gives its log and its copies the same rights.
 * What is there already keeps its rights and its content.
 */
export function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It is there already, or cannot be made: SQLite says why.
  }
}

function storageError(thrown: unknown): unknown {
  if (!isSqlite(thrown)) return thrown;
  const primary = (thrown.errcode ?? 0) & 0xff;
  if (primary === 13)
    return new StorageError(
      'disk_full',
      'The disk of the ledger is full. Nothing was recorded. Make room, then it goes on by itself.',
      { cause: thrown },
    );
  if (primary === 8)
    return new StorageError(
      'read_only',
      'The ledger can only be read. Nothing was recorded. Give Node-RED the right to write its file and folder.',
      { cause: thrown },
    );
  if (primary === 11 || primary === 26)
    return new StorageError(
      'ledger_corrupt',
      'The ledger is damaged. Nothing was recorded. Restore it from a backup.',
      { cause: thrown },
    );
  return new StorageError(
    'storage_failed',
    `The ledger could not be written (${thrown.message}). Nothing was recorded.`,
    { cause: thrown },
  );
}

function openingFailed(file: string, thrown: unknown): unknown {
  if (!isSqlite(thrown)) {
    if (thrown instanceof ShelfwireError) return thrown;
    return new StorageError(
      'ledger_not_opened',
      `The ledger ${file} could not be opened: ${thrown instanceof Error ? thrown.message : thrown}`,
      { cause: thrown },
    );
  }
  const primary = (thrown.errcode ?? 0) & 0xff;
  const why: Record<number, [string, string]> = {
    5: ['ledger_in_use', 'is used by another process. Stop that one; two processes never share one file.'],
    8: ['read_only', 'can only be read. Give Node-RED the right to write the file and its folder.'],
    11: ['ledger_corrupt', 'is damaged. It was left as it is; restore it from a backup.'],
    13: ['disk_full', 'is on a full disk. Make room and deploy again.'],
    14: ['ledger_not_opened', 'cannot be opened. Check that the folder exists and Node-RED may write there.'],
    26: [
      'ledger_corrupt',
      'is not a ledger, or it is damaged. It was left as it is; restore it from a backup or choose another file.',
    ],
  };
  const [code, text] = why[primary] ?? ['ledger_not_opened', `cannot be opened: ${thrown.message}`];
  return new StorageError(code, `The ledger ${file} ${text}`, { cause: thrown });
}
