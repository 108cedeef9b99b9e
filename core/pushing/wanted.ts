/**
 * What an outlet's platform should have of an item, and in which state that leaves the item. Pure: DESIGN.md section 2.
 */
import type { OutletField, OutletValues } from '../ledger/ledger';
import { canonicalDecimal } from '../stock/decimal';
import { type ItemFacts, stockStatus } from '../stock/merge';

/** The outlet's values of an item, in canonical text; null = incomplete: nothing is invented for what nobody told. */
export function wantedValues(facts: ItemFacts, fields: readonly OutletField[], threshold: string): OutletValues | null {
  const wanted: OutletValues = {};
  for (const field of fields) {
    if (field === 'selling_price') {
      if (facts.price === null) return null;
      wanted.selling_price = canonicalDecimal(facts.price);
    } else if (field === 'quantity') {
      if (facts.quantity === null) return null;
      // A negative count is information for the shop; a platform gets 0.
      wanted.quantity = facts.quantity.startsWith('-') ? '0' : canonicalDecimal(facts.quantity);
    } else {
      const status = stockStatus(facts, threshold);
      if (status === null) return null;
      wanted.stock_status = status;
    }
  }
  return wanted;
}

export function sameValues(a: OutletValues | null, b: OutletValues | null, fields: readonly OutletField[]): boolean {
  return a !== null && b !== null && fields.every((field) => a[field] === b[field]);
}

/** Whether buyers cannot have it by what the platform gets; where it is not told so in words, the count tells. */
export function isSoldOut({ stock_status, quantity }: OutletValues): boolean {
  return stock_status === undefined ? quantity === '0' : stock_status === 0;
}
