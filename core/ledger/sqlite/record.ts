/** Takes stock events in: validates, looks codes up, drops duplicates, merges, and lets every outlet of the store know. */
import { InvalidInputError } from '../../errors';
import { compareDecimal } from '../../stock/decimal';
import { EVERY_STORE, type Refusal, type StockEvent } from '../../stock/event';
import { reasonsOf } from '../../stock/faults';
import { eventChecks, type NormalEvent, readEvent } from '../../stock/validate';
import type { CodeLink, EventCounts, EventOutcome, RecordBatch, RecordResult } from '../ledger';
import type { Context } from './context';
import type { Row } from './database';
import { appearEverywhere, findItem, insertItem, newItem, updateItem } from './items';
import { merge } from './merge-event';
import { factsOf, place, readRow } from './rows';

const DEFAULT_MAX_FUTURE = 300;
/** Sources whose `sku` is their own id when codes are looked up. */
const VENDOR_IDS = new Set(['paradigm', 'mipos']);

/**
 * @param original row of `raw_inputs`, where the input is kept already
 * @param company sender of the message in which the batch came beside others' events: versions up to 0.1.0 counted ids in its scope
 */
export function record(
  ctx: Context,
  batch: RecordBatch,
  original: number | null = null,
  company: string | null = null,
): RecordResult {
  const now = ctx.now();
  // A clock that was set back must not put what is happening now into the future.
  const latest = Math.max(now, ctx.steady());
  const sender = senderId(ctx, batch.sender);
  const scopes = { sender, company: company === null ? null : knownSender(ctx, company) };
  const counts: EventCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, refused: 0 };
  const outcomes: EventOutcome[] = [];
  const refusals: Refusal[] = [];
  let raw = original;
  const keep = (refusal: Refusal, event: unknown) => {
    raw ??= keepRaw(ctx, batch, now);
    refusals.push(refusal);
    keepRefused(ctx, batch, refusal, event, raw, now);
    counts.refused += 1;
    counts.received += 1;
  };
  for (const link of batch.links ?? []) linkCode(ctx, link);
  batch.events.forEach((event, position) => {
    const index = batch.indexes?.[position] ?? position;
    const maxFuture = batch.maxFuture ?? DEFAULT_MAX_FUTURE;
    let outcome: EventOutcome = 'refused';
    try {
      const normal = readEvent(event, latest * 1000, maxFuture);
      const codes = batch.codes ?? 'as-is';
      const stores = storesOf(ctx, normal, codes);
      // A conflict in any store refuses the event as a whole, before it changed anything in another.
      if (stores.length > 1) for (const one of stores) isDuplicate(ctx, sender, one, resolveSku(ctx, one, codes));
      outcome = combined(stores.map((one) => recordOne(ctx, scopes, one, codes, now)));
      counts[outcome] += 1;
      counts.received += 1;
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      const reasons = reasonsOf(thrown, eventChecks(event, latest * 1000, maxFuture));
      keep({ index, sku: textOrNull(event?.sku || event?.barcode), ...reasons }, event);
    }
    outcomes.push(outcome);
  });
  for (const refusal of batch.refusals ?? []) keep(refusal, null);
  ctx.countEvents(sender, counts);
  return { ...counts, outcomes, refusals };
}

/** One event per store: itself, or for a price of every store one for each store that holds the SKU. */
function storesOf(ctx: Context, event: NormalEvent, codes: 'as-is' | 'look-up'): NormalEvent[] {
  if (event.storeId !== EVERY_STORE) return [event];
  if (event.quantity !== null || event.quantityChange !== null || event.stockStatus !== null) {
    throw new InvalidInputError(
      'store_required',
      'Only a price can be for every store (store_id "*"). Send stock with the store that it is in.',
      'store_id',
    );
  }
  const sku = resolveSku(ctx, event, codes);
  const rows = ctx.db.all(
    'SELECT s.store_id FROM items i JOIN stores s ON s.id = i.store WHERE i.sku = ? ORDER BY s.id',
    sku,
  );
  if (rows.length === 0 && event.defaultStore) rows.push({ store_id: event.defaultStore });
  if (rows.length === 0) {
    throw new InvalidInputError(
      'no_store_holds_item',
      `No store has the SKU ${sku} yet, so its price is for nobody. It is kept: replay it once a store has it, or send it with a store.`,
      'store_id',
    );
  }
  return rows.map((row) => ({
    ...event,
    storeId: row.store_id as string,
    eventId: `${event.eventId}:${row.store_id as string}`,
  }));
}

