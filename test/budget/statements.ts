/** What SQLite does in this thread: counted at its own objects and at the system's. */
import { readFileSync } from 'node:fs';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Counts, round } from './budget';
import { wrap } from './wrap';

const PAGE_BYTES = 4096;

let statements = 0;
let rows = 0;
/** The database that was used last. */
let database: DatabaseSync | null = null;
/** Statements by text, while they are counted: for whoever looks for a cause. */
const ran = new Map<string, number>();

function note(sql: string): void {
  statements += 1;
  ran.set(sql, (ran.get(sql) ?? 0) + 1);
}

wrap(StatementSync.prototype, 'get', (self, _args, row) => {
  note((self as StatementSync).sourceSQL);
  if (row !== undefined) rows += 1;
});
wrap(StatementSync.prototype, 'all', (self, _args, found) => {
  note((self as StatementSync).sourceSQL);
  rows += (found as unknown[]).length;
});
wrap(StatementSync.prototype, 'run', (self) => note((self as StatementSync).sourceSQL));
wrap(DatabaseSync.prototype, 'exec', (self, [sql]) => {
  note(String(sql));
  database = self as DatabaseSync;
});

/** The disk's own time is nobody's work: nothing here is to survive a power cut. */
export function unsynced(): void {
  database!.exec('PRAGMA synchronous = OFF');
}

/** What `work` makes SQLite do, for each of so many. @param log bytes of the write-ahead log */
export function inSqlite(units: number, log: () => number, work: () => void): Counts {
  // Taken over and cut off, so that it grows by what is written; with a cache of one page, what is visited is read.
  database!.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 1;');
  ran.clear();
  const before = { statements, rows, written: log(), read: bytesRead() };
  work();
  const read = bytesRead();
  const pages = read === null ? null : Math.floor((read - before.read!) / PAGE_BYTES);
  return {
    statements: round((statements - before.statements) / units),
    'rows read': round((rows - before.rows) / units),
    ...(pages !== null && { 'pages visited': round(pages / units) }),
    'pages written': round((log() - before.written) / PAGE_BYTES / units),
  };
}

/** By this process, through the system; null where the system does not tell. */
function bytesRead(): number | null {
  if (process.platform !== 'linux') return null;
  return Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
}

/** What was counted last, by statement. */
export const ranLast = (): string =>
  [...ran]
    .sort(([, a], [, b]) => b - a)
    .map(([sql, times]) => `${String(times).padStart(8)}  ${sql.replaceAll(/\s+/g, ' ')}`)
    .join('\n');
