/**
 * Makes a sound ledger of what can still be read of a damaged one: every table is read in ranges of its key, and a range
 * that cannot be read is halved until only the damaged rows are left out. The damaged file is only read.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { ShelfwireError } from '../../errors';
import type { LedgerKind } from '../ledger';
import { replaceBy } from './care';
import { mark } from './copy';
import { createLedger } from './database';
import { mendHeader } from './header';
import { SALVAGED_REPAIR } from './salvage-repair';

export interface Salvaged {
  /** Where the old file is now; null when there was none. */
  old: string | null;
  read: number;
  /** What is missing, by table, in words. */
  lost: string[];
}

/** Tables by the whole number that their rows are found by. */
const BY_NUMBER: readonly [table: string, key: string][] = [
  ['senders', 'id'],
  ['stores', 'id'],
  ['items', 'id'],
  ['movements', 'item'],
  ['events', 'id'],
  ['raw_inputs', 'id'],
  ['refused_inputs', 'id'],
  ['endpoints', 'id'],
  ['outlets', 'id'],
  ['pushes', 'seq'],
  ['chunks', 'seq'],
  ['sends', 'item'],
  ['outlet_hours', 'outlet'],
  ['changes', 'id'],
];
/** Tables that ledgers before schema 3 do not have yet. */
const SINCE_3 = new Set(['outlet_hours', 'changes']);
/** Small ones with a text for a key, read from both ends. */
const BY_TEXT: readonly [table: string, order: string][] = [
  ['meta', 'key'],
  ['settings', 'name'],
  ['codes', 'source'],
];
/** What says where a file lives and what became of it is the new file's own. */
const OWN_META = new Set(['place', 'restored', 'hold']);
/** A key beyond the last one that could be in a file of so many bytes. */
const BYTES_A_ROW = 40;
const MAX_FAILURES = 1_000_000;

