/** All items of an outlet put where they belong, after a setting of the outlet changed or everything is to be sent. */
import { type Context, type Outlet, STATE } from './context';
import { factsOf, isActive, type OutletItem, place } from './rows';

const PIECE = 1000;

/** Marks everything complete as to be sent again, whether confirmed or not: a full push. */
export function forceAll(ctx: Context, outlet: Outlet): void {
  ctx.db.run('UPDATE outlet_items SET forced = 1 WHERE outlet = ? AND state IN (1, 3, 4)', outlet.id);
  placeAll(ctx, outlet, 'AND o.state = 4');
  forceInSync(ctx, outlet);
}

/**
 * What is in sync is complete, held by nothing, and not sold out in a way that the platform does not know: all of it goes
 * the same way. With one number, since it all began to wait now; among equals the order is that of the items.
 */
function forceInSync(ctx: Context, outlet: Outlet): void {
  const state = isActive(outlet) ? STATE.waiting : STATE.held;
  const waits = state === STATE.waiting;
  ctx.db.run(
    'UPDATE outlet_items SET forced = 1, state = ?, since = ?, since_at = ? WHERE outlet = ? AND state = 0',
    state,
    waits ? ctx.nextChange() : null,
    waits ? ctx.now() : null,
    outlet.id,
  );
  const items = ctx.db.get('SELECT changes() AS items')!.items as number;
  ctx.countState(outlet, STATE.in_sync, state, items);
  if (waits && items > 0) ctx.changed.add(outlet.key);
}

/** Refusals of another address say nothing about this one. */
export function forgetRefusals(ctx: Context, outlet: Outlet): void {
  for (const row of rowsOf(ctx, outlet, 'AND o.state = 4')) {
    ctx.countState(outlet, STATE.refused, STATE.held);
    row.row.state = STATE.held;
    ctx.db.run('UPDATE outlet_items SET state = 3 WHERE outlet = ? AND item = ?', outlet.id, row.row.item);
    place(ctx, outlet, row.row, row.facts);
  }
}

export function placeAll(ctx: Context, outlet: Outlet, where = ''): void {
  for (const { row, facts } of rowsOf(ctx, outlet, where)) place(ctx, outlet, row, facts);
}

/** In pieces, since an outlet may have millions. */
function* rowsOf(ctx: Context, outlet: Outlet, where: string) {
  for (let after = -1; ; ) {
    const rows = ctx.db.all(
      `SELECT o.*, i.quantity, i.quantity_at, i.price, i.status, i.status_at FROM outlet_items o JOIN items i ON i.id = o.item WHERE o.outlet = ? AND o.item > ? ${where} ORDER BY o.item LIMIT +?`,
      outlet.id,
      after,
      PIECE,
    );
    for (const row of rows) yield { row: row as unknown as OutletItem, facts: factsOf(row) };
    if (rows.length < PIECE) return;
    after = rows.at(-1)!.item as number;
  }
}
