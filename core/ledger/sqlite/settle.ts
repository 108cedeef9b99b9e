/** What became of a committed request: confirmed, refused, waiting again, or not known. */
import type { Ticket, TicketEntry } from '../../pushing/ticket';
import { sameValues } from '../../pushing/wanted';
import type { Answer, ItemRefusal, Outcome, PushRecord, SettledRequest, SettleResult } from '../ledger';
import { isOpen, isTooEarly, mayHold, noteGood } from './breaker';
import { type Context, type Outlet, STATE } from './context';
import type { Row } from './database';
import { byLease, failPush, giveBackLease, leased, markUnanswered, shrinkLease, steadily } from './giveback';
import { finishIfDone } from './pushes';
import {
  confirm,
  confirmedOf,
  confirmInSync,
  factsOf,
  type OutletItem,
  place,
  readFacts,
  readRow,
  readRows,
  readSent,
  release,
  sentOf,
  unlease,
  wantedOf,
} from './rows';
import { drain } from './take';

/** After a partial answer the rest keeps its lease this long for the next request. */
const NEXT_MS = 30_000;
const DROPS_UNTIL_HELD = 3;
const ISOLATED_UNTIL_FAULT = 3;

export function settle(ctx: Context, chunkId: string, outcome: Outcome, answer: Answer): SettleResult {
  const chunk = ctx.db.get('SELECT * FROM chunks WHERE id = ?', chunkId);
  const lease = chunk && ctx.db.get('SELECT * FROM leases WHERE outlet = ? AND chunk = ?', chunk.outlet!, chunk.seq!);
  // Without its lease the chunk was taken for unanswered already and is repeated: that answer will count.
  if (!chunk || !lease) return { fault: false, finished: null };
  const outlet = ctx.outletsById.get(chunk.outlet as number)!;
  noteAnswer(ctx, chunk, lease, outcome, answer);
  const request: SettledRequest = {
    outlet: outlet.key,
    outcome: outcome.kind,
    reach: outcome.kind === 'outage' ? outcome.reach : null,
    duration_ms: answer.duration_ms,
    confirmed: 0,
    refused: outcome.kind === 'isolated' ? 1 : 'refused' in outcome ? outcome.refused.length : 0,
    waited_ms: [],
  };
  ctx.requests.push(request);
  let open = false;
  if (outcome.kind !== 'outage' && outcome.kind !== 'unknown') noteGood(ctx, outlet);
  switch (outcome.kind) {
    case 'accepted':
      accept(ctx, outlet, chunk, lease, outcome.refused, request);
      break;
    case 'named':
      refuseRows(ctx, outlet, chunk, lease, outcome.refused);
      reachable(ctx, outlet);
      hold(ctx, lease, ctx.steady() + NEXT_MS);
      break;
    case 'split':
      hold(ctx, lease, ctx.steady() + NEXT_MS);
      break;
    case 'isolated':
      if (isolate(ctx, outlet, chunk, lease, outcome, answer))
        return { fault: true, finished: finished(ctx, lease.push as number) };
      break;
    case 'outage':
      open = outage(ctx, outlet, chunk, lease, outcome, answer);
      break;
    case 'unknown':
      open = unknown(ctx, outlet, chunk, lease, outcome, answer);
      break;
  }
  return { fault: false, open, finished: finished(ctx, lease.push as number) };
}

/** The push as it ended, when this settlement (or giving back within it) ended it. */
function finished(ctx: Context, push: number): PushRecord | null {
  const ended = finishIfDone(ctx, push);
  if (ended) return ended;
  const id = ctx.db.get('SELECT id FROM pushes WHERE seq = ?', push)?.id;
  return ctx.finished.find((record) => record.id === id) ?? null;
}

const CHUNK_STATUS = {
  accepted: 'accepted',
  named: 'failed',
  split: 'split',
  isolated: 'failed',
  outage: 'failed',
  unknown: 'unknown',
} as const;

