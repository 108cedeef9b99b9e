/** An item's values in words: "price 12.4, in stock yes". */
import { _ } from './words';

const FIELDS = ['quantity', 'quantity_change', 'selling_price', 'stock_status'] as const;

type Values = Partial<Record<(typeof FIELDS)[number], string | number | null>>;

export const inStock = (status: string | number): string => _(`inStock.${Number(status) === 1 ? 1 : 0}`);

export function valuesText(values: Values): string {
  return FIELDS.flatMap((name) => {
    const value = values[name];
    if (value === undefined || value === null) return [];
    return [`${_(`field.${name}`)} ${name === 'stock_status' ? inStock(value) : value}`];
  }).join(_('comma'));
}
