/** Hands out what is to be sent next: items under a lease, newly sold out first, then what waits longest. */

import type { Ticket, TicketEntry } from '../../pushing/ticket';
import { wantedValues } from '../../pushing/wanted';
import type { OutletValues, Take, TakenItem } from '../ledger';
import { isOpen } from './breaker';
import { type Context, type Outlet, STATE } from './context';
import type { Row } from './database';
import { failureOfChunk, giveBackLease } from './giveback';
import { finishIfDone, insertPush, stopTaking } from './pushes';
import { factsOf, isActive, type OutletItem, place, readFacts, sentOf } from './rows';

/** A lease lasts this long unless a node of ours renews it; doubled for an outlet whose leases run out in the flow. */
const LEASE_MS = 30_000;
const MAX_LEASE_MS = 15 * 60_000;
/** A probe asks with one chunk, not with a whole message. */
const PROBE_ITEMS = 500;

/**
 * Items on their way at all outlets together, each some kilobytes in Node-RED: beyond this many an outlet has one message at
 * a time, and messages become smaller the more outlets there are, down to a size that is still worth a request.
 */
const UNDER_WAY = 40_000;
const SMALLEST_MESSAGE = 100;

/** With the words of the index of open chunks, so that thousands of old ones are not read through. */
const UNKNOWN = "c.status IN ('sending', 'unknown') AND c.status = 'unknown'";

export function leaseEnd(ctx: Context, outlet: Outlet): number {
  return ctx.steady() + Math.min(MAX_LEASE_MS, LEASE_MS * 2 ** Math.min(outlet.lost_leases, 10));
}

export function take(ctx: Context, key: string, limit: number): Take | null {
  const outlet = ctx.outletsByKey.get(key);
  if (!outlet) return null;
  sweepLeases(ctx, outlet);
  buryDeadChunks(ctx, outlet);
  if (!isActive(outlet) || (outlet.not_before !== null && outlet.not_before > ctx.steady())) return null;
  const probing = isOpen(outlet);
  if (!probing && !hasWork(ctx, outlet)) return null;
  const open = ctx.db.get('SELECT count(DISTINCT take) AS n FROM leases WHERE outlet = ?', outlet.id)!.n as number;
  if (open >= (probing ? 1 : 2 * outlet.concurrency)) return null;
  // Never an outlet that has none: it would wait for others, which may hang.
  if (open > 0 && underWay(ctx) >= UNDER_WAY) return null;
  const repeated = takeUnknown(ctx, outlet, probing);
  if (repeated) return repeated;
  for (;;) {
    const push = pushToServe(ctx, outlet, probing);
    if (!push) return null;
    const rows = waitingRows(ctx, outlet, push, Math.max(1, probing ? Math.min(limit, PROBE_ITEMS) : limit));
    if (rows.length > 0) return lend(ctx, outlet, push, rows, probing);
    stopTaking(ctx, push.seq as number);
    finishIfDone(ctx, push.seq as number);
  }
}

const underWay = (ctx: Context): number => Number(ctx.db.get('SELECT sum(remaining) AS items FROM leases')!.items ?? 0);

/** @returns how many items a message may have, so that all outlets together stay within what may be under way */
function share(ctx: Context, asked: number, limit: number): number {
  const busy = ctx.db.get('SELECT count(DISTINCT outlet) AS n FROM leases')!.n as number;
  return Math.min(limit, Math.max(SMALLEST_MESSAGE, Math.floor(UNDER_WAY / Math.max(1, busy, asked))));
}

export function takeInTurn(ctx: Context, keys: string[], limit: number): { taken: Take[]; rest: string[] } {
  const each = share(ctx, keys.length, limit);
  const taken: Take[] = [];
  const more: string[] = [];
  let items = 0;
  for (const [turn, key] of keys.entries()) {
    if (items >= limit) return { taken, rest: [...keys.slice(turn), ...more] };
    const message = take(ctx, key, each);
    if (!message) continue;
    taken.push(message);
    items += message.items.length;
    const { id, probe, urgent, repeat } = message.ticket;
    // A push that has taken less than it might has taken all.
    if (message.items.length < each && !probe && !urgent && !repeat)
      ctx.db.run('UPDATE pushes SET taking = 0 WHERE id = ?', id);
    if (hasWork(ctx, ctx.outletsByKey.get(key)!)) more.push(key);
  }
  return { taken, rest: more };
}

