/** What a ledger's file holds, read from outside with SQL of its own, also while a process uses it. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { tempFolder } from '../support/temp-folder';

export interface FileContent {
  /** By milliseconds since 1970 of the source: how many rows of that time there are. */
  events: Map<number, number>;
  received: number;
  /** What does not add up or is damaged, in words. */
  problems: string[];
}

const STATES = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete'];

/** While a process has it open. */
export function withLedger<T>(file: string, ask: (db: DatabaseSync) => T): T {
  return withDatabase(file, true, ask);
}

/** Asks a copy, so that the file of a process that was killed stays exactly as it was left. */
export function askCopy<T>(file: string, ask: (db: DatabaseSync) => T): T {
  const folder = tempFolder('autopsy');
  try {
    const copy = join(folder.path, 'ledger.db');
    for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
    return withDatabase(copy, false, ask);
  } finally {
    folder.remove();
  }
}

/** Makes all that is in it now so many days older, as if it had arrived then; no process may have it open. */
export function age(file: string, days: number): void {
  withDatabase(file, false, (db) => {
    const by = days * 86_400_000;
    db.exec(`UPDATE events SET received_at = received_at - ${by}`);
    db.exec(`UPDATE pushes SET finished_at = finished_at - ${by} WHERE finished_at IS NOT NULL`);
  });
}

function withDatabase<T>(file: string, readOnly: boolean, work: (db: DatabaseSync) => T): T {
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  const db = new DatabaseSync(file, { readOnly });
  try {
    db.exec('PRAGMA busy_timeout = 5000');
    return work(db);
  } finally {
    db.close();
  }
}

export function contentOf(db: DatabaseSync): FileContent {
  // One picture for all questions.
  db.exec('BEGIN');
  try {
    const rows = db.prepare('SELECT occurred_at AS at, count(*) AS n FROM events GROUP BY occurred_at').all();
    const sums = db
      .prepare(
        `SELECT coalesce(sum(received), 0) AS received, coalesce(sum(accepted + stale + duplicate + refused), 0) AS told,
           coalesce(sum(refused), 0) AS refused FROM senders`,
      )
      .get()!;
    const problems = [...damage(db), ...itemSums(db)];
    if (sums.received !== sums.told)
      problems.push(`${sums.received} events received, but ${sums.told} have an outcome`);
    if (sums.refused !== 0) problems.push(`${sums.refused} events are refused although all are right`);
    return {
      events: new Map(rows.map(({ at, n }) => [Number(at) / 1000, Number(n)])),
      received: Number(sums.received),
      problems,
    };
  } finally {
    db.exec('COMMIT');
  }
}

/** Messages and requests that hold items. */
export function leasesIn(db: DatabaseSync): number[] {
  const there = db.prepare("SELECT 1 AS yes FROM sqlite_master WHERE name = 'leases'").get();
  return there
    ? db
        .prepare('SELECT id FROM leases')
        .all()
        .map(({ id }) => Number(id))
    : [];
}

function damage(db: DatabaseSync): string[] {
  const found = db.prepare('PRAGMA integrity_check(3)').all();
  return found.map((row) => String(row.integrity_check)).filter((text) => text !== 'ok');
}

/** The counts of each outlet are those of its rows, and each row is in one state. */
function itemSums(db: DatabaseSync): string[] {
  const problems: string[] = [];
  for (const outlet of db.prepare('SELECT * FROM outlets').all()) {
    const counted = new Map<string, number>();
    for (const { state, n } of db
      .prepare('SELECT state, count(*) AS n FROM outlet_items WHERE outlet = ? GROUP BY state')
      .all(outlet.id!)) {
      // 6: the outcome of a request is waited for, which counts as waiting.
      const name = STATES[Number(state) === 6 ? 1 : Number(state)] ?? `state ${state}`;
      counted.set(name, (counted.get(name) ?? 0) + Number(n));
    }
    for (const name of new Set([...STATES, ...counted.keys()]))
      if ((counted.get(name) ?? 0) !== Number(outlet[name] ?? 0))
        problems.push(
          `${outlet.key}: ${outlet[name]} items are counted as ${name}, there are ${counted.get(name) ?? 0}`,
        );
  }
  return problems;
}
