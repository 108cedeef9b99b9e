/** One row of a catalogue, whatever its form, turned into a stock event. */
import { InvalidInputError } from '../../core/errors';
import type { StockEvent } from '../../core/stock/event';
import { deriveEventId } from '../../core/stock/event-id';
import type { Check } from '../../core/stock/faults';
import { formatInstant, parseInstant } from '../../core/stock/time';
import { valueChecks } from '../../core/stock/validate';

export const CATALOGUE_SOURCE = 'catalogue';

/** Columns that hold another code of the article: name of the column → source of the code. */
const CODE_COLUMNS = { barcode: 'barcode', paradigm_id: 'paradigm', mipos_id: 'mipos' } as const;

/** Columns that mean something; others (a name, a category) are passed over. */
export const COLUMNS = [
  'sku',
  'store_id',
  'selling_price',
  'quantity',
  'quantity_change',
  'stock_status',
  'enabled',
  'occurred_at',
  ...(Object.keys(CODE_COLUMNS) as (keyof typeof CODE_COLUMNS)[]),
] as const;
export type Column = (typeof COLUMNS)[number];

/** Text of a cell; undefined or empty = no value. */
export type Row = Partial<Record<Column, string | undefined>>;

export interface RowContext {
  /** The shop of the address. */
  storeId: string;
  /** When the values were true, for rows that do not say it: ISO 8601 with zone. */
  occurredAt: string;
  /** In which a row's time without zone is read. */
  timeZone: string;
}

/** "Selling Price" and `selling_price` are one name. */
export function columnOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

/**
 * Numbers are only trimmed; whether they are numbers is judged with every event, by record stock.
 * @throws InvalidInputError naming column and remedy
 */
export function rowEvent(row: Row, { storeId, occurredAt, timeZone }: RowContext): StockEvent {
  const sku = skuOf(row);
  checkStore(row, storeId);
  checkLevel(row);
  const event: StockEvent = {
    source: CATALOGUE_SOURCE,
    event_type: 'CATALOGUE',
    store_id: storeId,
    sku,
    occurred_at: timeOf(row, timeZone) ?? occurredAt,
  };
  const quantity = row.quantity?.trim();
  if (quantity) event.quantity = quantity;
  const price = row.selling_price?.trim();
  if (price) event.selling_price = price;
  const status = statusOf(row);
  if (status !== undefined) event.stock_status = status;
  const codes = codesOf(row);
  if (codes) event.codes = codes;
  // Two rows that only tell two barcodes of one article are two events.
  event.event_id = deriveEventId(codes ? { ...event, reference_id: JSON.stringify(codes) } : event);
  return event;
}

/** One for each column, for a row that was refused. */
export function rowChecks(row: Row, { storeId, timeZone }: RowContext): Check[] {
  return [
    () => skuOf(row),
    () => checkStore(row, storeId),
    () => checkLevel(row),
    () => timeOf(row, timeZone),
    () => statusOf(row),
    ...valueChecks({ quantity: row.quantity?.trim(), selling_price: row.selling_price?.trim() }),
  ];
}

function skuOf({ sku = '' }: Row): string {
  if (sku === '') throw new InvalidInputError('missing_field', 'The sku is missing. Fill the column sku.', 'sku');
  return sku;
}

function checkStore(row: Row, storeId: string): void {
  const store = row.store_id?.trim();
  if (store && store !== storeId)
    throw new InvalidInputError(
      'other_store',
      `The row is of store ${store}, but was sent to store ${storeId}. Send each store's rows to its own address.`,
      'store_id',
    );
}

function checkLevel(row: Row): void {
  if (row.quantity_change?.trim())
    throw new InvalidInputError(
      'movement_in_catalogue',
      'A catalogue says how much there is; quantity_change is a movement. Send it as quantity, or by a webhook or scanner.',
      'quantity_change',
    );
}

function timeOf(row: Row, timeZone: string): string | undefined {
  const given = row.occurred_at?.trim();
  return given ? formatInstant(parseInstant(given, timeZone)) : undefined;
}

const STATUS: Record<string, 0 | 1> = { '0': 0, '1': 1, false: 0, true: 1 };

function statusOf(row: Row): 0 | 1 | undefined {
  const given = [row.stock_status, row.enabled]
    .map((cell) => cell?.trim().toLowerCase())
    .filter((cell) => cell !== undefined && cell !== '');
  const read = given.map((cell) => STATUS[cell as string]);
  if (read.includes(undefined))
    throw new InvalidInputError(
      'not_a_status',
      `The stock_status is "${given[read.indexOf(undefined)]?.slice(0, 40)}". Write 1 (in stock) or 0 (out of stock).`,
      'stock_status',
    );
  if (read.length === 2 && read[0] !== read[1])
    throw new InvalidInputError(
      'status_conflict',
      'stock_status and enabled mean the same, but differ here. Send one of them.',
      'stock_status',
    );
  return read[0];
}

function codesOf(row: Row): Record<string, string> | undefined {
  const codes = Object.entries(CODE_COLUMNS).flatMap(([column, source]) => {
    const code = row[column as keyof typeof CODE_COLUMNS];
    return code ? [[source, code]] : [];
  });
  return codes.length > 0 ? Object.fromEntries(codes) : undefined;
}
