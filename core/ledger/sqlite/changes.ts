/** Settings that are changed while everything runs: each change and who made it are stored together. */
import type { Ledger, Page, SettingChange, WrittenChange } from '../ledger';
import type { Context } from './context';
import { iso, pageSize } from './paging';

/** More than anybody reads; the oldest go first. */
const KEPT = 10_000;

export function change(ctx: Context, { name, value, by, subject, what, old, new: now }: SettingChange): void {
  if (name === null) {
    // Only written down.
  } else if (value === null) ctx.db.run('DELETE FROM settings WHERE name = ?', name);
  else
    ctx.db.run(
      'INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  const id = ctx.db.run(
    'INSERT INTO changes (at, by, subject, what, old, new) VALUES (?, ?, ?, ?, ?, ?)',
    ctx.now(),
    by,
    subject,
    what,
    old,
    now,
  );
  ctx.db.run('DELETE FROM changes WHERE id <= ?', id - KEPT);
}

/** @returns names without the prefix, in order */
export function settingsOf(ctx: Context, prefix: string): [name: string, value: string][] {
  return ctx.db
    .all('SELECT name, value FROM settings WHERE substr(name, 1, ?) = ? ORDER BY name', prefix.length, prefix)
    .map(({ name, value }) => [(name as string).slice(prefix.length), value as string]);
}

export function changes(ctx: Context, query: Parameters<Ledger['changes']>[0]): Page<WrittenChange> {
  const limit = pageSize(query.limit, 50);
  const before = Number(query.cursor ?? Number.MAX_SAFE_INTEGER) || 0;
  const rows =
    query.subject === undefined
      ? ctx.db.all('SELECT * FROM changes WHERE id < ? ORDER BY id DESC LIMIT +?', before, limit)
      : ctx.db.all(
          'SELECT * FROM changes WHERE subject = ? AND id < ? ORDER BY id DESC LIMIT +?',
          query.subject,
          before,
          limit,
        );
  return {
    rows: rows.map((row) => ({
      id: row.id as number,
      at: iso(row.at),
      by: row.by as string,
      subject: row.subject as string,
      what: row.what as string,
      old: row.old as string | null,
      new: row.new as string | null,
    })),
    cursor: rows.length === limit ? String(rows.at(-1)!.id) : null,
  };
}