/** Outlets at which `take` may have something now. */
export function due(ctx: Context): string[] {
  const now = ctx.steady();
  return [...ctx.outletsByKey.values()]
    .filter((outlet) => {
      sweepLeases(ctx, outlet);
      if (!isActive(outlet)) {
        // Nobody takes anything there, which would find them.
        buryDeadChunks(ctx, outlet);
        return false;
      }
      if (outlet.not_before !== null && outlet.not_before > now) return false;
      if (hasWork(ctx, outlet)) return true;
      return isOpen(outlet) && hasWaiting(ctx, outlet);
    })
    .map((outlet) => outlet.key);
}

/** A push that may take something, or a request to be repeated. */
function hasWork(ctx: Context, outlet: Outlet): boolean {
  const push =
    'SELECT 1 AS any FROM pushes INDEXED BY pushes_running WHERE outlet = ? AND finished_at IS NULL AND taking = 1';
  return (
    ctx.db.get(push, outlet.id) !== undefined ||
    ctx.db.get(`SELECT 1 AS any FROM chunks c WHERE c.outlet = ? AND ${UNKNOWN}`, outlet.id) !== undefined
  );
}

function hasWaiting(ctx: Context, outlet: Outlet): boolean {
  return (
    ctx.db.get(
      'SELECT 1 AS any FROM outlet_items WHERE outlet = ? AND state = 1 AND urgency IN (0, 1) LIMIT 1',
      outlet.id,
    ) !== undefined
  );
}

/**
 * The oldest running push; but what is newly sold out does not wait for its end: a younger push that may take it goes
 * first, with just that. For an outlet that is probed and has none, a recovery push.
 */
function pushToServe(ctx: Context, outlet: Outlet, probing: boolean): Row | undefined {
  const soldOut = ctx.db.get(
    'SELECT since FROM outlet_items WHERE outlet = ? AND state = 1 AND urgency = 0 ORDER BY since LIMIT 1',
    outlet.id,
  );
  const running = soldOut
    ? ctx.db.get(
        `SELECT *, bound >= ? AND seq > min(seq) OVER () AS overtakes FROM pushes INDEXED BY pushes_running
         WHERE outlet = ? AND finished_at IS NULL AND taking = 1
         ORDER BY bound >= ? DESC, seq LIMIT 1`,
        soldOut.since!,
        outlet.id,
        soldOut.since!,
      )
    : ctx.db.get(
        'SELECT *, 0 AS overtakes FROM pushes INDEXED BY pushes_running WHERE outlet = ? AND finished_at IS NULL AND taking = 1 ORDER BY seq LIMIT 1',
        outlet.id,
      );
  if (running || !probing || !hasWaiting(ctx, outlet)) return running;
  const seq = insertPush(ctx, outlet, { type: 'partial', trigger: 'recovery', created_by: 'auto' });
  return ctx.db.get('SELECT * FROM pushes WHERE seq = ?', seq);
}

/** The platform is back: whatever waits is sent, whoever asked for it. */
export function drain(ctx: Context, outlet: Outlet): void {
  pushToServe(ctx, outlet, true);
}

function waitingRows(ctx: Context, outlet: Outlet, push: Row, limit: number): Row[] {
  const rows: Row[] = [];
  for (const urgency of push.overtakes ? [0] : [0, 1]) {
    if (rows.length >= limit) break;
    rows.push(
      ...ctx.db.all(
        `SELECT o.item, o.urgency, o.s_price, o.s_status, o.s_quantity, o.s_version,
           i.sku, i.version, i.quantity, i.quantity_at, i.price, i.status, i.status_at FROM outlet_items o JOIN items i ON i.id = o.item
         WHERE o.outlet = ? AND o.state = 1 AND o.urgency = ? AND o.since <= ? ORDER BY o.since LIMIT +?`,
        outlet.id,
        urgency,
        push.bound as number,
        limit - rows.length,
      ),
    );
  }
  return rows;
}

