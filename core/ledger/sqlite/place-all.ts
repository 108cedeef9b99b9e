/** All items of an outlet put where they belong, after a setting of the outlet changed or everything is to be sent. */
import { type Context, type Outlet, STATE } from './context';
import { factsOf, type OutletItem, place } from './rows';

const PIECE = 1000;

/** Marks everything complete as to be sent again, whether confirmed or not: a full push. */
export function forceAll(ctx: Context, outlet: Outlet): void {
  ctx.db.run('UPDATE outlet_items SET forced = 1 WHERE outlet = ? AND state IN (0, 1, 4)', outlet.id);
  placeAll(ctx, outlet, 'AND o.state IN (0, 4)');
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
      `SELECT o.*, i.quantity, i.quantity_at, i.price, i.status, i.status_at FROM outlet_items o JOIN items i ON i.id = o.item WHERE o.outlet = ? AND o.item > ? ${where} ORDER BY o.item LIMIT ?`,
      outlet.id,
      after,
      PIECE,
    );
    for (const row of rows) yield { row: row as unknown as OutletItem, facts: factsOf(row) };
    if (rows.length < PIECE) return;
    after = rows.at(-1)!.item as number;
  }
}
