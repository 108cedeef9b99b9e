/** Pushes as records: starting one, telling when it has ended and how. */
import { InvalidInputError } from '../../errors';
import { formatInstant } from '../../stock/time';
import type { PushRecord, PushStatus, StartPush } from '../ledger';
import { countHour } from './activity';
import type { Context, Outlet } from './context';
import type { Row } from './database';
import { forceAll } from './place-all';

/** @throws InvalidInputError `unknown_outlet` or `outlet_off` */
export function startPush(ctx: Context, start: StartPush): PushRecord {
  const outlet = ctx.outletNamed(start.outlet);
  if (!outlet.enabled)
    throw new InvalidInputError(
      'outlet_off',
      `The outlet ${outlet.name} (${outlet.key}) is switched off. Switch on "push" in its row and deploy.`,
    );
  const same = start.id === undefined ? undefined : ctx.db.get('SELECT seq FROM pushes WHERE id = ?', start.id);
  if (same) return readPush(ctx, same.seq as number);
  const joined =
    start.type === 'partial' && start.id === undefined && (start.trigger === 'auto' || start.trigger === 'schedule')
      ? idlePush(ctx, outlet)
      : undefined;
  if (joined !== undefined) {
    ctx.db.run('UPDATE pushes SET bound = ? WHERE seq = ?', ctx.lastChange, joined);
    return readPush(ctx, joined);
  }
  if (start.type === 'full') {
    forceAll(ctx, outlet);
    if (outlet.mapping_changed) ctx.updateOutlet(outlet, { mapping_changed: false });
  }
  return readPush(ctx, insertPush(ctx, outlet, start));
}

export function insertPush(ctx: Context, outlet: Outlet, start: Omit<StartPush, 'outlet'>, taking = true): number {
  return ctx.db.run(
    "INSERT INTO pushes (id, outlet, type, trigger, created_by, started_at, bound, taking, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running')",
    start.id ?? `p${ctx.clock.id()}`,
    outlet.id,
    start.type,
    start.trigger,
    start.created_by,
    ctx.now(),
    ctx.lastChange,
    Number(taking),
  );
}

/** A partial push that has not taken anything yet (its outlet is not reachable, or its turn has not come): one is enough. */
function idlePush(ctx: Context, outlet: Outlet): number | undefined {
  const row = ctx.db.get(
    "SELECT seq FROM pushes INDEXED BY pushes_running WHERE outlet = ? AND finished_at IS NULL AND taking = 1 AND item_count = 0 AND type = 'partial' AND trigger <> 'api' ORDER BY seq LIMIT 1",
    outlet.id,
  );
  return row?.seq as number | undefined;
}

const BY_ITSELF = new Set(['auto', 'schedule', 'recovery']);

/** Ends the push when nothing of it is left to take and none of its leases is open. */
export function finishIfDone(ctx: Context, seq: number): PushRecord | null {
  const row = ctx.db.get('SELECT * FROM pushes WHERE seq = ? AND finished_at IS NULL', seq);
  if (
    !row ||
    row.taking === 1 ||
    ctx.db.get('SELECT 1 AS open FROM leases WHERE outlet = ? AND push = ?', row.outlet!, seq)
  )
    return null;
  ctx.rounds.delete(seq);
  if (row.item_count === 0 && row.chunks === 0 && row.failed === 0 && BY_ITSELF.has(row.trigger as string)) {
    // Nobody asked and there was nothing to do: no push worth a row.
    ctx.db.run('DELETE FROM pushes WHERE seq = ?', seq);
    return null;
  }
  const { item_count, confirmed, refused } = row as unknown as PushRecord;
  const unsent = item_count - confirmed - refused;
  const gaveUp = row.failed === 1;
  let status: PushStatus = 'success';
  if (gaveUp || refused > 0 || unsent > 0) status = confirmed > 0 ? 'partial' : 'failed';
  const response_message = gaveUp ? row.response_message! : (wordsOf(item_count, unsent) ?? row.response_message!);
  const error_details = !gaveUp && unsent > 0 ? 'not_confirmed' : row.error_details!;
  const now = ctx.now();
  ctx.db.run(
    'UPDATE pushes SET finished_at = ?, status = ?, response_message = ?, error_details = ? WHERE seq = ?',
    now,
    status,
    response_message,
    error_details,
    seq,
  );
  // A push that gave up was counted as an error when it did.
  countHour(ctx, row.outlet as number, 1, status !== 'success' && !gaveUp ? 1 : 0);
  const record = recordOf(ctx, { ...row, finished_at: now, status, response_message, error_details });
  ctx.finished.push(record);
  return record;
}