function noteAnswer(ctx: Context, chunk: Row, lease: Row, outcome: Outcome, answer: Answer): void {
  const now = ctx.steady();
  // An outage's answer to a repeat settles nothing: the chunk stays unknown.
  const status =
    chunk.status === 'unknown' && outcome.kind !== 'accepted' && outcome.kind !== 'named'
      ? 'unknown'
      : CHUNK_STATUS[outcome.kind];
  const failure = 'code' in outcome ? outcome : null;
  ctx.db.run(
    'UPDATE chunks SET status = ?, finished_at = ?, response_code = ?, response_message = ?, duration_ms = ?, error_code = ?, reach = ?, retry_after = ? WHERE seq = ?',
    status,
    now,
    answer.statusCode,
    failure?.message ?? answer.message,
    Math.round(answer.duration_ms),
    failure?.code ?? null,
    outcome.kind === 'outage' ? outcome.reach : null,
    'retryAfter' in outcome ? (outcome.retryAfter ?? null) : null,
    chunk.seq!,
  );
  if (outcome.kind === 'accepted' || outcome.kind === 'named' || outcome.kind === 'isolated') {
    // Of items that were refused each has its own words; but an outage that a recovery began with is over.
    const where = outcome.kind === 'accepted' ? '' : 'AND error_details IS NOT NULL';
    ctx.db.run(
      `UPDATE pushes SET response_code = ?, response_message = ?, error_details = NULL WHERE seq = ? AND failed = 0 ${where}`,
      answer.statusCode,
      answer.message,
      lease.push!,
    );
  }
}

function accept(
  ctx: Context,
  outlet: Outlet,
  chunk: Row,
  lease: Row,
  refused: ItemRefusal[],
  request: SettledRequest,
): void {
  refuseRows(ctx, outlet, chunk, lease, refused);
  const confirmed =
    lease.claimed === 1 ? noteOwnList(ctx, outlet, lease) : confirmLeased(ctx, outlet, chunk, lease, request);
  request.confirmed = confirmed;
  ctx.db.run('UPDATE pushes SET confirmed = confirmed + ? WHERE seq = ?', confirmed, lease.push!);
  if (confirmed > 0) {
    ctx.updateOutlet(outlet, { isolated: null, last_success_at: ctx.now(), lost_leases: 0 });
    // An operator's own list says nothing about how the flow maps.
    if (lease.claimed !== 1) noteMapping(ctx, outlet, chunk.mapping as string, lease.push as number);
  }
  reachable(ctx, outlet);
  shrinkLease(ctx, outlet, ctx.db.get('SELECT * FROM leases WHERE id = ?', lease.id!) ?? lease, confirmed);
}

/** Nobody but the operator knows what was in the list: the values of the ledger are to follow. */
function noteOwnList(ctx: Context, outlet: Outlet, lease: Row): number {
  const rows = leased(ctx, outlet, lease.id as number);
  for (const row of rows) {
    ctx.db.run('UPDATE outlet_items SET known = 2, forced = 0 WHERE outlet = ? AND item = ?', outlet.id, row.item);
    row.known = 2;
    row.forced = 0;
    release(ctx, outlet, row, factsOf(row));
  }
  return rows.length;
}

/** The platform has what was sent of the lease. @returns how many items */
function confirmLeased(ctx: Context, outlet: Outlet, chunk: Row, lease: Row, request: SettledRequest): number {
  const rows = readSent(ctx, outlet.id, lease.id as number);
  const changed: number[] = [];
  const moved: number[] = [];
  for (const row of rows) {
    const sent = sentOf(row);
    const before = row.c_endpoint === chunk.endpoint ? confirmedOf(row) : null;
    if (!sameValues(before, sent, outlet.fields)) {
      changed.push(row.item);
      if (row.since_at !== null) request.waited_ms.push(Math.max(0, ctx.now() - row.since_at));
    }
    const wanted = row.hold || chunk.endpoint !== outlet.endpoint ? null : wantedOf(outlet, row);
    if (!sameValues(sent, wanted, outlet.fields)) moved.push(row.item);
  }
  if (changed.length > 0) keepSends(ctx, outlet, chunk, changed);
  for (const row of readRows(ctx, outlet.id, moved)) confirm(ctx, outlet, row, chunk);
  confirmInSync(ctx, outlet, lease.id as number, chunk, rows.length - moved.length);
  return rows.length;
}

