/**
 * What is accepted as a stock event. The result is normal: decimals without plus sign, the time as an instant. Anything
 * else is refused with the field and the remedy; a flow may have put anything into `msg.payload`.
 */
import { InvalidInputError } from '../errors';
import { isDecimal, MAX_DIGITS, normalDecimal } from './decimal';
import type { StockEvent } from './event';
import { deriveEventId } from './event-id';
import type { Check } from './faults';
import { formatInstant, type Instant, parseInstant } from './time';

export interface NormalEvent {
  eventId: string;
  source: string | null;
  eventType: string | null;
  referenceId: string | null;
  deviceId: string | null;
  storeId: string;
  defaultStore: string | null;
  /** Null when only a barcode is given. */
  sku: string | null;
  barcode: string | null;
  quantity: string | null;
  quantityChange: string | null;
  sellingPrice: string | null;
  stockStatus: 0 | 1 | null;
  occurredAt: Instant;
  oldQuantity: string | null;
  oldPrice: string | null;
  /** The sender's other codes for this SKU, by source. */
  codes: [source: string, code: string][];
}

/** Longest text kept of an identifier; longer ones are refused, never cut. */
export const MAX_TEXT = 512;

/**
 * @param now instant of arrival
 * @param maxFuture seconds an event may be ahead of it
 * @throws InvalidInputError with a code and the field
 */
export function readEvent(input: unknown, now: Instant, maxFuture: number): NormalEvent {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidInputError(
      'not_an_event',
      'This is not a stock event. Send an object with store_id, sku and occurred_at.',
    );
  }
  const event = input as StockEvent & Record<string, unknown>;
  const storeId = storeOf(event);
  // Blank is none, as a list made of a table has it: an empty text names no item and no event.
  const barcode = optionalText(event.barcode, 'barcode') || null;
  const sku = barcode === null ? requiredText(event.sku, 'sku') : optionalText(event.sku, 'sku') || null;
  const occurredAt = timeOf(event, now, maxFuture);
  const normal: Omit<NormalEvent, 'eventId'> = {
    source: optionalText(event.source, 'source'),
    eventType: optionalText(event.event_type, 'event_type'),
    referenceId: optionalText(event.reference_id, 'reference_id'),
    deviceId: optionalText(event.device_id, 'device_id'),
    storeId,
    defaultStore: optionalText(event.default_store, 'default_store'),
    sku,
    barcode,
    quantity: decimal(event.quantity, 'quantity'),
    quantityChange: decimal(event.quantity_change, 'quantity_change'),
    sellingPrice: price(event.selling_price),
    stockStatus: status(event.stock_status ?? event.enabled),
    occurredAt,
    oldQuantity: softDecimal(event.old_quantity),
    oldPrice: softDecimal(event.old_price),
    codes: codesOf(event.codes),
  };
  if (
    normal.quantity === null &&
    normal.quantityChange === null &&
    normal.sellingPrice === null &&
    normal.stockStatus === null &&
    normal.codes.length === 0
  ) {
    throw new InvalidInputError(
      'no_value',
      'The event has no value. Send at least one of quantity, quantity_change, selling_price and stock_status.',
    );
  }
  return { ...normal, eventId: optionalText(event.event_id, 'event_id') || deriveEventId(event) };
}

/** One for each field, for an event that was refused. */
export function eventChecks(input: unknown, now: Instant, maxFuture: number): Check[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [];
  const event = input as StockEvent & Record<string, unknown>;
  return [
    () => storeOf(event),
    () => optionalText(event.barcode, 'barcode'),
    () => (event.barcode ? optionalText(event.sku, 'sku') : requiredText(event.sku, 'sku')),
    () => timeOf(event, now, maxFuture),
    ...(['source', 'event_type', 'reference_id', 'device_id', 'event_id'] as const).map(
      (field) => () => optionalText(event[field], field),
    ),
    ...valueChecks(event),
  ];
}

/** The same for the values alone, however they are given. */
export function valueChecks(event: Record<string, unknown>): Check[] {
  return [
    () => decimal(event.quantity, 'quantity'),
    () => decimal(event.quantity_change, 'quantity_change'),
    () => price(event.selling_price),
    () => status(event.stock_status ?? event.enabled),
  ];
}

function storeOf(event: StockEvent): string {
  if (!event.store_id && event.location) throw unknownStore(event.location);
  return requiredText(event.store_id, 'store_id');
}

function timeOf(event: StockEvent, now: Instant, maxFuture: number): Instant {
  const occurredAt = parseInstant(requiredText(event.occurred_at, 'occurred_at'));
  if (occurredAt > now + maxFuture * 1e6) {
    throw new InvalidInputError(
      'in_the_future',
      `occurred_at ${formatInstant(occurredAt)} is more than ${maxFuture} s ahead of our clock. Set the sender's clock; nothing was recorded.`,
      'occurred_at',
    );
  }
  return occurredAt;
}

function unknownStore(location: unknown): InvalidInputError {
  return new InvalidInputError(
    'UNKNOWN_STORE',
    `The location "${String(location).slice(0, 100)}" is not in the receiver's store map. The event was not recorded but is kept: add the location to the map, then replay it.`,
    'location',
  );
}

function requiredText(value: unknown, field: string): string {
  const text = optionalText(value, field);
  if (text === null || text === '') {
    throw new InvalidInputError('missing_field', `${field} is missing. Send it as text.`, field);
  }
  return text;
}

/** Numbers of a JSON sender count as their text; anything that could not be kept code point by code point is refused. */
/** Whether an identifier can be kept as it is: not cut, not altered. */
export function isStorable(text: string): boolean {
  return text !== '' && text.length <= MAX_TEXT && isKept(text);
}

const isKept = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

function optionalText(value: unknown, field: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string')
    throw new InvalidInputError('not_text', `${field} is not text. Send it as text.`, field);
  if (value.length > MAX_TEXT) {
    throw new InvalidInputError('too_long', `${field} has more than ${MAX_TEXT} characters. Shorten it.`, field);
  }
  if (!isKept(value)) {
    throw new InvalidInputError(
      'not_storable',
      `${field} has a character that cannot be kept (a lone surrogate or NUL). Remove it.`,
      field,
    );
  }
  return value;
}

function decimal(value: unknown, field: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  // A JS number is taken by its shortest text: what a function node put there is exactly that.
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !isDecimal(text)) {
    throw new InvalidInputError(
      'not_decimal',
      `${field} is not a decimal number of at most ${MAX_DIGITS} digits. Send it as text like "12.40" or "-6".`,
      field,
    );
  }
  return normalDecimal(text);
}

function price(value: unknown): string | null {
  const text = decimal(value, 'selling_price');
  if (text?.startsWith('-')) {
    throw new InvalidInputError(
      'negative_price',
      `selling_price ${text} is negative. Send the price the customer pays.`,
      'selling_price',
    );
  }
  return text;
}

/** What a sender says of the past only breaks ties: an unreadable one is no reason to refuse the event. */
function softDecimal(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && isDecimal(text) ? normalDecimal(text) : null;
}

function status(value: unknown): 0 | 1 | null {
  if (value === undefined || value === null || value === '') return null;
  if (value === 0 || value === '0' || value === false) return 0;
  if (value === 1 || value === '1' || value === true) return 1;
  throw new InvalidInputError(
    'not_a_status',
    'stock_status is neither 0 (out of stock) nor 1 (in stock). Send one of them.',
    'stock_status',
  );
}

function codesOf(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([source, code]) => {
    const text = optionalText(code, source);
    return text === null || text === '' ? [] : [[source, text] as [string, string]];
  });
}