function lend(ctx: Context, outlet: Outlet, push: Row, rows: Row[], probing: boolean): Take {
  const lease = newLease(ctx, outlet, push.seq as number, null, leaseEnd(ctx, outlet), rows.length);
  const items: TakenItem[] = [];
  const entries: TicketEntry[] = [];
  const asBefore: number[] = [];
  for (const row of rows) {
    const wanted = wantedValues(factsOf(row), outlet.fields, outlet.threshold)!;
    if (wasSent(row, wanted)) asBefore.push(row.item as number);
    else lendAnew(ctx, outlet, row, wanted, lease);
    items.push({ sku: row.sku as string, ...wanted });
    entries.push({ sku: row.sku as string, item: row.item as number, version: row.version as number, lease });
  }
  if (asBefore.length > 0)
    ctx.db.run(
      'UPDATE outlet_items SET state = 2, lease = ? WHERE outlet = ? AND item IN (SELECT value FROM json_each(?))',
      lease,
      outlet.id,
      JSON.stringify(asBefore),
    );
  ctx.countState(outlet, STATE.waiting, STATE.sending, rows.length);
  ctx.db.run('UPDATE pushes SET item_count = item_count + ? WHERE seq = ?', rows.length, push.seq!);
  const urgent = rows[0]?.urgency === 0;
  const ticket = {
    ...ticketOf(ctx, outlet, push, entries),
    ...(probing && { probe: true }),
    ...(urgent && { urgent }),
  };
  return { ticket, items };
}

/** Whether exactly this is what was sent of the item last: then only its state is written, for all such items at once. */
function wasSent(row: Row, wanted: OutletValues): boolean {
  return (
    row.s_version === row.version &&
    row.s_price === (wanted.selling_price ?? null) &&
    row.s_status === (wanted.stock_status ?? null) &&
    row.s_quantity === (wanted.quantity ?? null)
  );
}

function lendAnew(ctx: Context, outlet: Outlet, row: Row, wanted: OutletValues, lease: number): void {
  ctx.db.run(
    'UPDATE outlet_items SET state = 2, lease = ?, s_price = ?, s_status = ?, s_quantity = ?, s_version = ? WHERE outlet = ? AND item = ?',
    lease,
    wanted.selling_price ?? null,
    wanted.stock_status ?? null,
    wanted.quantity ?? null,
    row.version!,
    outlet.id,
    row.item!,
  );
}

export function ticketOf(ctx: Context, outlet: Outlet, push: Row, entries: TicketEntry[]): Ticket {
  return {
    id: push.id as string,
    ledger: ctx.db.info.id,
    outlet: outlet.key,
    outlet_name: outlet.name,
    store_id: outlet.store_id,
    platform: outlet.platform,
    type: push.type as Ticket['type'],
    trigger: push.trigger as Ticket['trigger'],
    created_by: push.created_by as string,
    entries,
  };
}

/** @param take number of the message it belongs to; null = it is a message of its own */
export function newLease(
  ctx: Context,
  outlet: Outlet,
  push: number,
  take: number | null,
  until: number,
  remaining: number,
  chunk: number | null = null,
): number {
  const id = ctx.db.run(
    'INSERT INTO leases (outlet, push, take, chunk, until, remaining) VALUES (?, ?, 0, ?, ?, ?)',
    outlet.id,
    push,
    chunk,
    until,
    remaining,
  );
  ctx.db.run('UPDATE leases SET take = ? WHERE id = ?', take ?? id, id);
  return id;
}

