/** Rows of items and their stores: found, made, written. */
import type { Context } from './context';
import type { Row } from './database';
import { appear, factsOf } from './rows';

export function findItem(ctx: Context, storeId: string, sku: string): Row | undefined {
  return ctx.db.get('SELECT * FROM items WHERE store = ? AND sku = ?', storeOf(ctx, storeId), sku);
}

/** An item that nobody told of before, not written yet. */
export function newItem(ctx: Context, storeId: string, sku: string): Row {
  return {
    id: null,
    store: storeOf(ctx, storeId),
    sku,
    version: 0,
    quantity: null,
    quantity_at: null,
    level: null,
    level_at: null,
    level_old: null,
    level_ties: null,
    moves: 0,
    price: null,
    price_at: null,
    price_old: null,
    price_ties: null,
    status: null,
    status_at: null,
  };
}

/** The outlets of its store do not have it yet. */
export function insertItem(ctx: Context, item: Row): void {
  item.id = ctx.db.run(
    `INSERT INTO items (store, sku, version, quantity, quantity_at, level, level_at, level_old, level_ties, moves,
       price, price_at, price_old, price_ties, status, status_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    item.store!,
    item.sku!,
    ...valuesOf(item),
  );
}

export function updateItem(ctx: Context, item: Row): void {
  ctx.db.run(
    `UPDATE items SET version = ?, quantity = ?, quantity_at = ?, level = ?, level_at = ?, level_old = ?, level_ties = ?, moves = ?,
       price = ?, price_at = ?, price_old = ?, price_ties = ?, status = ?, status_at = ? WHERE id = ?`,
    ...valuesOf(item),
    item.id!,
  );
}

/** In the order of the columns. */
const valuesOf = (item: Row) => [
  item.version!,
  item.quantity!,
  item.quantity_at!,
  item.level!,
  item.level_at!,
  item.level_old!,
  item.level_ties!,
  item.moves!,
  item.price!,
  item.price_at!,
  item.price_old!,
  item.price_ties!,
  item.status!,
  item.status_at!,
];

export function appearEverywhere(ctx: Context, storeId: string, item: Row): void {
  const facts = factsOf(item);
  for (const outlet of ctx.outletsByStore.get(storeId) ?? []) appear(ctx, outlet, item.id as number, facts);
}

/** An item of which only the SKU is known: incomplete at every outlet of the store. */
export function untoldItem(ctx: Context, storeId: string, sku: string): Row {
  const item = newItem(ctx, storeId, sku);
  insertItem(ctx, item);
  appearEverywhere(ctx, storeId, item);
  return item;
}

export function storeOf(ctx: Context, storeId: string): number {
  return ctx.stores.id(storeId, () => {
    const found = ctx.db.get('SELECT id FROM stores WHERE store_id = ?', storeId);
    return found ? (found.id as number) : ctx.db.run('INSERT INTO stores (store_id) VALUES (?)', storeId);
  });
}