/** @param kind for when the mark itself cannot be read. @throws ShelfwireError `nothing_readable` */
export function salvage(file: string, from: string, now: number, kind: LedgerKind): Salvaged {
  if (!existsSync(from))
    throw new ShelfwireError('no_such_ledger', `There is no ledger ${from}. Nothing was changed; name the file.`);
  const folder = mkdtempSync(join(dirname(file), 'ledger-salvage-'));
  try {
    const damaged = join(folder, 'ledger.db');
    copyFileSync(from, damaged);
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${damaged}-wal`);
    mendHeader(damaged);
    const result: Omit<Salvaged, 'old'> = { read: 0, lost: [] };
    const old = replaceBy(file, now, (part) => {
      createLedger(part, kind, now);
      Object.assign(result, copyReadable(from, damaged, part, now));
      mark(part, 'salvage');
    });
    return { old, ...result };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyReadable(name: string, damaged: string, part: string, now: number): Omit<Salvaged, 'old'> {
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  const source = new DatabaseSync(damaged);
  const target = new DatabaseSync(part);
  try {
    // Makes SQLite content with a file that is shorter than it should be, and with the tables that it could still find.
    (source as { enableDefensive?: (on: boolean) => void }).enableDefensive?.(false);
    source.exec('PRAGMA writable_schema = ON');
    target.exec("PRAGMA synchronous = OFF; BEGIN; DELETE FROM meta WHERE key <> 'kind'");
    const tables = new Copier(source, target, Math.ceil(statSync(damaged).size / BYTES_A_ROW));
    tables.checkReadable(name);
    for (const [table, order] of BY_TEXT) tables.copyFromBothEnds(table, order);
    for (const [table, key] of BY_NUMBER) tables.copyByNumber(table, key);
    tables.copyOutletItems();
    target.exec(SALVAGED_REPAIR);
    target
      .prepare("UPDATE pushes SET finished_at = ?, status = 'failed', taking = 0 WHERE finished_at IS NULL")
      .run(now);
    target.exec('COMMIT; PRAGMA synchronous = FULL');
    const { read, lost } = tables;
    return { read, lost: [...lost].map(([table, count]) => `${table} (about ${count} places could not be read)`) };
  } finally {
    source.close();
    target.close();
  }
}

class Copier {
  read = 0;
  readonly lost = new Map<string, number>();
  private readonly source: DatabaseSync;
  private readonly target: DatabaseSync;
  private readonly beyond: number;

  constructor(source: DatabaseSync, target: DatabaseSync, beyond: number) {
    this.source = source;
    this.target = target;
    this.beyond = beyond;
  }

  /** @throws ShelfwireError `nothing_readable` */
  checkReadable(name: string): void {
    let why = 'its tables cannot be found';
    try {
      if (this.has('items')) return;
    } catch (thrown) {
      why = (thrown as Error).message;
    }
    throw new ShelfwireError(
      'nothing_readable',
      `Nothing of ${name} can be read (${why}). Nothing was changed. Restore a backup: npx shelfwire-ledger restore BACKUP.`,
    );
  }

  copyFromBothEnds(table: string, order: string): void {
    if (!this.has(table)) return;
    const put = this.writer(table);
    for (const direction of ['ASC', 'DESC']) {
      try {
        for (const row of this.source.prepare(`SELECT * FROM ${table} ORDER BY ${order} ${direction}`).iterate()) {
          if (table !== 'meta' || !OWN_META.has(String(row.key))) put(row);
        }
        return;
      } catch {
        this.miss(table);
      }
    }
  }

  copyByNumber(table: string, key: string, where = ''): void {
    if (!this.has(table)) return;
    let last: number | null = null;
    try {
      const found = this.source.prepare(`SELECT max(${key}) AS last FROM ${table} WHERE 1 ${where}`).get()!.last;
      if (found === null) return;
      last = Number(found);
    } catch {}
    const rows = this.source.prepare(`SELECT * FROM ${table} WHERE ${key} BETWEEN ? AND ? ${where} ORDER BY ${key}`);
    const put = this.writer(table);
    const ranges: [from: number, to: number][] = [[0, last ?? this.beyond]];
    for (let failures = 0; ranges.length > 0 && failures < MAX_FAILURES; ) {
      const [from, to] = ranges.pop()!;
      let next = from;
      try {
        for (const row of rows.iterate(from, to)) {
          put(row);
          next = Number(row[key]);
        }
      } catch {
        failures += 1;
        if (from === to) this.miss(table);
        else {
          // What came before the damage is copied; the rest is tried in halves.
          const begin = next > from && next < to ? next : from;
          const middle = begin + Math.floor((to - begin) / 2);
          ranges.push([Math.min(middle + 1, to), to], [begin, middle]);
        }
      }
    }
  }

  /** The key begins with the outlet: one range of items each. */
  copyOutletItems(): void {
    for (const { id } of this.target.prepare('SELECT id FROM outlets').all())
      this.copyByNumber('outlet_items', 'item', `AND outlet = ${Number(id)}`);
  }

  /** The table of tables may be damaged too. */
  private has(table: string): boolean {
    if (this.source.prepare(`SELECT 1 FROM pragma_table_info('${table}')`).get()) return true;
    const schema = Number(this.source.prepare('PRAGMA user_version').get()!.user_version);
    if (!SINCE_3.has(table) || schema === 0 || schema >= 3) this.miss(table);
    return false;
  }

  private miss(table: string): void {
    this.lost.set(table, (this.lost.get(table) ?? 0) + 1);
  }

  /** Columns that this schema has not, and rows that do not fit its types, are left out. */
  private writer(table: string): (row: Record<string, unknown>) => void {
    const columns = this.target.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
    const known = new Set(columns.map(({ name }) => String(name)));
    const ofSource = this.source.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
    const names = ofSource.map(({ name }) => String(name)).filter((name) => known.has(name));
    const places = names.map(() => '?').join(', ');
    const insert = this.target.prepare(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${places})`);
    const replaceKind = this.target.prepare("DELETE FROM meta WHERE key = 'kind'");
    return (row) => {
      if (table === 'meta' && row.key === 'kind') replaceKind.run();
      try {
        this.read += Number(insert.run(...names.map((name) => row[name] as SQLInputValue)).changes);
      } catch {
        this.miss(table);
      }
    };
  }
}