/** A chunk whose outcome nobody knows is offered again as it was, before anything else. */
function takeUnknown(ctx: Context, outlet: Outlet, probing: boolean): Take | null {
  const chunk = ctx.db.get(
    `SELECT c.* FROM chunks c WHERE c.outlet = ? AND ${UNKNOWN} AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.outlet = c.outlet AND l.chunk = c.seq) ORDER BY c.seq LIMIT 1`,
    outlet.id,
  );
  if (!chunk) return null;
  const ids = JSON.parse(chunk.items as string) as number[];
  const running = ctx.db.get(
    'SELECT * FROM pushes INDEXED BY pushes_running WHERE outlet = ? AND finished_at IS NULL ORDER BY taking DESC, seq LIMIT 1',
    outlet.id,
  );
  const seq =
    (running?.seq as number | undefined) ??
    insertPush(ctx, outlet, { type: 'partial', trigger: 'recovery', created_by: 'auto' });
  const lease = newLease(ctx, outlet, seq, null, leaseEnd(ctx, outlet), ids.length, chunk.seq as number);
  if (chunk.claimed === 1) ctx.db.run('UPDATE leases SET claimed = 1 WHERE id = ?', lease);
  const entries: TicketEntry[] = [];
  const items: TakenItem[] = [];
  for (const item of ids) {
    const row = ctx.db.get(
      'SELECT o.*, i.sku FROM outlet_items o JOIN items i ON i.id = o.item WHERE o.outlet = ? AND o.item = ?',
      outlet.id,
      item,
    )!;
    ctx.countState(outlet, row.state as OutletItem['state'], STATE.sending);
    ctx.db.run('UPDATE outlet_items SET state = 2, lease = ? WHERE outlet = ? AND item = ?', lease, outlet.id, item);
    entries.push({ sku: row.sku as string, item, version: row.s_version as number, lease });
    items.push({ sku: row.sku as string, ...sentOf(row as unknown as OutletItem) });
  }
  ctx.db.run('UPDATE pushes SET item_count = item_count + ? WHERE seq = ?', ids.length, seq);
  const push = ctx.db.get('SELECT * FROM pushes WHERE seq = ?', seq)!;
  const ticket: Ticket = {
    ...ticketOf(ctx, outlet, push, entries),
    ...bodyOf(chunk),
    chunk: chunk.id as string,
    repeat: true,
    ...(probing && { probe: true }),
  };
  return { ticket, items };
}

/** What the flow had made of the stored body: by which field the answer may name items, and whose list it is. */
function bodyOf(chunk: Row): Pick<Ticket, 'mapping' | 'list'> {
  const { mapping, key_field: key, claimed } = chunk;
  return {
    ...(key !== null && { mapping: { fingerprint: mapping as string, key: key as string } }),
    ...(claimed === 1 && { list: true }),
  };
}

/**
 * Twice the timeout after the last unanswered request it counts as dead: its items are free, their confirmed value
 * unknown. At once when the outlet has another address; while it has none nothing is said yet.
 */
export function buryDeadChunks(ctx: Context, outlet: Outlet): void {
  const dead = ctx.db.all(
    `SELECT c.* FROM chunks c WHERE c.outlet = ? AND ${UNKNOWN} AND (c.unanswered_at + 2 * c.timeout <= ? OR c.endpoint <> ?)
       AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.outlet = c.outlet AND l.chunk = c.seq)`,
    outlet.id,
    ctx.steady(),
    outlet.endpoint,
  );
  for (const chunk of dead) {
    ctx.db.run("UPDATE chunks SET status = 'failed', finished_at = ? WHERE seq = ?", ctx.now(), chunk.seq!);
    for (const item of JSON.parse(chunk.items as string) as number[]) {
      const row = ctx.db.get(
        'SELECT * FROM outlet_items WHERE outlet = ? AND item = ?',
        outlet.id,
        item,
      ) as unknown as OutletItem;
      if (row.state !== STATE.unanswered) continue;
      ctx.countState(outlet, STATE.unanswered, STATE.held);
      row.state = STATE.held;
      ctx.db.run('UPDATE outlet_items SET state = 3 WHERE outlet = ? AND item = ?', outlet.id, item);
      place(ctx, outlet, row, readFacts(ctx, item));
    }
  }
}

/** Leases that ended without a settlement: their items are waiting again. */
export function sweepLeases(ctx: Context, outlet: Outlet): void {
  // Messages that were lost together are one reason to wait longer.
  const lost_leases = outlet.lost_leases + 1;
  for (const lease of ctx.db.all('SELECT * FROM leases WHERE outlet = ? AND until <= ?', outlet.id, ctx.steady())) {
    const chunk = lease.chunk === null ? undefined : ctx.db.get('SELECT * FROM chunks WHERE seq = ?', lease.chunk!);
    if (chunk === undefined) ctx.updateOutlet(outlet, { lost_leases });
    giveBackLease(ctx, outlet, lease, chunk ? failureOfChunk(chunk) : undefined);
  }
}
