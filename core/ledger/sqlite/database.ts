/**
 * The open database: WAL, every commit synced, locked against a second process, of the newest schema. A file that cannot
 * be read is never replaced by an empty one, and one that turns out to be damaged is not used any more.
 */
import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { StorageError } from '../../errors';
import type { LedgerInfo, LedgerKind } from '../ledger';
import { sync } from './copy';
import { inspect } from './inspect';
import { Lock } from './lock';
import { MIGRATIONS, migrate } from './migrate';
import { isOtherFile, placeOf } from './place';
import { makePrivate } from './private';
import { sealOf } from './seal';
import { type Row, Statement } from './statement';
import { corrupt, openingFailed, storageError } from './storage-errors';
import { verify } from './verify';

/** The log is cut back to this size after a backup has kept it from being taken over into the file. */
const LOG_BYTES = 64 * 1024 * 1024;

/** Pages kept in memory, KiB. What is beyond is read from the system's own cache: more was not faster (bench/profiles/memory.md). */
const CACHE_KIB = 16 * 1024;

export type { Row };

export class Database {
  readonly info: Omit<LedgerInfo, 'held'>;
  /** What tells this file from its copies. */
  readonly place: string;
  /** Whether its content was found sound before it was opened; if not, it is to be examined while it is in use. */
  readonly examined: boolean;
  private readonly file: string;
  private readonly db: DatabaseSync;
  private readonly lock: Lock;
  private readonly statements = new Map<string, Statement>();
  /** Once damage was met nothing is read or written any more: it could be wrong. */
  private damage: StorageError | null = null;

  /** @param kind what a new file is marked as; an existing one keeps its mark */
  constructor(file: string, kind: LedgerKind, now: number) {
    this.file = file;
    let lock: Lock | null = null;
    let db: DatabaseSync | null = null;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      checkWritable(file);
      lock = new Lock(file);
      const whole = lock.unseal(sealOf(file));
      let examined = true;
      if (inspect(file) === 'new') createLedger(file, kind, now);
      else examined = verify(file, whole);
      db = connect(file);
      migrate(db, file, now);
      this.lock = lock;
      this.db = db;
      this.examined = examined;
      this.place = placeOf(file)!;
      this.info = identity(db);
      lock.remember();
    } catch (thrown) {
      db?.close();
      lock?.close();
      throw openingFailed(file, thrown);
    }
  }

  meta(key: string): string | null {
    return (this.get('SELECT value FROM meta WHERE key = ?', key)?.value as string | undefined) ?? null;
  }

  setMeta(key: string, value: string): void {
    this.run('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
  }

  /**
   * Statements are planned once. But SQLite looks at the value of a parameter that a plan could depend on, and plans anew whenever
   * one is bound: hence `LIMIT +?`, and numbers instead of parameters in conditions on the columns of partial indexes.
   */
  private prepare(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = new Statement(this.db.prepare(sql));
      this.statements.set(sql, statement);
    }
    return statement;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.prepare(sql).get(values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.prepare(sql).all(values);
  }

  /** @returns the row id of an insert */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.prepare(sql).run(values);
  }

  /** Runs `work` in one transaction; on any error everything is undone. @throws StorageError when the disk fails */
  transaction<T>(work: () => T): T {
    if (this.damage) throw this.damage;
    this.checkPlace();
    try {
      this.db.exec('BEGIN IMMEDIATE');
    } catch (thrown) {
      throw this.failed(thrown);
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
      throw this.failed(thrown);
    }
  }

  /** What is written into a file that was removed or replaced meanwhile would be lost with the process. */
  private checkPlace(): void {
    const now = placeOf(this.file);
    if (now !== null && !isOtherFile(this.place, now)) return;
    throw new StorageError(
      'ledger_gone',
      `The ledger ${this.file} was removed or replaced while it was in use. Nothing is recorded any more. Put the file back, or stop Node-RED and restore a backup (npx shelfwire-ledger restore BACKUP).`,
    );
  }

  private failed(thrown: unknown): unknown {
    const error = storageError(thrown);
    if (error instanceof StorageError && error.code === 'ledger_corrupt') this.damage = error;
    return error;
  }

  /** An examination beside the work has found it damaged. */
  condemn(): void {
    this.damage ??= corrupt();
  }

  close(): void {
    this.statements.clear();
    this.db.close();
    const seal = this.damage ? null : sealOf(this.file);
    if (seal !== null) this.lock.seal(seal);
    this.lock.close();
  }
}

function checkWritable(file: string): void {
  accessSync(dirname(file), constants.W_OK);
  if (existsSync(file)) accessSync(file, constants.W_OK);
}

function connect(file: string): DatabaseSync {
  // Required here so that the worker can silence the "experimental" warning before the module loads.
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 1000;');
    db.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA journal_size_limit = ${LOG_BYTES};`);
    db.exec('BEGIN IMMEDIATE; COMMIT;');
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** A new ledger gets its name when it is complete, so that a crash meanwhile leaves none that is empty. */
export function createLedger(file: string, kind: LedgerKind, now: number): void {
  const part = `${file}.new`;
  for (const rest of ['', '-wal', '-shm', '-journal']) rmSync(part + rest, { force: true });
  makePrivate(part);
  const db = connect(part);
  try {
    // Synced once, whole, before it gets its name.
    db.exec('PRAGMA synchronous = OFF');
    migrate(db, part, now);
    const set = db.prepare('INSERT INTO meta VALUES (?, ?)');
    set.run('id', randomUUID());
    set.run('kind', kind);
    set.run('created_at', new Date(now).toISOString());
  } finally {
    db.close();
  }
  sync(part);
  renameSync(part, file);
  sync(dirname(file));
}

function identity(db: DatabaseSync): Database['info'] {
  const meta = db.prepare('SELECT value FROM meta WHERE key = ?');
  const text = (key: string): string => String(meta.get(key)?.value ?? '');
  return {
    id: text('id'),
    kind: text('kind') === 'demo' ? 'demo' : 'live',
    createdAt: text('created_at'),
    schemaVersion: MIGRATIONS.length,
  };
}
