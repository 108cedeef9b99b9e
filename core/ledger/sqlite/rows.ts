/** One item at one outlet: reading its row, deciding its state, writing the change. */

import type { SQLInputValue } from 'node:sqlite';
import { isSoldOut, sameValues, wantedValues } from '../../pushing/wanted';
import type { ItemFacts } from '../../stock/merge';
import type { ItemState, OutletValues } from '../ledger';
import { type Context, type Outlet, STATE, type State } from './context';
import type { Row } from './database';

/** What a state is called outside, by its number. */
export const NAMES: readonly ItemState[] = [
  'in_sync',
  'waiting',
  'sending',
  'held',
  'refused',
  'incomplete',
  'waiting',
];

export interface OutletItem {
  outlet: number;
  item: number;
  state: State;
  urgency: number;
  since: number | null;
  since_at: number | null;
  forced: number;
  hold: number;
  drops: number;
  lease: number | null;
  known: 0 | 1 | 2;
  c_price: string | null;
  c_status: 0 | 1 | null;
  c_quantity: string | null;
  c_at: number | null;
  c_endpoint: number | null;
  c_chunk: number | null;
  s_price: string | null;
  s_status: 0 | 1 | null;
  s_quantity: string | null;
  s_version: number | null;
  s_chunk: number | null;
  reason_code: string | null;
  reason: string | null;
}

export function readRow(ctx: Context, outlet: number, item: number): OutletItem | undefined {
  return ctx.db.get('SELECT * FROM outlet_items WHERE outlet = ? AND item = ?', outlet, item) as unknown as
    | OutletItem
    | undefined;
}

/** An item at an outlet with what is known of the item itself. */
export type FullItem = OutletItem & Row;

const FULL = 'o.*, i.quantity, i.quantity_at, i.price, i.status, i.status_at';

/** Those of the items that the outlet has, in the given order. */
export function readRows(ctx: Context, outlet: number, items: number[]): FullItem[] {
  return ctx.db.all(
    `SELECT ${FULL} FROM json_each(?) n CROSS JOIN outlet_items o ON o.outlet = ? AND o.item = n.value CROSS JOIN items i ON i.id = o.item`,
    JSON.stringify(items),
    outlet,
  ) as unknown as FullItem[];
}

/** Those of the items that are being sent, in the given order, each with its lease. */
export function readLent(ctx: Context, outlet: number, items: number[]): Map<number, number> {
  const rows = ctx.db.all(
    'SELECT o.item, o.lease FROM json_each(?) n CROSS JOIN outlet_items o ON o.outlet = ? AND o.item = n.value WHERE o.state = 2',
    JSON.stringify(items),
    outlet,
  );
  return new Map(rows.map(({ item, lease }) => [item as number, lease as number]));
}

/** All that is under a lease. */
export function readLeased(ctx: Context, outlet: number, lease: number): FullItem[] {
  return ctx.db.all(
    `SELECT ${FULL} FROM outlet_items o CROSS JOIN items i ON i.id = o.item WHERE o.lease = ? AND o.outlet = ?`,
    lease,
    outlet,
  ) as unknown as FullItem[];
}

/** Of all that is under a lease: what was sent, what the platform had before, and what is known of the item now. */
type SentItem = Pick<OutletItem, 'item' | 'hold' | 'since_at' | Confirmed | 's_price' | 's_status' | 's_quantity'> &
  Row;
type Confirmed = 'known' | 'c_price' | 'c_status' | 'c_quantity' | 'c_endpoint';

export function readSent(ctx: Context, outlet: number, lease: number): SentItem[] {
  return ctx.db.all(
    `SELECT o.item, o.hold, o.since_at, o.known, o.c_price, o.c_status, o.c_quantity, o.c_endpoint, o.s_price, o.s_status, o.s_quantity,
       i.quantity, i.quantity_at, i.price, i.status, i.status_at
     FROM outlet_items o CROSS JOIN items i ON i.id = o.item WHERE o.lease = ? AND o.outlet = ?`,
    lease,
    outlet,
  ) as unknown as SentItem[];
}

