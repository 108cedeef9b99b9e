/** Commits that a request is about to leave: leases compared and set anew, body and key stored. Also what a list without ticket claims. */
import { InvalidInputError } from '../../errors';
import type { Ticket, TicketEntry } from '../../pushing/ticket';
import { sameValues, wantedValues } from '../../pushing/wanted';
import { isStorable } from '../../stock/validate';
import type { BeginSend, BeginSendResult } from '../ledger';
import { pack, unpack } from './body';
import { whyWait } from './breaker';
import { type Context, type Outlet, STATE } from './context';
import type { Row } from './database';
import { byLease, giveBack, shrinkLease, steadily } from './giveback';
import { untoldItem } from './items';
import { isEndpoint } from './outlets';
import { insertPush } from './pushes';
import { factsOf, isActive, type OutletItem, readLent, readRow, readRows, sentOf } from './rows';
import { leaseEnd, newLease, sweepLeases, ticketOf } from './take';

/** Beyond the request's own timeout: enough to read the answer and commit it. */
const SETTLE_MS = 30_000;

export function beginSend(ctx: Context, request: BeginSend): BeginSendResult {
  const { ticket } = request;
  const outlet = ctx.outletsByKey.get(ticket.outlet);
  if (!outlet) return { send: false, lost: ticket.entries.map(({ item }) => item), newer: [], stop: 'outlet_gone' };
  sweepLeases(ctx, outlet);
  const stop = whyNot(ctx, outlet, request) ?? whyWait(ctx, outlet);
  if (stop) {
    giveBack(ctx, ticket);
    return { send: false, lost: ticket.entries.map(({ item }) => item), newer: [], stop };
  }
  const chunk = ticket.chunk === undefined ? undefined : ctx.db.get('SELECT * FROM chunks WHERE id = ?', ticket.chunk);
  const lent = readLent(
    ctx,
    outlet.id,
    ticket.entries.map(({ item }) => item),
  );
  const lost = ticket.entries.flatMap(({ item, lease }) => (lent.get(item) === lease ? [] : [item]));
  for (const item of lost) lent.delete(item);
  if (chunk?.status === 'unknown') return repeat(ctx, outlet, ticket, chunk, lost);
  // An operator's list goes as it is; the ledger's values follow it anyway.
  const newer = request.dropNewer && !ticket.list ? dropNewer(ctx, outlet, ticket, lent) : [];
  if (lost.length > 0 || newer.length > 0 || lent.size === 0) return { send: false, lost, newer };
  return commit(ctx, outlet, request, [...lent.keys()], chunk);
}

function whyNot(ctx: Context, outlet: Outlet, request: BeginSend): string | null {
  if (!outlet.enabled) return 'outlet_off';
  if (outlet.paused) return 'paused';
  if (outlet.endpoint === null || !isEndpoint(ctx, outlet.endpoint, request.endpoint)) return 'endpoint_changed';
  return null;
}

/** Items that have other values by now than those taken go back to waiting: sold out never waits for a repeated try. */
function dropNewer(ctx: Context, outlet: Outlet, ticket: Ticket, lent: Map<number, number>): number[] {
  const newer: number[] = [];
  for (const row of readRows(ctx, outlet.id, [...lent.keys()])) {
    const wanted = wantedValues(factsOf(row), outlet.fields, outlet.threshold);
    if (!sameValues(wanted, sentOf(row), outlet.fields)) newer.push(row.item);
  }
  if (newer.length > 0)
    giveBack(ctx, { ...ticket, entries: ticket.entries.filter(({ item }) => newer.includes(item)) });
  for (const item of newer) lent.delete(item);
  return newer;
}

function repeat(ctx: Context, outlet: Outlet, ticket: Ticket, chunk: Row, lost: number[]): BeginSendResult {
  if (lost.length > 0) return { send: false, lost, newer: [] };
  const lease = moveLeases(ctx, outlet, ticket, chunk.timeout as number, chunk.seq as number);
  ctx.db.run('UPDATE chunks SET attempts = attempts + 1, sent_at = ? WHERE seq = ?', ctx.steady(), chunk.seq!);
  const body = unpack(chunk.body as Uint8Array);
  return { send: true, chunk: chunk.id as string, lease, repeat: { body, idempotencyKey: chunk.key as string } };
}

function commit(
  ctx: Context,
  outlet: Outlet,
  request: BeginSend,
  items: number[],
  tried: Row | undefined,
): BeginSendResult {
  const { ticket } = request;
  const now = ctx.steady();
  let seq: number;
  let id: string;
  if (tried && tried.key === request.idempotencyKey && tried.status === 'failed') {
    seq = tried.seq as number;
    id = tried.id as string;
    ctx.db.run(
      "UPDATE chunks SET status = 'sending', attempts = attempts + 1, sent_at = ?, finished_at = NULL WHERE seq = ?",
      now,
      seq,
    );
  } else {
    const push = ctx.db.get('SELECT seq FROM pushes WHERE id = ?', ticket.id);
    if (!push)
      throw new InvalidInputError('unknown_push', `The push ${ticket.id} of this message is not known to the ledger.`);
    id = `c${ctx.clock.id()}`;
    seq = ctx.db.run(
      `INSERT INTO chunks (id, push, outlet, endpoint, mapping, key_field, claimed, key, body, items, item_count, timeout, attempts, status, started_at, sent_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 'sending', ?, ?)`,
      id,
      push.seq!,
      outlet.id,
      outlet.endpoint!,
      ticket.mapping?.fingerprint ?? 'none',
      ticket.mapping?.key ?? null,
      Number(isClaimed(ctx, ticket)),
      request.idempotencyKey,
      pack(request.body),
      JSON.stringify(items),
      items.length,
      request.timeout,
      now,
      now,
    );
    ctx.db.run('UPDATE pushes SET chunks = chunks + 1 WHERE seq = ?', push.seq!);
  }
  const lease = moveLeases(ctx, outlet, ticket, request.timeout, seq);
  return { send: true, chunk: id, lease };
}

