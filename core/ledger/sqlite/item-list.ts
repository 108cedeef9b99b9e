/** Lists of items, page by page, by outlet and state: read by what is in that state, however much is in another. */

import type { SQLInputValue } from 'node:sqlite';
import { wantedValues } from '../../pushing/wanted';
import type { ItemRow, ItemState, Ledger, Page } from '../ledger';
import { type Context, type Outlet, STATE, type State } from './context';
import type { Row } from './database';
import { isoOrNull, pageSize } from './paging';
import { confirmedOf, factsOf, NAMES, type OutletItem } from './rows';

type Wanted = ItemState | 'negative' | undefined;

/** Up to so many items in a state are found by its index; of more, the first ones come soon in a walk through all. */
const FEW = 2_000;

/** @param query.cursor of the last page: `<outlet row>:<item row>` */
export function items(ctx: Context, query: Parameters<Ledger['items']>[0]): Page<ItemRow> {
  const limit = pageSize(query.limit, 100);
  const [outletAfter = -1, itemAfter = -1] = (query.cursor ?? '').split(':').filter(Boolean).map(Number);
  const outlets = [...ctx.outletsById.values()]
    .filter((outlet) => query.outlet === undefined || outlet.key === query.outlet)
    .sort((a, b) => a.id - b.id);
  const rows: ItemRow[] = [];
  let cursor: string | null = null;
  for (const outlet of outlets) {
    if (outlet.id < outletAfter) continue;
    const after = outlet.id === outletAfter ? itemAfter : -1;
    const found = rowsOf(ctx, outlet, query.state, after, limit - rows.length);
    for (const row of found) rows.push(itemRow(ctx, row));
    if (rows.length >= limit) {
      cursor = `${outlet.id}:${found.at(-1)!.item}`;
      break;
    }
  }
  return { rows, cursor };
}

function rowsOf(ctx: Context, outlet: Outlet, state: Wanted, after: number, limit: number): Row[] {
  const where = filter(ctx, outlet, state);
  if (where === null) return [];
  return ctx.db.all(
    `SELECT o.*, i.sku, i.quantity, i.quantity_at, i.price, i.status, i.status_at FROM outlet_items o JOIN items i ON i.id = o.item
     WHERE o.outlet = ? AND o.item > ? ${where.sql} ORDER BY o.item LIMIT +?`,
    outlet.id,
    after,
    ...where.values,
    limit,
  );
}

interface Filter {
  sql: string;
  values: SQLInputValue[];
}

const NEGATIVE = `AND i.id IN (SELECT n.id FROM items n JOIN stores s ON s.id = n.store
  WHERE s.store_id = ? AND n.quantity > '-' AND n.quantity < '.')`;
/** Each in the words of its index. What a request holds that was not answered has none: the request tells. */
const FEW_WAITING = `AND o.item IN (SELECT w.item FROM outlet_items w WHERE w.outlet = ? AND w.state = 1 AND w.urgency IN (0, 1)
  UNION ALL SELECT each.value FROM chunks c, json_each(c.items) each WHERE c.outlet = ? AND c.status IN ('sending', 'unknown'))`;
const FEW_SENDING = `AND o.item IN (SELECT t.item FROM leases l CROSS JOIN outlet_items t INDEXED BY outlet_items_leased
  ON t.lease = l.id AND t.outlet = l.outlet WHERE l.outlet = ?)`;
const FEW_PROBLEMS = `AND o.item IN (SELECT p.item FROM outlet_items p INDEXED BY outlet_items_problems
  WHERE p.outlet = ? AND p.state IN (3, 4, 5) AND p.state = ?)`;

/** @returns null when the outlet has none */
function filter(ctx: Context, outlet: Outlet, state: Wanted): Filter | null {
  if (state === undefined) return { sql: '', values: [] };
  if (state === 'negative') return { sql: NEGATIVE, values: [outlet.store_id] };
  const count = Number(ctx.db.get('SELECT * FROM outlets WHERE id = ?', outlet.id)![state] ?? 0);
  if (count === 0) return null;
  const is = state === 'waiting' ? 'AND o.state IN (1, 6)' : `AND o.state = ${STATE[state]}`;
  if (count > FEW || state === 'in_sync') return { sql: is, values: [] };
  if (state === 'waiting') return { sql: `${is} ${FEW_WAITING}`, values: [outlet.id, outlet.id] };
  if (state === 'sending') return { sql: `${is} ${FEW_SENDING}`, values: [outlet.id] };
  return { sql: `${is} ${FEW_PROBLEMS}`, values: [outlet.id, STATE[state]] };
}

function itemRow(ctx: Context, row: Row): ItemRow {
  const outlet = ctx.outletsById.get(row.outlet as number)!;
  const item = row as unknown as OutletItem;
  return {
    store_id: outlet.store_id,
    sku: row.sku as string,
    outlet: outlet.key,
    state: NAMES[item.state as State]!,
    reason_code: item.reason_code,
    reason: item.reason,
    ...(wantedValues(factsOf(row), outlet.fields, outlet.threshold) ?? {}),
    confirmed: confirmedOf(item),
    changed_at: isoOrNull(item.since_at),
  };
}