export const wantedOf = (outlet: Outlet, row: Row): OutletValues | null =>
  wantedValues(factsOf(row), outlet.fields, outlet.threshold);

export function factsOf(row: Row): ItemFacts {
  return {
    quantity: row.quantity as string | null,
    quantityAt: row.quantity_at as number | null,
    price: row.price as string | null,
    status: row.status as 0 | 1 | null,
    statusAt: row.status_at as number | null,
  };
}

export function readFacts(ctx: Context, item: number): ItemFacts {
  return factsOf(ctx.db.get('SELECT quantity, quantity_at, price, status, status_at FROM items WHERE id = ?', item)!);
}

export const confirmedOf = (
  row: Pick<OutletItem, 'known' | 'c_price' | 'c_status' | 'c_quantity'>,
): OutletValues | null => (row.known === 1 ? valuesOf(row.c_price, row.c_status, row.c_quantity) : null);
export const sentOf = (row: Pick<OutletItem, 's_price' | 's_status' | 's_quantity'>): OutletValues =>
  valuesOf(row.s_price, row.s_status, row.s_quantity);

export function valuesOf(price: string | null, status: 0 | 1 | null, quantity: string | null): OutletValues {
  return {
    ...(price === null ? {} : { selling_price: price }),
    ...(status === null ? {} : { stock_status: status }),
    ...(quantity === null ? {} : { quantity }),
  };
}

/** Nothing is sent for an outlet that is switched off, paused, or whose address has a variable that is not set. */
export function isActive(outlet: Outlet): boolean {
  return outlet.enabled && !outlet.paused && outlet.endpoint !== null;
}

/** The state of an item that is neither being sent nor waiting for an answer. */
export function decideState(outlet: Outlet, row: OutletItem, wanted: OutletValues | null): State {
  if (wanted === null) return STATE.incomplete;
  if (row.hold) return STATE.held;
  if (row.state === STATE.refused && !row.forced && sameValues(sentOf(row), wanted, outlet.fields))
    return STATE.refused;
  const confirmed = row.c_endpoint === outlet.endpoint ? confirmedOf(row) : null;
  if (!row.forced && sameValues(confirmed, wanted, outlet.fields)) return STATE.in_sync;
  return isActive(outlet) ? STATE.waiting : STATE.held;
}

/** Puts an item where it belongs now. Items that are being sent stay until they are settled. */
export function place(ctx: Context, outlet: Outlet, row: OutletItem, facts: ItemFacts): void {
  if (row.state === STATE.sending || row.state === STATE.unanswered) return;
  if (!move(ctx, outlet, row, facts)) return;
  writePlace(ctx, row);
}

/** @param more what else is set, in the words of SQL */
function writePlace(ctx: Context, row: OutletItem, more = '', values: SQLInputValue[] = []): void {
  ctx.db.run(
    `UPDATE outlet_items SET state = ?, urgency = ?, since = ?, since_at = ?, reason_code = ?, reason = ?${more} WHERE outlet = ? AND item = ?`,
    row.state,
    row.urgency,
    row.since,
    row.since_at,
    row.reason_code,
    row.reason,
    ...values,
    row.outlet,
    row.item,
  );
}

/** Whether the platform sells it, or nobody knows. */
function mayBeSold(row: OutletItem): boolean {
  const confirmed = confirmedOf(row);
  return confirmed === null ? row.known === 2 : !isSoldOut(confirmed);
}

/** In memory, for the caller to write. @returns whether anything of the row is different now */
function move(ctx: Context, outlet: Outlet, row: OutletItem, facts: ItemFacts): boolean {
  const wanted = wantedValues(facts, outlet.fields, outlet.threshold);
  const state = decideState(outlet, row, wanted);
  const soldOut = wanted !== null && isSoldOut(wanted) && mayBeSold(row);
  const urgency = soldOut ? 0 : 1;
  if (state === STATE.waiting) ctx.changed.add(outlet.key);
  if (state === row.state && urgency === row.urgency) return false;
  const entering = state === STATE.waiting && row.state !== STATE.waiting && row.since === null;
  ctx.countState(outlet, row.state, state);
  const settled = state === STATE.in_sync || state === STATE.refused || state === STATE.incomplete;
  const keepReason = state === STATE.refused || (state === STATE.held && row.hold === 1);
  row.since = entering ? ctx.nextChange() : settled ? null : row.since;
  row.since_at = entering ? ctx.now() : settled ? null : row.since_at;
  row.state = state;
  row.urgency = urgency;
  row.reason_code = keepReason ? row.reason_code : null;
  row.reason = keepReason ? row.reason : null;
  return true;
}

