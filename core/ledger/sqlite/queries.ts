/** Reading: counts, pushes, items, the story of a number. Everything is paged; nothing here changes anything. */
import { wantedValues } from '../../pushing/wanted';
import { formatInstant } from '../../stock/time';
import type { ChunkRecord, EventCounts, ItemStory, Ledger, OutletValues, PushRecord } from '../ledger';
import { unpack } from './body';
import type { Context } from './context';
import type { Row } from './database';
import { eventOf } from './incoming';
import { iso, isoOrNull, pageSize } from './paging';
import { recordOf } from './pushes';
import { confirmedOf, factsOf, NAMES, type OutletItem, sentOf, valuesOf } from './rows';

export function counts(ctx: Context): EventCounts {
  const row = ctx.db.get(
    'SELECT coalesce(sum(received), 0) AS received, coalesce(sum(accepted), 0) AS accepted, coalesce(sum(duplicate), 0) AS duplicate, coalesce(sum(stale), 0) AS stale, coalesce(sum(refused), 0) AS refused FROM senders',
  )!;
  return { ...row } as unknown as EventCounts;
}

export function pushes(
  ctx: Context,
  query: Parameters<Ledger['pushes']>[0],
): { pushes: PushRecord[]; cursor: string | null } {
  const limit = pageSize(query.limit, 10);
  const filters: [sql: string, value: string | number][] = [
    ['seq < ?', Number(query.cursor ?? Number.MAX_SAFE_INTEGER) || 0],
  ];
  if (query.outlet !== undefined) filters.push(['outlet = ?', ctx.outletsByKey.get(query.outlet)?.id ?? -1]);
  // In the words of the indexes.
  const rare = query.status === 'partial' || query.status === 'failed' ? "AND status IN ('partial', 'failed')" : '';
  const asked = query.by !== undefined && query.by !== 'auto' ? "AND created_by <> 'auto'" : '';
  if (query.status !== undefined) filters.push(['status = ?', query.status]);
  if (query.by === 'user') filters.push(['created_by >= ?', 'user:'], ['created_by < ?', 'user;']);
  else if (query.by !== undefined) filters.push(['created_by = ?', query.by]);
  if (query.since !== undefined) filters.push(['started_at >= ?', query.since]);
  if (query.until !== undefined) filters.push(['started_at < ?', query.until]);
  const rows = ctx.db.all(
    `SELECT * FROM pushes WHERE ${filters.map(([sql]) => sql).join(' AND ')} ${rare} ${asked} ORDER BY seq DESC LIMIT +?`,
    ...filters.map(([, value]) => value),
    limit,
  );
  return {
    pushes: rows.map((row) => recordOf(ctx, row)),
    cursor: rows.length === limit ? String(rows.at(-1)!.seq) : null,
  };
}

export function push(ctx: Context, id: string): (Omit<PushRecord, 'chunks'> & { chunks: ChunkRecord[] }) | null {
  const row = ctx.db.get('SELECT * FROM pushes WHERE id = ?', id);
  if (!row) return null;
  const chunks = ctx.db
    .all('SELECT * FROM chunks WHERE push = ? ORDER BY seq', row.seq!)
    .map((chunk) => chunkOf(ctx, chunk));
  return { ...recordOf(ctx, row), chunks };
}

function chunkOf(ctx: Context, row: Row): ChunkRecord {
  const refused = (
    JSON.parse((row.refused as string | null) ?? '[]') as { item: number; code: string; message: string }[]
  ).map(({ item, code, message }) => ({
    sku: ctx.db.get('SELECT sku FROM items WHERE id = ?', item)!.sku as string,
    code,
    message,
  }));
  return {
    id: row.id as string,
    started_at: iso(row.started_at),
    finished_at: isoOrNull(row.finished_at),
    item_count: row.item_count as number,
    attempts: row.attempts as number,
    status: row.status as ChunkRecord['status'],
    response_code: row.response_code as number | null,
    response_message: row.response_message as string | null,
    duration_ms: row.duration_ms as number | null,
    refused,
  };
}

const STORY_EVENTS = 200;
const STORY_SENDS = 100;

