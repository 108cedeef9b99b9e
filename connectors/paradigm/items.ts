/** Items of the Paradigm API turned into stock events by a table of fields, digits kept. */
import { InvalidInputError } from '../../core/errors';
import type { Steps } from '../../core/steps';
import type { Refusal, StockEvent } from '../../core/stock/event';
import { isJsonObject, JsonNumber, type JsonValue, member, named } from '../../core/stock/exact-json';
import { shownSku } from '../../core/stock/shown-sku';
import { type StoreMap, storeOf } from '../store-map';
import { identified } from '../webhook';
import { type FieldRow, skuField, type Target } from './fields';
import { PARADIGM_SOURCE } from './webhook';

/** Items in one step. */
const STEP = 50;

const CODES: Partial<Record<Target, string>> = { barcode: 'barcode', paradigm_id: 'paradigm', mipos_id: 'mipos' };

export interface ItemOptions {
  fields: readonly FieldRow[];
  stores: StoreMap;
  /** Store of items that name none; '' = they are refused. */
  defaultStore: string;
}

export interface ItemEvents {
  events: StockEvent[];
  /** Position of each event among all items. */
  indexes: number[];
  refusals: Refusal[];
}

/**
 * @param first position of the first item among all
 * @param only when given: items of this SKU, since a filter may let more through
 */
export function* itemEvents(
  items: readonly JsonValue[],
  occurredAt: string,
  options: ItemOptions,
  first = 0,
  only?: string,
): Steps<ItemEvents> {
  const out: ItemEvents = { events: [], indexes: [], refusals: [] };
  for (const [position, item] of items.entries()) {
    let sku: string | undefined;
    if (position % STEP === STEP - 1) yield;
    try {
      sku = textAt(item, skuField(options.fields));
      if (only !== undefined && sku !== only) continue;
      out.events.push(itemEvent(item, sku, occurredAt, options));
      out.indexes.push(first + position);
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      out.refusals.push({ index: first + position, sku: shownSku(sku), code: thrown.code, message: thrown.message });
    }
  }
  return out;
}

function itemEvent(
  item: JsonValue,
  sku: string | undefined,
  occurredAt: string,
  { fields, stores, defaultStore }: ItemOptions,
): StockEvent {
  if (sku === undefined)
    throw new InvalidInputError(
      'missing_field',
      `The item has no "${skuField(fields)}", so nobody knows what it is. Check the table of fields.`,
      'sku',
    );
  const values: Partial<Record<Target, string>> = {};
  for (const { from, to } of fields) {
    const text = textAt(item, from);
    if (text !== undefined) values[to] = text;
  }
  const event: StockEvent = {
    source: PARADIGM_SOURCE,
    event_type: 'SYNC',
    ...shopOf(values, stores, defaultStore),
    sku,
    occurred_at: occurredAt,
  };
  if (values.quantity !== undefined) event.quantity = values.quantity;
  if (values.selling_price !== undefined) event.selling_price = values.selling_price;
  if (values.stock_status !== undefined) event.stock_status = statusOf(values.stock_status);
  const codes = Object.entries(CODES).flatMap(([target, source]) => {
    const code = values[target as Target];
    return code === undefined ? [] : [[source, code]];
  });
  if (codes.length > 0) event.codes = Object.fromEntries(codes);
  return identified(event);
}

function shopOf(
  { store_id, location }: Partial<Record<Target, string>>,
  stores: StoreMap,
  defaultStore: string,
): Pick<StockEvent, 'store_id' | 'location'> {
  if (store_id !== undefined) return { store_id };
  if (location !== undefined) return storeOf(stores, location);
  if (defaultStore !== '') return { store_id: defaultStore };
  throw new InvalidInputError(
    'UNKNOWN_STORE',
    'The item names no location and this node has no default store. It was not recorded: set the default store and sync all.',
    'location',
  );
}

function statusOf(text: string): 0 | 1 {
  const status = ({ 0: 0, 1: 1, false: 0, true: 1 } as Record<string, 0 | 1>)[text.toLowerCase()];
  if (status !== undefined) return status;
  throw new InvalidInputError(
    'not_a_status',
    `stock_status: "${text.slice(0, 40)}" is neither in stock (1) nor out of stock (0). Check the table of fields.`,
    'stock_status',
  );
}

/** The value at a path as text: numbers by their digits; absent, null and empty are undefined. @throws InvalidInputError `not_text` */
function textAt(item: JsonValue, path: string): string | undefined {
  let value: JsonValue | undefined = item;
  // A field whose own name has dots wins over a path.
  if (isJsonObject(item) && member(item, path) !== undefined) value = member(item, path);
  else for (const step of path.split('.')) value = isJsonObject(value) ? member(value, step) : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof JsonNumber) return named(path, () => value.decimal);
  throw new InvalidInputError('not_text', `"${path}" is not a text or a number. Check the table of fields.`, path);
}