/** Refuses the named ones of the lease. */
function refuseRows(ctx: Context, outlet: Outlet, chunk: Row, lease: Row, refused: ItemRefusal[]): void {
  const named = new Map(refused.map((refusal) => [refusal.item, refusal]));
  const hit = leased(ctx, outlet, lease.id as number, [...named.keys()]);
  if (hit.length === 0) return;
  keepSends(
    ctx,
    outlet,
    chunk,
    hit.map(({ item }) => item),
    'refused',
  );
  for (const row of hit) refuseRow(ctx, outlet, row, named.get(row.item)!);
  const list = [...((JSON.parse((chunk.refused as string | null) ?? '[]') as ItemRefusal[]) ?? []), ...refused];
  ctx.db.run('UPDATE chunks SET refused = ? WHERE seq = ?', JSON.stringify(list), chunk.seq!);
  ctx.db.run('UPDATE pushes SET refused = refused + ? WHERE seq = ?', hit.length, lease.push!);
  shrinkLease(ctx, outlet, lease, hit.length);
}

/** Refused with a reason; but what has a newer value by now is waiting with that. */
function refuseRow(ctx: Context, outlet: Outlet, row: OutletItem, { code, message }: ItemRefusal): void {
  unlease(ctx, outlet, row);
  ctx.countState(outlet, row.state, STATE.refused);
  Object.assign(row, {
    state: STATE.refused,
    forced: 0,
    since: null,
    since_at: null,
    reason_code: code,
    reason: message,
  });
  ctx.db.run(
    'UPDATE outlet_items SET state = ?, forced = 0, drops = 0, since = NULL, since_at = NULL, reason_code = ?, reason = ? WHERE outlet = ? AND item = ?',
    STATE.refused,
    code,
    message,
    outlet.id,
    row.item,
  );
  place(ctx, outlet, row, readFacts(ctx, row.item));
}

/** For the story of the items: what was sent of them, and that it had an effect. */
function keepSends(ctx: Context, outlet: Outlet, chunk: Row, items: number[], outcome = 'accepted'): void {
  ctx.db.run(
    `INSERT INTO sends SELECT item, outlet, ?, coalesce(s_version, 0), s_price, s_status, s_quantity, ? FROM outlet_items
       WHERE outlet = ? AND item IN (SELECT value FROM json_each(?)) ON CONFLICT DO UPDATE SET outcome = excluded.outcome`,
    chunk.seq!,
    outcome,
    outlet.id,
    JSON.stringify(items),
  );
}

function reachable(ctx: Context, outlet: Outlet): void {
  if (outlet.reach === 'ok' && outlet.failures === 0 && outlet.not_before === null) return;
  const back = isOpen(outlet);
  // What another request was asked to wait meanwhile holds on: this one had left before.
  const not_before = isTooEarly(ctx, outlet) ? outlet.not_before : null;
  ctx.updateOutlet(outlet, { reach: 'ok', reach_message: null, failures: 0, not_before });
  if (back) drain(ctx, outlet);
}

/** What was confirmed before was mapped otherwise, unless this is the full push that sends all of it anew. */
function noteMapping(ctx: Context, outlet: Outlet, mapping: string, push: number): void {
  if (outlet.mapping === mapping) return;
  ctx.updateOutlet(outlet, { mapping, mapping_changed: outlet.mapping !== null && !isAllOf(ctx, push, mapping) });
}

