/** Giving items back: waiting again (or waiting for the outcome of an unanswered request), and what that means for the push and the outlet. */
import type { Ticket } from '../../pushing/ticket';
import type { Ledger, PushRecord, Reach, SettleResult } from '../ledger';
import { countHour } from './activity';
import { type Context, type Outlet, STATE } from './context';
import type { Row } from './database';
import { finishIfDone, stopTaking, takeAgain } from './pushes';
import { type FullItem, factsOf, readLeased, readRows, release } from './rows';

export type Failure = NonNullable<Parameters<Ledger['giveBack']>[1]>;

const MAX_PROBE_SECONDS = 60;
/** Nobody holds items longer on purpose; the clock may be set between asking and noting. */
const LONGEST_HOLD_MS = 1_000_000;

/**
 * Entries of the ticket that are still under its leases are given back. Harmless when there are none any more.
 * @param failure why their push gave up; without it, it goes on
 */
export function giveBack(ctx: Context, ticket: Ticket, failure?: Failure): SettleResult {
  const outlet = ctx.outletsByKey.get(ticket.outlet);
  let finished: PushRecord | null = null;
  if (!outlet) return { fault: false, finished };
  for (const [id, items] of byLease(ticket)) {
    const lease = ctx.db.get('SELECT * FROM leases WHERE id = ?', id);
    if (!lease) continue;
    const ended = failure ? giveBackLease(ctx, outlet, lease, failure, items) : callBack(ctx, outlet, lease, items);
    finished = ended ?? finished;
  }
  return { fault: false, finished };
}

/** What a deploy may have swallowed between two nodes. A list without ticket is not among it: its node closes with it. */
export function recall(ctx: Context, outlets: string[]): void {
  for (const key of outlets) {
    const outlet = ctx.outletsByKey.get(key);
    if (!outlet) continue;
    const taken = ctx.db.all('SELECT * FROM leases WHERE outlet = ? AND chunk IS NULL AND claimed = 0', outlet.id);
    for (const lease of taken) callBack(ctx, outlet, lease);
  }
}

/** Nobody gave up, so the push is not over: it takes the same again, or repeats what was not answered. */
export function callBack(ctx: Context, outlet: Outlet, lease: Row, items?: number[]): PushRecord | null {
  const push = lease.push as number;
  if (isGoingRound(ctx, outlet, lease)) stopTaking(ctx, push);
  else if (lease.claimed === 0 && outlet.enabled) takeAgain(ctx, outlet, push);
  return giveBackLease(ctx, outlet, lease, undefined, items);
}

/** Where messages come back at once whatever happens (a wiring, a disk), taking them again at once would fill the machine. */
const MOST_ROUNDS = 20;

/** True when nothing of the push was settled in so many rounds: it ends, and what it did not bring waits for the next one. */
function isGoingRound(ctx: Context, outlet: Outlet, lease: Row): boolean {
  const seq = lease.push as number;
  const settled = (ctx.db.get('SELECT confirmed + refused AS settled FROM pushes WHERE seq = ?', seq)?.settled ??
    0) as number;
  const before = ctx.rounds.get(seq);
  const same = before?.settled === settled;
  // Messages that were side by side are one round, however many: an outage, a deploy and a crash bring all back at once.
  if (same && (lease.take as number) <= before.last) return before.times > MOST_ROUNDS;
  const last = ctx.db.get('SELECT max(take) AS last FROM leases WHERE outlet = ?', outlet.id)!.last as number;
  const times = same ? before.times + 1 : 1;
  ctx.rounds.set(seq, { settled, last, times });
  return times > MOST_ROUNDS;
}

export function byLease(ticket: Ticket): Map<number, number[]> {
  const leases = new Map<number, number[]>();
  for (const { lease, item } of ticket.entries) {
    const items = leases.get(lease);
    if (items) items.push(item);
    else leases.set(lease, [item]);
  }
  return leases;
}

/** @param items only these of the lease; without it all */
export function giveBackLease(
  ctx: Context,
  outlet: Outlet,
  lease: Row,
  failure?: Failure,
  items?: number[],
): PushRecord | null {
  const rows = leased(ctx, outlet, lease.id as number, items);
  const chunk = lease.chunk === null ? undefined : ctx.db.get('SELECT * FROM chunks WHERE seq = ?', lease.chunk!);
  // A request that is on its way when its lease ends (or the process did) was not answered.
  const inFlight =
    chunk &&
    (chunk.status === 'sending' ||
      (chunk.status === 'unknown' && Number(chunk.finished_at ?? 0) < Number(chunk.sent_at)));
  if (inFlight) markUnanswered(ctx, chunk, chunk.sent_at as number);
  const unanswered = chunk !== undefined && (chunk.status === 'sending' || chunk.status === 'unknown');
  for (const row of rows) {
    if (unanswered) {
      ctx.countState(outlet, row.state, STATE.unanswered);
      ctx.db.run(
        'UPDATE outlet_items SET state = 6, lease = NULL, known = 2 WHERE outlet = ? AND item = ?',
        outlet.id,
        row.item,
      );
    } else release(ctx, outlet, row, factsOf(row));
  }
  ctx.changed.add(outlet.key);
  const push = lease.push as number;
  if (failure && rows.length > 0) failPush(ctx, outlet, push, failure);
  // A push that goes on counts them when it takes them again.
  ctx.db.run('UPDATE pushes SET item_count = item_count - ? WHERE seq = ? AND taking = 1', rows.length, push);
  shrinkLease(ctx, outlet, lease, items ? rows.length : (lease.remaining as number));
  return finishIfDone(ctx, push);
}

