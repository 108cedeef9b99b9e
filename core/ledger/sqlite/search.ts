/** What a person looks for: an item by what they remember of it, one request as it left, the items of a push. */
import type { FoundItem, Ledger, PushedItem, SentRequest } from '../ledger';
import { unpack } from './body';
import type { Context } from './context';

const MAX_FOUND = 50;
/** Sorts after every text that begins with the searched one. */
const LAST = '\u{10FFFF}';

/** Items whose SKU is the text, begins with it, or is what the code means; the exact ones first. */
export function findItems(ctx: Context, text: string): FoundItem[] {
  const skus = ctx.db
    .all(
      `SELECT ? AS sku UNION SELECT sku FROM codes WHERE code = ? UNION
       SELECT sku FROM (SELECT DISTINCT sku FROM items WHERE sku >= ? AND sku < ? ORDER BY sku LIMIT +?)`,
      text,
      text,
      text,
      text + LAST,
      MAX_FOUND,
    )
    .map(({ sku }) => sku as string)
    .sort((a, b) => Number(b === text) - Number(a === text) || (a < b ? -1 : 1));
  const found: FoundItem[] = [];
  for (const sku of skus) {
    for (const row of ctx.db.all(
      'SELECT s.store_id, i.quantity, i.price FROM items i JOIN stores s ON s.id = i.store WHERE i.sku = ? ORDER BY s.store_id',
      sku,
    )) {
      if (found.length === MAX_FOUND) return found;
      found.push({
        store_id: row.store_id as string,
        sku,
        quantity: row.quantity as string | null,
        selling_price: row.price as string | null,
      });
    }
  }
  return found;
}

/** The request as it left, without headers: those are the outlet's. */
export function request(ctx: Context, chunk: string): SentRequest | null {
  const row = ctx.db.get(
    'SELECT c.id, c.body, c.key, c.sent_at, o.key AS outlet FROM chunks c JOIN outlets o ON o.id = c.outlet WHERE c.id = ?',
    chunk,
  );
  if (!row) return null;
  return {
    chunk: row.id as string,
    outlet: row.outlet as string,
    idempotencyKey: row.key as string,
    body: unpack(row.body as Uint8Array).toString(),
  };
}

/** The items of a push, a page of whole requests at a time. @param query.cursor of the last page */
export function pushedItems(
  ctx: Context,
  query: Parameters<Ledger['pushedItems']>[0],
): { rows: PushedItem[]; cursor: string | null } {
  const chunk = ctx.db.get(
    'SELECT c.* FROM chunks c JOIN pushes p ON p.seq = c.push WHERE p.id = ? AND c.seq > ? ORDER BY c.seq LIMIT 1',
    query.push,
    Number(query.cursor ?? 0) || 0,
  );
  if (!chunk) return { rows: [], cursor: null };
  const refused = new Map(
    (JSON.parse((chunk.refused as string | null) ?? '[]') as { item: number; code: string; message: string }[]).map(
      (each) => [each.item, each],
    ),
  );
  const rows = (JSON.parse(chunk.items as string) as number[]).map((item): PushedItem => {
    const refusal = refused.get(item);
    return {
      sku: ctx.db.get('SELECT sku FROM items WHERE id = ?', item)!.sku as string,
      chunk: chunk.id as string,
      outcome: refusal ? 'refused' : (chunk.status as PushedItem['outcome']),
      code: refusal?.code ?? null,
      message: refusal?.message ?? null,
      response_code: chunk.response_code as number | null,
    };
  });
  return { rows, cursor: String(chunk.seq) };
}