/** Whether the push sends everything, and all of it under this mapping so far. */
function isAllOf(ctx: Context, push: number, mapping: string): boolean {
  const full = ctx.db.get("SELECT 1 AS yes FROM pushes WHERE seq = ? AND type = 'full'", push);
  if (!full) return false;
  const other = "SELECT 1 AS any FROM chunks WHERE push = ? AND status = 'accepted' AND mapping <> ? LIMIT 1";
  return ctx.db.get(other, push, mapping) === undefined;
}

function hold(ctx: Context, lease: Row, until: number): void {
  ctx.db.run('UPDATE leases SET until = ? WHERE id = ?', until, lease.id!);
}

/** What the platform asked to wait holds for every message of the outlet. */
function holdForRetry(
  ctx: Context,
  outlet: Outlet,
  lease: Row,
  { holdUntil, retryAfter }: { holdUntil: number | null; retryAfter?: number | null },
): void {
  hold(ctx, lease, steadily(ctx, holdUntil!));
  if (retryAfter)
    ctx.updateOutlet(outlet, { not_before: Math.max(outlet.not_before ?? 0, ctx.steady() + retryAfter * 1000) });
}

/**
 * Counts isolated refusals with one answer; the third without anything accepted means our form is wrong, not the items.
 * What stands beside others that were accepted is refused itself, however many there are of it.
 */
function isolate(
  ctx: Context,
  outlet: Outlet,
  chunk: Row,
  lease: Row,
  { refusal, proven }: Extract<Outcome, { kind: 'isolated' }>,
  answer: Answer,
): boolean {
  refuseRows(ctx, outlet, chunk, lease, [refusal]);
  if (proven) return false;
  const signature = `${answer.statusCode} ${refusal.code} ${refusal.message}`;
  const streak =
    outlet.isolated === null ? null : (JSON.parse(outlet.isolated) as { signature: string; items: number[] });
  const items = [...new Set([...(streak?.signature === signature ? streak.items : []), refusal.item])];
  if (items.length < ISOLATED_UNTIL_FAULT) {
    ctx.updateOutlet(outlet, { isolated: JSON.stringify({ signature, items }) });
    return false;
  }
  for (const item of items) takeBack(ctx, outlet, item, lease.push as number);
  const message =
    'The platform refuses the form of our message: check the field mapper. Nothing is lost, nothing was refused.';
  ctx.updateOutlet(outlet, { isolated: null });
  failPush(ctx, outlet, lease.push as number, {
    code: 'outlet_fault',
    message,
    statusCode: answer.statusCode,
    reach: 'fault',
    retryAfter: null,
  });
  for (const open of ctx.db.all(
    'SELECT l.* FROM leases l LEFT JOIN chunks c ON c.seq = l.chunk WHERE l.outlet = ? AND l.take = ? AND (c.status IS NULL OR c.status <> ?)',
    outlet.id,
    lease.take!,
    'sending',
  )) {
    giveBackLease(ctx, outlet, open);
  }
  return true;
}

/** Not the item was refused but the form; in the record of this push, too. */
function takeBack(ctx: Context, outlet: Outlet, item: number, push: number): void {
  const row = readRow(ctx, outlet.id, item);
  if (row?.state !== STATE.refused) return;
  const asked = ctx.db.get('SELECT push FROM chunks WHERE seq = ?', row.s_chunk)?.push;
  if (asked === push) ctx.db.run('UPDATE pushes SET refused = refused - 1 WHERE seq = ?', push);
  ctx.countState(outlet, STATE.refused, STATE.held);
  row.state = STATE.held;
  ctx.db.run('UPDATE outlet_items SET state = 3 WHERE outlet = ? AND item = ?', outlet.id, item);
  place(ctx, outlet, row, readFacts(ctx, item));
}

