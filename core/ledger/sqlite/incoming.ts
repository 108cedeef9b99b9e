/** What came in, newest first: events by who sent them, and input that was refused. */
import type { StockEvent } from '../../stock/event';
import { formatInstant } from '../../stock/time';
import type { EventCounts, IncomingEvent, Ledger, Page, RefusedInput } from '../ledger';
import type { Context } from './context';
import type { Row } from './database';
import { iso, isoOrNull, pageSize } from './paging';

/** Events looked at for one page: a sender that is seldom heard must not cost a walk through all others' events. */
const LOOKED_AT = 20_000;

const GIVEN = [
  'source',
  'event_type',
  'reference_id',
  'device_id',
  'quantity',
  'quantity_change',
  'selling_price',
  'stock_status',
  'old_quantity',
  'old_price',
];

/** @param row of `events`, with `sender_name`, `store_id` and `sku` */
export function eventOf(row: Row): IncomingEvent {
  const values = Object.fromEntries(GIVEN.filter((name) => row[name] !== null).map((name) => [name, row[name]]));
  return {
    event_id: row.event_id as string,
    store_id: row.store_id as string,
    sku: row.sku as string,
    ...values,
    occurred_at: formatInstant(row.occurred_at as number),
    received_at: iso(row.received_at),
    sender: row.sender_name as string,
    outcome: row.outcome === 0 ? 'accepted' : 'stale',
  };
}

export function incoming(ctx: Context, query: Parameters<Ledger['incoming']>[0]): Page<IncomingEvent> {
  const limit = pageSize(query.limit, 50);
  const last = (ctx.db.get('SELECT max(id) AS id FROM events')?.id as number | null) ?? 0;
  const before = Math.min(Number(query.cursor ?? Number.MAX_SAFE_INTEGER) || 0, last + 1);
  const from = before - LOOKED_AT;
  const sender =
    query.sender === undefined
      ? undefined
      : ((ctx.db.get('SELECT id FROM senders WHERE name = ?', query.sender)?.id as number | undefined) ?? -1);
  const rows = ctx.db.all(
    `SELECT e.*, n.name AS sender_name, i.sku, s.store_id FROM events e
     JOIN senders n ON n.id = e.sender JOIN items i ON i.id = e.item JOIN stores s ON s.id = i.store
     WHERE e.id < ? AND e.id >= ? ${sender === undefined ? '' : 'AND e.sender = ?'} ORDER BY e.id DESC LIMIT +?`,
    before,
    from,
    ...(sender === undefined ? [] : [sender]),
    limit,
  );
  const next = rows.length === limit ? (rows.at(-1)!.id as number) : from;
  return { rows: rows.map(eventOf), cursor: next > 1 ? String(next) : null };
}

export function senders(ctx: Context): (EventCounts & { sender: string })[] {
  return ctx.db
    .all('SELECT name AS sender, received, accepted, duplicate, stale, refused FROM senders ORDER BY name')
    .map((row) => ({ ...row }) as unknown as EventCounts & { sender: string });
}

export function refused(ctx: Context, query: Parameters<Ledger['refused']>[0]): Page<RefusedInput> {
  const limit = pageSize(query.limit, 100);
  const filters: [sql: string, value: string | number][] = [
    ['id < ?', Number(query.cursor ?? Number.MAX_SAFE_INTEGER) || 0],
  ];
  if (query.sender !== undefined) filters.push(['sender = ?', query.sender]);
  if (query.code !== undefined) filters.push(['code = ?', query.code]);
  const rows = ctx.db.all(
    `SELECT * FROM refused_inputs WHERE ${filters.map(([sql]) => sql).join(' AND ')} ${query.open ? 'AND replayed_at IS NULL' : ''} ORDER BY id DESC LIMIT +?`,
    ...filters.map(([, value]) => value),
    limit,
  );
  return {
    rows: rows.map((row) => ({
      id: row.id as number,
      received_at: iso(row.received_at),
      sender: row.sender as string,
      index: row.position as number,
      store_id: row.store_id as string | null,
      sku: row.sku as string | null,
      code: row.code as string,
      message: row.message as string,
      event: row.event === null ? null : (JSON.parse(row.event as string) as StockEvent),
      replayed_at: isoOrNull(row.replayed_at),
    })),
    cursor: rows.length === limit ? String(rows.at(-1)!.id) : null,
  };
}
