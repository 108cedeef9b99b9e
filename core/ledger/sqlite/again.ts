/** What people send again: refused and held items, and single items that a platform is said to show wrongly. */
import { type Context, type Outlet, STATE } from './context';
import { type OutletItem, place, readFacts } from './rows';

/** Refused items, and those that a flow dropped, are tried again with their current values. @returns how many */
export function retryItems(
  ctx: Context,
  key: string,
  filter: { push?: string; skus?: string[]; code?: string },
): number {
  const outlet = ctx.outletsByKey.get(key);
  if (!outlet) return 0;
  const skus = filter.skus && new Set(filter.skus);
  const asked = filter.push !== undefined && ctx.db.get('SELECT seq FROM pushes WHERE id = ?', filter.push)?.seq;
  let count = 0;
  for (const found of ctx.db.all(
    `SELECT o.*, i.sku, c.push FROM outlet_items o JOIN items i ON i.id = o.item LEFT JOIN chunks c ON c.seq = o.s_chunk
     WHERE o.outlet = ? AND (o.state = 4 OR (o.state = 3 AND o.hold = 1))`,
    outlet.id,
  )) {
    const row = found as unknown as OutletItem;
    if (skus && !skus.has(found.sku as string)) continue;
    if (filter.code !== undefined && row.reason_code !== filter.code) continue;
    // What a flow took out was never sent, so no push owns it: whoever tries a push of the outlet again means it too.
    const owned = filter.push === undefined || row.reason_code === 'dropped_by_flow' || found.push === asked;
    if (!owned) continue;
    takeUpAgain(ctx, outlet, row);
    count += 1;
  }
  return count;
}

/** Named items are sent once more, whatever was confirmed. What is on its way already stays. @returns how many */
export function sendAgain(ctx: Context, key: string, skus: string[]): number {
  const outlet = ctx.outletsByKey.get(key);
  if (!outlet) return 0;
  let count = 0;
  for (const sku of skus) {
    const row = ctx.db.get(
      `SELECT o.* FROM items i JOIN stores s ON s.id = i.store JOIN outlet_items o ON o.item = i.id
       WHERE s.store_id = ? AND i.sku = ? AND o.outlet = ? AND o.state NOT IN (2, 5, 6)`,
      outlet.store_id,
      sku,
      outlet.id,
    ) as unknown as OutletItem | undefined;
    if (!row) continue;
    row.forced = 1;
    ctx.db.run('UPDATE outlet_items SET forced = 1 WHERE outlet = ? AND item = ?', outlet.id, row.item);
    takeUpAgain(ctx, outlet, row);
    count += 1;
  }
  return count;
}

function takeUpAgain(ctx: Context, outlet: Outlet, row: OutletItem): void {
  if (row.state === STATE.refused || row.state === STATE.held) {
    ctx.countState(outlet, row.state, STATE.held);
    Object.assign(row, { state: STATE.held, hold: 0, drops: 0 });
    ctx.db.run(
      'UPDATE outlet_items SET state = 3, hold = 0, drops = 0 WHERE outlet = ? AND item = ?',
      outlet.id,
      row.item,
    );
  }
  place(ctx, outlet, row, readFacts(ctx, row.item));
}