export function story(ctx: Context, storeId: string, sku: string): ItemStory | null {
  const row = ctx.db.get(
    'SELECT i.* FROM items i JOIN stores s ON s.id = i.store WHERE s.store_id = ? AND i.sku = ?',
    storeId,
    sku,
  );
  if (!row) return null;
  const micros = (value: unknown) => (value === null ? null : formatInstant(value as number));
  return {
    store_id: storeId,
    sku,
    quantity: row.quantity as string | null,
    quantity_at: micros(row.quantity_at),
    selling_price: row.price as string | null,
    price_at: micros(row.price_at),
    stock_status: row.status as 0 | 1 | null,
    status_at: micros(row.status_at),
    pending_movements: row.level === null ? (row.moves as number) : 0,
    events: storyEvents(ctx, row, storeId, sku),
    outlets: (ctx.outletsByStore.get(storeId) ?? []).flatMap((outlet) => {
      const item = ctx.db.get(
        'SELECT * FROM outlet_items WHERE outlet = ? AND item = ?',
        outlet.id,
        row.id!,
      ) as unknown as OutletItem | undefined;
      if (!item) return [];
      return [
        {
          outlet: outlet.key,
          state: NAMES[item.state]!,
          reason_code: item.reason_code,
          reason: item.reason,
          wanted: wantedValues(factsOf(row), outlet.fields, outlet.threshold),
          sent: item.s_chunk === null ? null : sentOf(item),
          confirmed: confirmedOf(item),
          confirmed_at: isoOrNull(item.c_at),
          sends: storySends(ctx, row.id as number, outlet.id, sku),
        },
      ];
    }),
  };
}

function storyEvents(ctx: Context, item: Row, storeId: string, sku: string): ItemStory['events'] {
  const rows = ctx.db.all(
    'SELECT e.*, s.name AS sender_name FROM events e JOIN senders s ON s.id = e.sender WHERE e.item = ? ORDER BY e.id DESC LIMIT +?',
    item.id!,
    STORY_EVENTS,
  );
  return rows.map((row) => eventOf({ ...row, store_id: storeId, sku }));
}

function storySends(ctx: Context, item: number, outlet: number, sku: string): ItemStory['outlets'][number]['sends'] {
  const rows = ctx.db.all(
    `SELECT s.price, s.status AS stock_status, s.quantity, s.outcome, c.id, c.sent_at, c.body, c.key_field, c.response_code, p.id AS push_id
     FROM sends s JOIN chunks c ON c.seq = s.chunk JOIN pushes p ON p.seq = c.push WHERE s.item = ? AND s.outlet = ? ORDER BY s.chunk DESC LIMIT +?`,
    item,
    outlet,
    STORY_SENDS,
  );
  return rows.map((row) => ({
    push: row.push_id as string,
    chunk: row.id as string,
    at: iso(row.sent_at),
    outcome: row.outcome as string,
    values: valuesOf(row.price as string | null, row.stock_status as 0 | 1 | null, row.quantity as string | null),
    mapped: mappedItem(row.body as Uint8Array, sku, (row.key_field as string | null) ?? 'sku'),
    response_code: row.response_code as number | null,
  }));
}

/**
 * The item as it stood in the body, when it can be told by its SKU: by the field that identifies items, and only where
 * none is named so there by any value, since another item may cost as much as the SKU says.
 */
function mappedItem(body: Uint8Array, sku: string, field: string): string | null {
  const list = (value: unknown): unknown[] =>
    Array.isArray(value)
      ? value
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(list)
        : [];
  try {
    const items = list(JSON.parse(unpack(body).toString())).filter(
      (item): item is Record<string, unknown> => typeof item === 'object' && item !== null,
    );
    const found =
      items.find((item) => Object.hasOwn(item, field) && String(item[field]) === sku) ??
      items.find((item) => Object.values(item).some((value) => String(value) === sku));
    return found === undefined ? null : JSON.stringify(found);
  } catch {
    return null;
  }
}

export function feed(ctx: Context, storeId: string, limit: number, after?: string): (OutletValues & { sku: string })[] {
  const outlet = ctx.outletsByStore.get(storeId)?.[0];
  const rows = ctx.db.all(
    'SELECT i.* FROM items i JOIN stores s ON s.id = i.store WHERE s.store_id = ? AND i.sku > ? ORDER BY i.sku LIMIT +?',
    storeId,
    after ?? '',
    pageSize(limit, 1000),
  );
  return rows.map((row) => {
    const values = wantedValues(factsOf(row), ['selling_price', 'stock_status'], outlet?.threshold ?? '0');
    return { sku: row.sku as string, ...(values ?? {}) };
  });
}
