/**
 * A ledger that comes from a backup, or is a copy, may be older than what the platforms have: nothing is sent for any
 * outlet until its stock was brought up to date, or somebody resumes it.
 */
import { formatInstant } from '../../stock/time';
import type { HoldReason, OutletField } from '../ledger';
import { type Context, type Outlet, STATE } from './context';
import { isSamePlace } from './place';
import { buryDeadChunks } from './take';

/** Who paused an outlet that is held for this reason. */
export const HELD_BY = 'restore';

export interface Hold {
  why: HoldReason;
  /** Milliseconds: when it was opened first. What is told from then on is up to date. */
  since: number;
}

const ORIGINS: Record<HoldReason, string> = {
  backup: 'was restored from a backup',
  salvage: 'was made from what could be read of a damaged one',
  copy: 'is a copy of another file, or was moved to another disk or machine',
};

/** For the operator: why nothing is sent, and what ends it. */
export function wordsOf({ why, since }: Hold): string {
  return `The ledger ${ORIGINS[why]} and was first opened at ${formatInstant(since * 1000)}: it may be older than what the platforms have, so nothing is sent. Bring stock up to date (sync everything from the ERP, or upload the catalogue of each shop): an outlet goes on by itself once all its items were told anew. Or resume it.`;
}

/** Asked once at each opening: what makes the file possibly old, and from now on it lives here. @returns null = it is the original */
export function originOf({ db }: Context): HoldReason | null {
  const before = db.meta('place');
  if (before !== db.place) db.setMeta('place', db.place);
  const restored = db.meta('restored');
  if (restored !== null) {
    db.run("DELETE FROM meta WHERE key = 'restored'");
    return restored === 'salvage' ? 'salvage' : 'backup';
  }
  return before === null || isSamePlace(before, db.place) ? null : 'copy';
}

/** After the leases of the process before were given back. */
export function holdAll(ctx: Context, why: HoldReason): void {
  const { db } = ctx;
  ctx.setHold({ why, since: ctx.now() });
  // Requests of the process that had the original are never repeated: newer ones may have followed.
  db.run("UPDATE chunks SET unanswered_at = 0 WHERE status = 'unknown'");
  for (const outlet of ctx.outletsById.values()) hold(ctx, outlet);
}

function hold(ctx: Context, outlet: Outlet): void {
  if (!outlet.paused) ctx.updateOutlet(outlet, { paused: true, paused_by: HELD_BY });
  waitForOldRequests(ctx, outlet);
  buryDeadChunks(ctx, outlet);
  // What was confirmed may have been replaced by newer values that this file does not know.
  ctx.db.run('UPDATE outlet_items SET known = 2 WHERE outlet = ? AND known = 1', outlet.id);
  const { in_sync, waiting } = ctx.db.get(
    'SELECT sum(state = 0) AS in_sync, sum(state = 1) AS waiting FROM outlet_items WHERE outlet = ? AND state IN (0, 1)',
    outlet.id,
  )!;
  ctx.db.run('UPDATE outlet_items SET state = 3 WHERE outlet = ? AND state IN (0, 1)', outlet.id);
  ctx.countState(outlet, STATE.in_sync, STATE.held, Number(in_sync ?? 0));
  ctx.countState(outlet, STATE.waiting, STATE.held, Number(waiting ?? 0));
}

/** What the other process had sent last may still be applied within twice the timeout. */
export function waitForOldRequests(ctx: Context, outlet: Outlet): void {
  const end = ctx.steady() + 2 * outlet.timeout;
  if ((outlet.not_before ?? 0) < end) ctx.updateOutlet(outlet, { not_before: end });
}

/** The last held outlet was resumed. */
export function endHold(ctx: Context): void {
  if (ctx.hold === null || [...ctx.outletsById.values()].some((outlet) => outlet.paused_by === HELD_BY)) return;
  ctx.setHold(null);
}

const FRESH: Record<OutletField, string> = {
  selling_price: 'coalesce(i.price_at, 0) >= ?',
  stock_status: 'max(coalesce(i.status_at, 0), coalesce(i.level_at, 0)) >= ?',
  // A movement after an old level proves nothing: others before it may be missing.
  quantity: 'coalesce(i.level_at, 0) >= ?',
};

/** Whether every item of the outlet that could be sent was told anew, in every field that the platform gets. */
export function isUpToDate(ctx: Context, outlet: Outlet): boolean {
  const { hold } = ctx;
  if (hold === null) return true;
  // Items before the one that was found old the last time are still up to date: times never go back.
  const from = ctx.oldItems.get(outlet.id) ?? 0;
  const fresh = outlet.fields.map((field) => FRESH[field]).join(' AND ');
  const old = ctx.db.get(
    `SELECT o.item FROM outlet_items o JOIN items i ON i.id = o.item WHERE o.outlet = ? AND o.item >= ? AND o.state <> 5 AND NOT (${fresh}) ORDER BY o.item LIMIT 1`,
    outlet.id,
    from,
    ...outlet.fields.map(() => hold.since * 1000),
  );
  if (old) {
    ctx.oldItems.set(outlet.id, old.item as number);
    return false;
  }
  // Nothing at all is no sync.
  return (
    ctx.db.get('SELECT 1 AS any FROM outlet_items WHERE outlet = ? AND state <> 5 LIMIT 1', outlet.id) !== undefined
  );
}