/** What became of an event as a whole: accepted where any store took it. */
function combined(outcomes: EventOutcome[]): EventOutcome {
  return (['accepted', 'stale'] as const).find((outcome) => outcomes.includes(outcome)) ?? 'duplicate';
}

function recordOne(
  ctx: Context,
  { sender, company }: { sender: number; company: number | null },
  event: NormalEvent,
  codes: 'as-is' | 'look-up',
  now: number,
): EventOutcome {
  const sku = resolveSku(ctx, event, codes);
  if (isDuplicate(ctx, sender, event, sku)) return 'duplicate';
  const old = company === null ? undefined : earlierOne(ctx, company, event);
  if (old && sameContent(old, event, sku)) return 'duplicate';
  const found = findItem(ctx, event.storeId, sku);
  const item = found ?? newItem(ctx, event.storeId, sku);
  const { effect, moved } = merge(ctx, item, event);
  if (!found) insertItem(ctx, item);
  else if (effect) updateItem(ctx, item);
  const outcome = effect || isOnlyLink(event) ? 'accepted' : 'stale';
  for (const [source, code] of event.codes) linkCode(ctx, { source, code, sku }, outcome === 'accepted');
  const id = ctx.db.run(
    `INSERT INTO events (received_at, sender, event_id, item, version, outcome, occurred_at, source, event_type, reference_id, device_id,
       quantity, quantity_change, selling_price, stock_status, old_quantity, old_price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    now,
    sender,
    event.eventId,
    item.id!,
    item.version!,
    outcome === 'accepted' ? 0 : 1,
    event.occurredAt,
    event.source,
    event.eventType,
    event.referenceId,
    event.deviceId,
    event.quantity,
    event.quantityChange,
    event.sellingPrice,
    event.stockStatus,
    event.oldQuantity,
    event.oldPrice,
  );
  if (moved)
    ctx.db.run('INSERT INTO movements VALUES (?, ?, ?, ?)', item.id!, event.occurredAt, id, event.quantityChange);
  if (!found) appearEverywhere(ctx, event.storeId, item);
  else if (effect) {
    const facts = factsOf(item);
    for (const outlet of ctx.outletsByStore.get(event.storeId) ?? []) {
      place(ctx, outlet, readRow(ctx, outlet.id, item.id as number)!, facts);
    }
  }
  return outcome;
}

/** Links of codes are an effect too, when nothing else was told. */
function isOnlyLink({ codes, quantity, quantityChange, sellingPrice, stockStatus }: NormalEvent): boolean {
  return (
    codes.length > 0 && quantity === null && quantityChange === null && sellingPrice === null && stockStatus === null
  );
}

/** What came with the same id. */
function earlierOne(ctx: Context, sender: number, event: NormalEvent): Row | undefined {
  const known = ctx.db.get('SELECT id FROM events WHERE event_id = ? AND sender = ?', event.eventId, sender);
  if (!known) return undefined;
  return ctx.db.get(
    'SELECT e.*, i.sku, s.store_id FROM events e JOIN items i ON i.id = e.item JOIN stores s ON s.id = i.store WHERE e.id = ?',
    known.id!,
  );
}

/** @throws InvalidInputError `event_id_conflict` when the id came with other content before */
function isDuplicate(ctx: Context, sender: number, event: NormalEvent, sku: string): boolean {
  const earlier = earlierOne(ctx, sender, event);
  if (!earlier) return false;
  if (sameContent(earlier, event, sku)) return true;
  throw new InvalidInputError(
    'event_id_conflict',
    `An event with the id ${event.eventId} came before with other content (SKU ${earlier.sku}). Nothing was changed; the sender must give each event its own id.`,
    'event_id',
  );
}

function senderId(ctx: Context, name: string): number {
  return ctx.senders.id(
    name,
    () => knownSender(ctx, name) ?? ctx.db.run('INSERT INTO senders (name) VALUES (?)', name),
  );
}

const knownSender = (ctx: Context, name: string) =>
  (ctx.db.get('SELECT id FROM senders WHERE name = ?', name)?.id as number | undefined) ?? null;

function resolveSku(ctx: Context, event: NormalEvent, codes: 'as-is' | 'look-up'): string {
  if (codes === 'as-is') return event.sku ?? event.barcode!;
  const vendor = event.source !== null && VENDOR_IDS.has(event.source) ? event.source : null;
  if (event.sku !== null && !vendor) return event.sku;
  // It names the vendor's own id beside the SKU.
  if (event.sku !== null && event.codes.some(([from]) => from === vendor)) return event.sku;
  const [source, code] = vendor && event.sku !== null ? [vendor, event.sku] : ['barcode', event.barcode!];
  const found = ctx.db.get('SELECT sku FROM codes WHERE source = ? AND code = ?', source, code);
  if (!found) {
    throw new InvalidInputError(
      'unknown_code',
      `The ${source} code ${code} is not linked to a SKU. It is kept: link the code, then replay it.`,
      vendor ? 'sku' : 'barcode',
    );
  }
  return found.sku as string;
}

/** @param anew whether a code that is known may mean another SKU from now on: what is older than what is known says no such thing */
export function linkCode(ctx: Context, { source, code, sku }: CodeLink, anew = true): void {
  ctx.db.run(
    `INSERT INTO codes VALUES (?, ?, ?) ON CONFLICT (source, code) DO ${anew ? 'UPDATE SET sku = excluded.sku WHERE sku <> excluded.sku' : 'NOTHING'}`,
    source,
    code,
    sku,
  );
}

function sameContent(row: Row, event: NormalEvent, sku: string): boolean {
  const same = (a: unknown, b: string | null) =>
    a === null || b === null ? a === b : compareDecimal(a as string, b) === 0;
  return (
    row.store_id === event.storeId &&
    row.sku === sku &&
    row.occurred_at === event.occurredAt &&
    row.stock_status === event.stockStatus &&
    same(row.quantity, event.quantity) &&
    same(row.quantity_change, event.quantityChange) &&
    same(row.selling_price, event.sellingPrice)
  );
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value.toWellFormed().slice(0, 512) : null;

function keepRaw(ctx: Context, batch: RecordBatch, now: number): number | null {
  if (!batch.raw) return null;
  const { bytes, contentType, origin } = batch.raw;
  return ctx.db.run(
    'INSERT INTO raw_inputs (received_at, bytes, content_type, origin) VALUES (?, ?, ?, ?)',
    now,
    bytes,
    contentType ?? null,
    origin ?? null,
  );
}

function keepRefused(
  ctx: Context,
  batch: RecordBatch,
  refusal: Refusal,
  event: unknown,
  raw: number | null,
  now: number,
): void {
  let json: string | null = null;
  try {
    json = event === null ? null : (JSON.stringify(event) ?? null);
  } catch {
    // A flow made something that is no JSON (a cycle): its reason is kept all the same.
  }
  ctx.db.run(
    'INSERT INTO refused_inputs (received_at, sender, position, store_id, sku, code, message, event, codes, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    now,
    batch.sender,
    refusal.index,
    textOrNull((event as StockEvent | null)?.store_id),
    refusal.sku,
    refusal.code,
    refusal.message,
    json,
    batch.codes ?? 'as-is',
    raw,
  );
}
