/** Keeps the history bounded: what arrived longer ago than `keepDays` goes, a piece at a time, while everything runs. */
import { type Movement, quantityOf } from '../../stock/merge';
import type { Context } from './context';
import type { Row } from './database';

const PIECE = 500;
/** The first rows are the oldest ones: when none of so many is old, no other is, unless the clock was set back meanwhile. */
const LOOKED_AT = 50_000;
const DAY_MS = 86_400_000;
/** Originals of refused input are kept up to this many bytes in all. */
const MAX_RAW_BYTES = 256 * 1024 * 1024;

export function prune(ctx: Context, keepDays: number): number {
  // A clock that was set forward must not make everything old.
  const before = Math.min(ctx.now(), ctx.steady()) - keepDays * DAY_MS;
  return pruneEvents(ctx, before) + pruneRefused(ctx, before) + prunePushes(ctx, before);
}

function pruneEvents(ctx: Context, before: number): number {
  const from = Number(ctx.db.meta('pruned_events') ?? 0);
  const first = ctx.db.get('SELECT id FROM events WHERE id > ? ORDER BY id LIMIT 1', from);
  if (!first) return 0;
  const old = ctx.db.all(
    'SELECT id, item, occurred_at FROM events WHERE id BETWEEN ? AND ? AND received_at < ? ORDER BY id LIMIT +?',
    first.id!,
    Number(first.id) + LOOKED_AT,
    before,
    PIECE,
  );
  for (const event of old) {
    const item = event.item as number;
    const movement = ctx.db.get(
      'SELECT 1 AS yes FROM movements WHERE item = ? AND at = ? AND event = ?',
      item,
      event.occurred_at!,
      event.id!,
    );
    // A movement that waits for a first level keeps its id: it would be applied twice otherwise.
    if (movement && !fold(ctx, item, event.occurred_at as number)) continue;
    ctx.db.run('DELETE FROM events WHERE id = ?', event.id!);
  }
  if (old.length > 0) ctx.db.setMeta('pruned_events', String(old.at(-1)!.id));
  return old.length;
}

/** Movements up to an old one become part of the level: its time is the horizon, and any movement at or before it is stale from now on. */
function fold(ctx: Context, item: number, at: number): boolean {
  const row: Row = ctx.db.get('SELECT level, moves FROM items WHERE id = ?', item)!;
  if (row.level === null) return false;
  const folded = ctx.db.all(
    'SELECT at, change FROM movements WHERE item = ? AND at <= ?',
    item,
    at,
  ) as unknown as Movement[];
  ctx.db.run(
    'UPDATE items SET level = ?, level_at = ?, level_old = NULL, level_ties = NULL, moves = moves - ? WHERE id = ?',
    quantityOf(row.level as string, folded),
    at,
    folded.length,
    item,
  );
  ctx.db.run('DELETE FROM movements WHERE item = ? AND at <= ?', item, at);
  return true;
}

function pruneRefused(ctx: Context, before: number): number {
  const old = ctx.db.all(
    'SELECT id FROM refused_inputs WHERE received_at < ? ORDER BY received_at LIMIT +?',
    before,
    PIECE,
  );
  for (const row of old) ctx.db.run('DELETE FROM refused_inputs WHERE id = ?', row.id!);
  const raws = ctx.db.all('SELECT id FROM raw_inputs WHERE received_at < ? ORDER BY id LIMIT +?', before, PIECE);
  const bytes = ctx.db.get('SELECT coalesce(sum(length(bytes)), 0) AS n FROM raw_inputs')!.n as number;
  if (bytes > MAX_RAW_BYTES) raws.push(...ctx.db.all('SELECT id FROM raw_inputs ORDER BY id LIMIT 10'));
  for (const row of raws) ctx.db.run('DELETE FROM raw_inputs WHERE id = ?', row.id!);
  return old.length + raws.length;
}

/** A push that is not over, or a request of it (its outlet may be paused for months), stays, and keeps no other. */
const OVER = `finished_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.push = pushes.seq AND c.status IN ('sending', 'unknown'))`;

function prunePushes(ctx: Context, before: number): number {
  const first = ctx.db.get(`SELECT seq FROM pushes WHERE ${OVER} ORDER BY seq LIMIT 1`);
  if (!first) return 0;
  const old = ctx.db.all(
    `SELECT seq FROM pushes WHERE seq BETWEEN ? AND ? AND finished_at < ? AND ${OVER} ORDER BY seq LIMIT 20`,
    first.seq!,
    Number(first.seq) + LOOKED_AT,
    before,
  );
  for (const { seq } of old) {
    for (const chunk of ctx.db.all('SELECT seq, items, outlet FROM chunks WHERE push = ?', seq!)) {
      for (const item of JSON.parse(chunk.items as string) as number[]) {
        ctx.db.run('DELETE FROM sends WHERE item = ? AND outlet = ? AND chunk = ?', item, chunk.outlet!, chunk.seq!);
      }
      ctx.db.run('DELETE FROM chunks WHERE seq = ?', chunk.seq!);
    }
    ctx.db.run('DELETE FROM pushes WHERE seq = ?', seq!);
  }
  return old.length;
}
