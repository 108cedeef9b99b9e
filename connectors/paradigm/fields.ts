/** The table that says which field of the Paradigm API becomes what. Also used by the dialog, so it needs nothing of Node. */
import { ConfigError } from '../../core/errors';

/** Where a field of an item may go. `location` is looked up in the store map; the last three are other codes of the article. */
export const TARGETS = [
  'sku',
  'quantity',
  'selling_price',
  'stock_status',
  'location',
  'store_id',
  'barcode',
  'paradigm_id',
  'mipos_id',
] as const;
export type Target = (typeof TARGETS)[number];

export interface FieldRow {
  /** Name of the item's field; dots between steps. */
  from: string;
  to: Target;
}

export const DEFAULT_FIELDS: readonly FieldRow[] = [
  { from: 'productId', to: 'sku' },
  { from: 'quantity', to: 'quantity' },
  { from: 'price', to: 'selling_price' },
  { from: 'location', to: 'location' },
  { from: 'barcode', to: 'barcode' },
];

/** The property `fields`: a list of `{from, to}`; none = the default. @throws ConfigError `fields_invalid` */
export function readFields(property: unknown): FieldRow[] {
  if (property === undefined || property === null || property === '') return [...DEFAULT_FIELDS];
  if (!Array.isArray(property)) throw wrong('it is not a list of rows');
  if (property.length === 0) return [...DEFAULT_FIELDS];
  const rows = property.map((row: Record<string, unknown>): FieldRow => {
    const from = typeof row?.from === 'string' ? row.from.trim() : '';
    const to = row?.to as Target;
    if (from === '') throw wrong('a row names no field of Paradigm');
    if (!TARGETS.includes(to)) throw wrong(`${JSON.stringify(to)} is not one of ${TARGETS.join(', ')}`);
    return { from, to };
  });
  for (const target of TARGETS)
    if (rows.filter(({ to }) => to === target).length > 1) throw wrong(`${target} is filled by two rows`);
  if (!rows.some(({ to }) => to === 'sku')) throw wrong('no row fills sku');
  return rows;
}

function wrong(why: string): ConfigError {
  return new ConfigError(`The table of fields is wrong: ${why}. Open the node and correct it.`, 'fields_invalid');
}

/** Name of Paradigm's field that becomes the SKU. */
export function skuField(fields: readonly FieldRow[]): string {
  return fields.find(({ to }) => to === 'sku')!.from;
}