/** Of a push that did not give up; null = the platform's own words say it. */
function wordsOf(items: number, unsent: number): string | null {
  if (items === 0) return 'Nothing to push: the platform has everything.';
  if (unsent <= 0) return null;
  return `${unsent} of ${items} items were not confirmed: they did not come through the flow, or the platform did not take them. Nothing is lost: they are waiting again, or held.`;
}

/** The push goes on, and counts what it takes again when it takes it: until then, what is settled or under way. */
export function takeAgain(ctx: Context, outlet: Outlet, seq: number): void {
  ctx.db.run(
    `UPDATE pushes SET taking = 1, item_count = confirmed + refused + (SELECT coalesce(sum(remaining), 0) FROM leases WHERE outlet = ? AND push = ?)
     WHERE seq = ? AND taking = 0 AND finished_at IS NULL AND failed = 0`,
    outlet.id,
    seq,
    seq,
  );
}

/** What was held begins to wait only now, so it is newer than the pushes that were asked for meanwhile; they mean it all the same. */
export function takeAlsoWhatWasHeld(ctx: Context, outlet: Outlet): void {
  ctx.db.run(
    'UPDATE pushes INDEXED BY pushes_running SET bound = ? WHERE outlet = ? AND finished_at IS NULL AND taking = 1',
    ctx.lastChange,
    outlet.id,
  );
}

const SWITCHED_OFF =
  'The outlet was switched off before all of this push was sent. Nothing is lost: the rest is held until it is switched on and pushed again.';

/** Pushes of an outlet that is switched off take nothing any more; what is under way is still settled. */
export function endPushes(ctx: Context, outlet: Outlet): void {
  for (const { seq, taking, trigger } of ctx.db.all(
    'SELECT seq, taking, trigger FROM pushes INDEXED BY pushes_running WHERE outlet = ? AND finished_at IS NULL',
    outlet.id,
  )) {
    // Whoever asked for it is not told that there was nothing to push.
    if (taking === 1 && !BY_ITSELF.has(trigger as string) && hasLeft(ctx, outlet, seq as number))
      ctx.db.run(
        "UPDATE pushes SET failed = 1, response_message = ?, error_details = 'not_confirmed' WHERE seq = ? AND failed = 0",
        SWITCHED_OFF,
        seq!,
      );
    stopTaking(ctx, seq as number);
    finishIfDone(ctx, seq as number);
  }
}

function hasLeft(ctx: Context, outlet: Outlet, seq: number): boolean {
  const left = `SELECT 1 AS any FROM outlet_items o, pushes p WHERE p.seq = ? AND o.outlet = ?
     AND (o.state IN (1, 6) AND o.since <= p.bound OR o.state = 3 AND o.hold = 0) LIMIT 1`;
  return ctx.db.get(left, seq, outlet.id) !== undefined;
}

/** The push takes nothing any more. */
export function stopTaking(ctx: Context, seq: number): void {
  ctx.db.run('UPDATE pushes SET taking = 0 WHERE seq = ?', seq);
}

export function readPush(ctx: Context, seq: number): PushRecord {
  return recordOf(ctx, ctx.db.get('SELECT * FROM pushes WHERE seq = ?', seq)!);
}

export function recordOf(ctx: Context, row: Row): PushRecord {
  const outlet = ctx.outletsById.get(row.outlet as number)!;
  return {
    id: row.id as string,
    outlet: outlet.key,
    outlet_name: outlet.name,
    store_id: outlet.store_id,
    platform: outlet.platform,
    type: row.type as PushRecord['type'],
    trigger: row.trigger as PushRecord['trigger'],
    created_by: row.created_by as string,
    started_at: formatInstant((row.started_at as number) * 1000),
    finished_at: row.finished_at === null ? null : formatInstant((row.finished_at as number) * 1000),
    item_count: row.item_count as number,
    confirmed: row.confirmed as number,
    refused: row.refused as number,
    status: row.status as PushStatus,
    response_code: row.response_code as number | null,
    response_message: row.response_message as string | null,
    error_details: row.error_details as string | null,
    chunks: row.chunks as number,
  };
}
