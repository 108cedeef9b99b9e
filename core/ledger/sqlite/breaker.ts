/**
 * The circuit breaker of an outlet. Closed: requests leave as they come, and what fails may be held for a retry. Open, once
 * a push was given up or too many requests have failed in a row: one request at a time and none before its time, whatever
 * the flow sends; what fails is given back. Reach and time are stored, so that a restart changes nothing.
 */
import type { Context, Outlet } from './context';

/** For each of the outlet's places: what a flow with a retry needs in an outage stays below. */
const MISSES_UNTIL_OPEN = 16;
/** A retry that waited as long as it was asked to is not sent away for a timer that is a little early. */
const EARLY_MS = 50;

export function isOpen(outlet: Outlet): boolean {
  return outlet.reach === 'not_reachable' || outlet.reach === 'key_refused' || outlet.reach === 'fault';
}

export function isTooEarly(ctx: Context, outlet: Outlet): boolean {
  return outlet.not_before !== null && outlet.not_before > ctx.steady() + EARLY_MS;
}

/** Why nothing may be sent to this platform now, whoever wants to; null = it may. */
export function whyWait(ctx: Context, outlet: Outlet): 'asked_to_wait' | 'outlet_not_reachable' | null {
  const early = isTooEarly(ctx, outlet);
  if (!isOpen(outlet)) return early ? 'asked_to_wait' : null;
  return early || isAsking(ctx, outlet) ? 'outlet_not_reachable' : null;
}

function isAsking(ctx: Context, outlet: Outlet): boolean {
  const inFlight = ctx.db.get(
    `SELECT 1 AS any FROM leases l JOIN chunks c ON c.seq = l.chunk
     WHERE l.outlet = ? AND (c.status = 'sending' OR (c.status = 'unknown' AND coalesce(c.finished_at, 0) < c.sent_at))`,
    outlet.id,
  );
  return inFlight !== undefined;
}

/** Counts a request without a good answer. @returns whether it may be held for a retry */
export function mayHold(ctx: Context, outlet: Outlet): boolean {
  const misses = (ctx.misses.get(outlet.id) ?? 0) + 1;
  ctx.misses.set(outlet.id, misses);
  return !isOpen(outlet) && misses < MISSES_UNTIL_OPEN * outlet.concurrency;
}

/** The platform has answered, and not that it is out of order. */
export function noteGood(ctx: Context, outlet: Outlet): void {
  ctx.misses.delete(outlet.id);
}

/** True while the last request was answered well. */
export function isConnected(ctx: Context, outlet: Outlet): boolean {
  return outlet.reach === 'ok' && !ctx.misses.has(outlet.id);
}