/** Takes an item out of sending (or out of waiting for an answer) and puts it where it belongs now. */
export function release(ctx: Context, outlet: Outlet, row: OutletItem, facts: ItemFacts): void {
  leave(ctx, outlet, row);
  move(ctx, outlet, row, facts);
  writePlace(ctx, row, ', lease = NULL');
}

/** The same for what the platform has taken, when a newer value is wanted by now (or it is on hold): it has what was sent. */
export function confirm(ctx: Context, outlet: Outlet, row: FullItem, chunk: Row): void {
  row.known = 1;
  row.c_price = row.s_price;
  row.c_status = row.s_status;
  row.c_quantity = row.s_quantity;
  row.c_endpoint = chunk.endpoint as number;
  row.forced = 0;
  row.since = null;
  row.since_at = null;
  leave(ctx, outlet, row);
  move(ctx, outlet, row, factsOf(row));
  writePlace(ctx, row, `, lease = NULL, ${CONFIRMED}`, [ctx.now(), row.c_endpoint, chunk.seq!]);
}

const CONFIRMED = `known = 1, c_price = s_price, c_status = s_status, c_quantity = s_quantity, c_at = ?, c_endpoint = ?, c_chunk = ?,
  forced = 0, drops = 0`;

/** And when exactly that is still wanted: all that is left under the lease in one statement, since whole catalogues come this way. */
export function confirmInSync(ctx: Context, outlet: Outlet, lease: number, chunk: Row, items: number): void {
  ctx.db.run(
    `UPDATE outlet_items SET state = 0, urgency = 1, since = NULL, since_at = NULL, reason_code = NULL, reason = NULL, lease = NULL, ${CONFIRMED}
     WHERE lease = ? AND outlet = ?`,
    ctx.now(),
    chunk.endpoint!,
    chunk.seq!,
    lease,
    outlet.id,
  );
  ctx.countState(outlet, STATE.sending, STATE.in_sync, items);
}

/** Ends the lease without deciding where the item goes: callers place it. Until then it counts as held. */
export function unlease(ctx: Context, outlet: Outlet, row: OutletItem): void {
  leave(ctx, outlet, row);
  ctx.db.run(
    'UPDATE outlet_items SET state = ?, lease = NULL WHERE outlet = ? AND item = ?',
    STATE.held,
    row.outlet,
    row.item,
  );
}

function leave(ctx: Context, outlet: Outlet, row: OutletItem): void {
  ctx.countState(outlet, row.state, STATE.held);
  row.state = STATE.held;
  row.lease = null;
}

const ABSENT: Omit<OutletItem, 'outlet' | 'item'> = {
  state: STATE.incomplete,
  urgency: 1,
  since: null,
  since_at: null,
  forced: 0,
  hold: 0,
  drops: 0,
  lease: null,
  known: 0,
  c_price: null,
  c_status: null,
  c_quantity: null,
  c_at: null,
  c_endpoint: null,
  c_chunk: null,
  s_price: null,
  s_status: null,
  s_quantity: null,
  s_version: null,
  s_chunk: null,
  reason_code: null,
  reason: null,
};

/** An item that an outlet did not have appears there, where it belongs at once. */
export function appear(ctx: Context, outlet: Outlet, item: number, facts: ItemFacts): void {
  const row: OutletItem = { outlet: outlet.id, item, ...ABSENT };
  ctx.countState(outlet, null, row.state);
  move(ctx, outlet, row, facts);
  ctx.db.run(
    'INSERT INTO outlet_items (outlet, item, state, urgency, since, since_at) VALUES (?, ?, ?, ?, ?, ?)',
    row.outlet,
    row.item,
    row.state,
    row.urgency,
    row.since,
    row.since_at,
  );
}