/** Whether it is a list that an operator made. */
function isClaimed(ctx: Context, ticket: Ticket): boolean {
  return ctx.db.get('SELECT claimed FROM leases WHERE id = ?', ticket.entries[0]!.lease)?.claimed === 1;
}

/** Compare-and-set: all entries go under one new lease, so that another copy of the message finds its own gone. */
function moveLeases(ctx: Context, outlet: Outlet, ticket: Ticket, timeout: number, chunk: number): number {
  const groups = byLease(ticket);
  const first = ctx.db.get('SELECT * FROM leases WHERE id = ?', ticket.entries[0]!.lease)!;
  const until = ctx.steady() + timeout + SETTLE_MS;
  const lease = newLease(ctx, outlet, first.push as number, first.take as number, until, ticket.entries.length, chunk);
  if (first.claimed === 1) ctx.db.run('UPDATE leases SET claimed = 1 WHERE id = ?', lease);
  for (const [old, items] of groups) {
    ctx.db.run(
      'UPDATE outlet_items SET lease = ?, s_chunk = ? WHERE outlet = ? AND item IN (SELECT value FROM json_each(?))',
      lease,
      chunk,
      outlet.id,
      JSON.stringify(items),
    );
    const row = ctx.db.get('SELECT * FROM leases WHERE id = ?', old);
    if (row) shrinkLease(ctx, outlet, row, items.length);
  }
  return lease;
}

/** Entries that wait in a node of ours (retry, the push's queue). */
export function renew(ctx: Context, key: string, entries: TicketEntry[], until: number): void {
  const outlet = ctx.outletsByKey.get(key);
  if (!outlet) return;
  sweepLeases(ctx, outlet);
  const end = steadily(ctx, until);
  for (const lease of new Set(entries.map((entry) => entry.lease))) {
    ctx.db.run('UPDATE leases SET until = max(until, ?) WHERE id = ? AND outlet = ?', end, lease, outlet.id);
  }
}

/** Takes named SKUs for a list that came without ticket; what is on its way already is busy. */
export function claim(ctx: Context, key: string, skus: string[]): { ticket: Ticket; busy: string[] } {
  const outlet = ctx.outletsByKey.get(key);
  if (!outlet || !isActive(outlet)) {
    throw new InvalidInputError(
      'outlet_off',
      `The outlet ${key} is unknown, switched off or paused: nothing was sent.`,
    );
  }
  sweepLeases(ctx, outlet);
  const busy: string[] = [];
  const free: { sku: string; version: number; row: OutletItem }[] = [];
  const unknown: string[] = [];
  for (const sku of new Set(skus)) {
    const found = ctx.db.get(
      'SELECT i.id, i.version FROM items i JOIN stores s ON s.id = i.store WHERE s.store_id = ? AND i.sku = ?',
      outlet.store_id,
      sku,
    );
    if (!found) {
      if (isStorable(sku)) unknown.push(sku);
      continue;
    }
    const row = readRow(ctx, outlet.id, found.id as number)!;
    if (row.state === STATE.sending || row.state === STATE.unanswered) busy.push(sku);
    else free.push({ sku, version: found.version as number, row });
  }
  // What nobody told of yet is known from now on: an event for it must not be sent beside the list, nor the list again after it.
  for (const sku of busy.length === 0 ? unknown : []) {
    const item = untoldItem(ctx, outlet.store_id, sku);
    free.push({ sku, version: item.version as number, row: readRow(ctx, outlet.id, item.id as number)! });
  }
  // All or nothing: a list goes whole, or later.
  const claimed = busy.length === 0 ? free : [];
  const entries: TicketEntry[] = [];
  const seq = insertPush(ctx, outlet, { type: 'partial', trigger: 'manual', created_by: 'api' }, false);
  const lease = claimed.length === 0 ? 0 : newLease(ctx, outlet, seq, null, leaseEnd(ctx, outlet), claimed.length);
  for (const { sku, version, row } of claimed) {
    ctx.countState(outlet, row.state, STATE.sending);
    ctx.db.run(
      'UPDATE outlet_items SET state = 2, lease = ? WHERE outlet = ? AND item = ?',
      lease,
      outlet.id,
      row.item,
    );
    entries.push({ sku, item: row.item, version, lease });
  }
  ctx.db.run('UPDATE leases SET claimed = 1 WHERE id = ?', lease);
  ctx.db.run('UPDATE pushes SET item_count = ? WHERE seq = ?', entries.length, seq);
  const ticket = ticketOf(ctx, outlet, ctx.db.get('SELECT * FROM pushes WHERE seq = ?', seq)!, entries);
  // Nothing claimed, nothing to settle: no push worth a row.
  if (claimed.length === 0) ctx.db.run('DELETE FROM pushes WHERE seq = ?', seq);
  return { ticket, busy };
}
