/** What an outlet's pushes did, hour by hour, kept when it happens; and how fast its platform usually takes things. */
import type { OutletActivity, OutletPace } from '../ledger';
import type { Context } from './context';

const HOUR_MS = 3_600_000;
export const HOURS = 24;
/** Requests that the pace is told by, and the pushes they are looked for in. */
const PACE_REQUESTS = 20;
const PACE_PUSHES = 10;

const hourOf = (ctx: Context): number => Math.floor(ctx.now() / HOUR_MS);

export function countHour(ctx: Context, outlet: number, pushes: number, errors: number): void {
  const hour = hourOf(ctx);
  if (!ctx.db.get('SELECT 1 AS yes FROM outlet_hours WHERE outlet = ? AND hour = ?', outlet, hour)) {
    // A clock that was set forward and back must leave nothing behind.
    ctx.db.run('DELETE FROM outlet_hours WHERE outlet = ? AND (hour <= ? OR hour > ?)', outlet, hour - HOURS, hour);
    ctx.db.run('INSERT INTO outlet_hours (outlet, hour) VALUES (?, ?)', outlet, hour);
  }
  ctx.db.run(
    'UPDATE outlet_hours SET pushes = pushes + ?, errors = errors + ? WHERE outlet = ? AND hour = ?',
    pushes,
    errors,
    outlet,
    hour,
  );
}

/** Of each outlet that did something in the last 24 hours; the oldest hour first, the current one last. */
export function activity(ctx: Context): OutletActivity[] {
  const first = hourOf(ctx) - HOURS + 1;
  const found = new Map<number, OutletActivity>();
  for (const row of ctx.db.all('SELECT * FROM outlet_hours')) {
    const at = (row.hour as number) - first;
    const outlet = ctx.outletsById.get(row.outlet as number);
    if (!outlet || at < 0 || at >= HOURS) continue;
    let hours = found.get(outlet.id);
    if (!hours) {
      hours = { outlet: outlet.key, pushes: new Array(HOURS).fill(0), errors: new Array(HOURS).fill(0) };
      found.set(outlet.id, hours);
    }
    hours.pushes[at] = row.pushes as number;
    hours.errors[at] = row.errors as number;
  }
  return [...found.values()];
}

/** Of the last accepted requests; null where nothing was accepted lately. */
export function pace(ctx: Context, key: string): OutletPace | null {
  const outlet = ctx.outletsByKey.get(key);
  if (!outlet) return null;
  const rows = ctx.db.all(
    `SELECT c.push, c.item_count, c.duration_ms FROM (SELECT seq FROM pushes WHERE outlet = ? ORDER BY seq DESC LIMIT +?) p
     JOIN chunks c ON c.push = p.seq WHERE c.status = 'accepted' ORDER BY c.seq DESC LIMIT +?`,
    outlet.id,
    PACE_PUSHES,
    PACE_REQUESTS,
  );
  if (rows.length === 0) return null;
  // The largest request tells what fits in one: small ones are what changed, not what the platform takes.
  const items = Math.max(...rows.map((row) => Number(row.item_count)));
  const durations = rows.map((row) => Number(row.duration_ms ?? 0)).sort((a, b) => a - b);
  const capped = new Set(rows.map((row) => row.push)).size < rows.length;
  return { items, capped, duration_ms: durations[Math.floor(durations.length / 2)]! };
}
