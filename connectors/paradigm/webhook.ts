/**
 * Paradigm's webhook: `{eventType, productId, oldQuantity, newQuantity, timestamp, source, referenceId, location}`, one or
 * a list; a price change is `PRICE_UPDATE` with `oldPrice`, `newPrice`. `source`, `referenceId`, `location` and what was
 * before may be missing.
 */
import { InvalidInputError } from '../../core/errors';
import type { Steps } from '../../core/steps';
import { EVERY_STORE, type StockEvent } from '../../core/stock/event';
import { type JsonObject, member, textMember } from '../../core/stock/exact-json';
import type { Check } from '../../core/stock/faults';
import { formatInstant } from '../../core/stock/time';
import { type StoreMap, storeOf } from '../store-map';
import {
  decimalMember,
  identified,
  instantMember,
  readWebhook,
  requiredText,
  softDecimalMember,
  type WebhookContent,
} from '../webhook';

export const PARADIGM_SOURCE = 'paradigm';
/** The kinds an operator can choose from; `OTHER` is every stock event with another source, or none. */
export const PARADIGM_EVENTS = [
  'SALES_ORDER',
  'PURCHASE_ORDER',
  'INVENTORY_ADJUSTMENT',
  'STOCK_TRANSFER',
  'PRICE_UPDATE',
  'OTHER',
] as const;

export interface ParadigmOptions {
  /** Kinds that pass; empty = all. */
  events: ReadonlySet<string>;
  stores: StoreMap;
  /** Store of events without a location; '' = they are refused. */
  defaultStore: string;
  /** A price change without a location is for every store that holds the item, or for the default store. */
  priceScope: 'all' | 'default';
  /** Zone of times without one. */
  timeZone: string;
}

/** @throws InvalidInputError when the body as a whole cannot be read */
export function readParadigm(bytes: Uint8Array, options: ParadigmOptions): Steps<WebhookContent> {
  return readWebhook(
    bytes,
    'productId',
    (item) => readItem(item, options),
    (item) => checksOf(item, options),
  );
}

function checksOf(item: JsonObject, options: ParadigmOptions): Check[] {
  const type = member(item, 'eventType');
  const isPrice = type === 'PRICE_UPDATE';
  return [
    () => requiredText(item, 'eventType'),
    () => textMember(item, 'source'),
    () => textMember(item, 'referenceId'),
    () => requiredText(item, 'productId'),
    // Of another type nobody knows which value it has to bring.
    ...(isPrice ? [() => priceOf(item)] : type === 'INVENTORY_UPDATE' ? [() => quantityOf(item)] : []),
    () => shopOf(item, isPrice, options),
    () => instantMember(item, 'timestamp', options.timeZone),
  ];
}

function readItem(item: JsonObject, options: ParadigmOptions): StockEvent | null {
  const type = requiredText(item, 'eventType');
  if (type !== 'INVENTORY_UPDATE' && type !== 'PRICE_UPDATE')
    throw new InvalidInputError(
      'unknown_event_type',
      `eventType "${type.slice(0, 60)}" is not known. Send INVENTORY_UPDATE or PRICE_UPDATE.`,
      'eventType',
    );
  const isPrice = type === 'PRICE_UPDATE';
  const kind = isPrice ? type : (textMember(item, 'source') ?? type);
  if (!passes(kind, options.events)) return null;

  const reference = textMember(item, 'referenceId');
  const sku = requiredText(item, 'productId');
  const values = isPrice ? priceOf(item) : quantityOf(item);
  const event: StockEvent = {
    source: PARADIGM_SOURCE,
    event_type: kind,
    ...(reference !== undefined && { reference_id: reference }),
    ...shopOf(item, isPrice, options),
    sku,
    ...values,
    occurred_at: formatInstant(instantMember(item, 'timestamp', options.timeZone)),
  };
  return identified(event);
}

function passes(kind: string, events: ReadonlySet<string>): boolean {
  if (events.size === 0) return true;
  const known = (PARADIGM_EVENTS as readonly string[]).includes(kind);
  return events.has(known ? kind : 'OTHER');
}

function quantityOf(item: JsonObject): Pick<StockEvent, 'quantity' | 'old_quantity'> {
  const before = softDecimalMember(item, 'oldQuantity');
  const quantity = decimalMember(item, 'newQuantity');
  if (quantity === undefined)
    throw new InvalidInputError(
      'missing_field',
      '"newQuantity" is missing, so the stock is not known. Send it.',
      'newQuantity',
    );
  return { quantity, ...(before !== undefined && { old_quantity: before }) };
}

function priceOf(item: JsonObject): Pick<StockEvent, 'selling_price' | 'old_price'> {
  const before = softDecimalMember(item, 'oldPrice');
  const price = decimalMember(item, 'newPrice');
  if (price === undefined)
    throw new InvalidInputError(
      'missing_field',
      '"newPrice" is missing, so the price is not known. Send it.',
      'newPrice',
    );
  return { selling_price: price, ...(before !== undefined && { old_price: before }) };
}

function shopOf(
  item: JsonObject,
  isPrice: boolean,
  options: ParadigmOptions,
): Pick<StockEvent, 'store_id' | 'location' | 'default_store'> {
  const location = textMember(item, 'location');
  if (location !== undefined) return storeOf(options.stores, location);
  if (isPrice && options.priceScope === 'all')
    return { store_id: EVERY_STORE, ...(options.defaultStore !== '' && { default_store: options.defaultStore }) };
  if (options.defaultStore !== '') return { store_id: options.defaultStore };
  throw new InvalidInputError(
    'UNKNOWN_STORE',
    'The event names no location and the receiver has no default store. It was not recorded: set the default store of ' +
      'the receiver and have it sent again.',
    'location',
  );
}