/** @param only these of the items */
export function leased(ctx: Context, outlet: Outlet, lease: number, only?: number[]): FullItem[] {
  if (!only) return readLeased(ctx, outlet.id, lease);
  const inOrder = only.toSorted((a, b) => a - b);
  return readRows(ctx, outlet.id, inOrder).filter((row) => row.lease === lease);
}

/** A lease that holds nothing any more is gone; with the last one of a message its slot is free. */
export function shrinkLease(ctx: Context, outlet: Outlet, lease: Row, by: number): void {
  ctx.db.run('UPDATE leases SET remaining = remaining - ? WHERE id = ?', by, lease.id!);
  ctx.db.run('DELETE FROM leases WHERE id = ? AND remaining <= 0', lease.id!);
  if (!ctx.db.get('SELECT 1 AS open FROM leases WHERE outlet = ? AND take = ?', outlet.id, lease.take!))
    ctx.settled.add(outlet.key);
}

export function markUnanswered(ctx: Context, chunk: Row, sentAt: number): void {
  ctx.db.run("UPDATE chunks SET status = 'unknown', unanswered_at = ? WHERE seq = ?", sentAt, chunk.seq!);
}

/** The attempts are used up: the push has failed, the outlet is probed from now on. A recovery push goes on until it has drained. */
export function failPush(ctx: Context, outlet: Outlet, push: number, failure: Failure): void {
  ctx.db.run(
    'UPDATE pushes SET failed = 1, response_code = ?, response_message = ?, error_details = ? WHERE seq = ? AND finished_at IS NULL',
    failure.statusCode,
    failure.message,
    failure.code,
    push,
  );
  countHour(ctx, outlet.id, 0, 1);
  stopTaking(ctx, push);
  const recovery = ctx.db.get("SELECT 1 AS yes FROM pushes WHERE seq = ? AND trigger = 'recovery'", push);
  if (recovery) {
    ctx.db.run('UPDATE pushes SET bound = ?, failed = 0 WHERE seq = ?', ctx.lastChange, push);
    takeAgain(ctx, outlet, push);
  }
  backOff(ctx, outlet, failure.reach, failure.message, failure.retryAfter);
}

/** 1 s, 2 s, 4 s … 60 s between probes; a longer Retry-After wins. */
export function backOff(ctx: Context, outlet: Outlet, reach: Reach, message: string, retryAfter: number | null): void {
  const open = outlet.not_before !== null && outlet.not_before > ctx.steady();
  if (open && outlet.failures > 0) {
    // Another message that left before the outage was known: no step of its own, but a longer Retry-After counts.
    ctx.updateOutlet(outlet, {
      reach,
      reach_message: message,
      not_before: Math.max(outlet.not_before!, ctx.steady() + (retryAfter ?? 0) * 1000),
    });
    return;
  }
  const seconds = Math.max(Math.min(MAX_PROBE_SECONDS, 2 ** Math.min(outlet.failures, 10)), retryAfter ?? 0);
  ctx.updateOutlet(outlet, {
    reach,
    reach_message: message,
    failures: outlet.failures + 1,
    not_before: Math.max(outlet.not_before ?? 0, ctx.steady() + seconds * 1000),
  });
}

/** What a chunk's last answer says, for leases that end without anybody giving up in the flow. */
export function failureOfChunk(chunk: Row): Failure | undefined {
  if (chunk.status === 'split') return undefined;
  return {
    code: (chunk.error_code as string | null) ?? 'no_answer',
    message: (chunk.response_message as string | null) ?? 'No answer came.',
    statusCode: chunk.response_code as number | null,
    reach: (chunk.reach as Reach | null) ?? 'not_reachable',
    retryAfter: chunk.retry_after as number | null,
  };
}

/** A time of the wall clock as others give it, on the clock of leases. */
export function steadily(ctx: Context, until: number): number {
  return ctx.steady() + Math.min(until - ctx.now(), LONGEST_HOLD_MS);
}
