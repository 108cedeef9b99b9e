/** What somebody has to look at, grouped by reason. Bounded, whatever has gone wrong how often: it is read again and again. */
import { formatInstant } from '../../stock/time';
import type { LedgerProblem } from '../ledger';
import type { Context, Outlet } from './context';

/** Rows looked at in each outlet, and of refused input. */
const MAX_LOOKED_AT = 10_000;

export function problems(ctx: Context): LedgerProblem[] {
  const outlets = [...ctx.outletsById.values()].filter(({ enabled }) => enabled);
  return [...outlets.flatMap((outlet) => ofOutlet(ctx, outlet)), ...ofInput(ctx)];
}

function ofOutlet(ctx: Context, outlet: Outlet): LedgerProblem[] {
  const found: LedgerProblem[] = [];
  const { refused, held, incomplete } = ctx.db.get(
    'SELECT refused, held, incomplete FROM outlets WHERE id = ?',
    outlet.id,
  )! as { refused: number; held: number; incomplete: number };
  const base = { outlet: outlet.key, sender: null, last_at: null };
  if (refused > 0) {
    for (const row of grouped(ctx, outlet, 'state = 4', 'refused'))
      found.push({ ...base, kind: 'refused', code: row.code, count: row.count, message: row.message });
  }
  // What is held because the outlet is paused is no problem of the items.
  if (held > 0 && !outlet.paused) {
    for (const row of grouped(ctx, outlet, 'state = 3 AND hold = 1', 'held'))
      found.push({ ...base, kind: 'held', code: row.code, count: row.count, message: row.message });
  }
  if (incomplete > 0) found.push({ ...base, kind: 'incomplete', code: null, count: incomplete, message: null });
  return found;
}

function grouped(
  ctx: Context,
  outlet: Outlet,
  where: string,
  usual: string,
): { code: string; count: number; message: string | null }[] {
  return ctx.db
    .all(
      `SELECT coalesce(reason_code, ?) AS code, count(*) AS count, max(reason) AS message FROM
       (SELECT reason_code, reason FROM outlet_items WHERE outlet = ? AND ${where} LIMIT +?) GROUP BY 1 ORDER BY 2 DESC`,
      usual,
      outlet.id,
      MAX_LOOKED_AT,
    )
    .map((row) => ({
      code: row.code as string,
      count: row.count as number,
      message: row.message as string | null,
    }));
}

function ofInput(ctx: Context): LedgerProblem[] {
  return ctx.db
    .all(
      `SELECT sender, code, count(*) AS count, max(message) AS message, max(received_at) AS last_at FROM
       (SELECT sender, code, message, received_at, replayed_at FROM refused_inputs ORDER BY id DESC LIMIT +?)
       WHERE replayed_at IS NULL GROUP BY sender, code ORDER BY 3 DESC`,
      MAX_LOOKED_AT,
    )
    .map((row) => ({
      kind: 'input' as const,
      outlet: null,
      sender: row.sender as string,
      code: row.code as string,
      count: row.count as number,
      message: row.message as string,
      last_at: formatInstant((row.last_at as number) * 1000),
    }));
}