/** @returns true when a hold was asked for and is not granted */
function outage(
  ctx: Context,
  outlet: Outlet,
  chunk: Row,
  lease: Row,
  outcome: Extract<Outcome, { kind: 'outage' }>,
  answer: Answer,
): boolean {
  const held = mayHold(ctx, outlet) && outcome.holdUntil !== null;
  if (outcome.uncertain)
    ctx.db.run('UPDATE outlet_items SET known = 2 WHERE lease = ? AND outlet = ?', lease.id!, outlet.id);
  if (held) {
    holdForRetry(ctx, outlet, lease, outcome);
    return false;
  }
  const { code, message, reach, retryAfter } = outcome;
  // A repeat that was answered by an outage is given back as still unknown; everything else as it was.
  const still = ctx.db.get('SELECT * FROM chunks WHERE seq = ?', chunk.seq!)!;
  if (still.status === 'sending') ctx.db.run("UPDATE chunks SET status = 'failed' WHERE seq = ?", chunk.seq!);
  giveBackLease(ctx, outlet, ctx.db.get('SELECT * FROM leases WHERE id = ?', lease.id!)!, {
    code,
    message,
    statusCode: answer.statusCode,
    reach,
    retryAfter,
  });
  return outcome.holdUntil !== null;
}

/** @returns true when a hold was asked for and is not granted */
function unknown(
  ctx: Context,
  outlet: Outlet,
  chunk: Row,
  lease: Row,
  outcome: Extract<Outcome, { kind: 'unknown' }>,
  answer: Answer,
): boolean {
  const held = mayHold(ctx, outlet) && outcome.holdUntil !== null;
  markUnanswered(ctx, chunk, chunk.sent_at as number);
  ctx.db.run('UPDATE outlet_items SET known = 2 WHERE lease = ? AND outlet = ?', lease.id!, outlet.id);
  if (held) {
    holdForRetry(ctx, outlet, lease, outcome);
    return false;
  }
  const { code, message, retryAfter = null } = outcome;
  giveBackLease(ctx, outlet, lease, {
    code,
    message,
    statusCode: answer.statusCode,
    reach: 'not_reachable',
    retryAfter,
  });
  return outcome.holdUntil !== null;
}

/** Entries that cannot be sent as they are (the mapper, a number that is not exact). */
export function refuse(ctx: Context, ticket: Ticket, refused: ItemRefusal[]): void {
  const outlet = ctx.outletsByKey.get(ticket.outlet);
  if (!outlet) return;
  const leases = new Map(ticket.entries.map(({ item, lease }) => [item, lease]));
  for (const refusal of refused) {
    const row = readRow(ctx, outlet.id, refusal.item);
    const lease =
      row && row.lease !== null && row.lease === leases.get(refusal.item)
        ? ctx.db.get('SELECT * FROM leases WHERE id = ?', row.lease)
        : undefined;
    if (!row || !lease) continue;
    refuseRow(ctx, outlet, row, refusal);
    ctx.db.run('UPDATE pushes SET refused = refused + 1 WHERE seq = ?', lease.push!);
    shrinkLease(ctx, outlet, lease, 1);
    finishIfDone(ctx, lease.push as number);
  }
}

/** In the ticket but not in the body: waiting again; the third time held, so that a flow that drops an item does not do so for ever. */
export function dropped(ctx: Context, ticket: Ticket, entries: TicketEntry[]): void {
  const outlet = ctx.outletsByKey.get(ticket.outlet);
  if (!outlet) return;
  for (const [id, items] of byLease({ ...ticket, entries })) {
    const lease = ctx.db.get('SELECT * FROM leases WHERE id = ?', id);
    if (!lease) continue;
    for (const row of leased(ctx, outlet, id, items)) {
      const drops = row.drops + 1;
      const held = drops >= DROPS_UNTIL_HELD;
      const reason = held
        ? 'The flow took this item out of the message three times. Check the nodes between changed stock and the push, then try a push of this shop again.'
        : null;
      ctx.db.run(
        'UPDATE outlet_items SET drops = ?, hold = ?, reason_code = ?, reason = ? WHERE outlet = ? AND item = ?',
        drops,
        Number(held),
        held ? 'dropped_by_flow' : null,
        reason,
        outlet.id,
        row.item,
      );
    }
    giveBackLease(ctx, outlet, lease, undefined, items);
  }
}
