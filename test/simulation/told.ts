/** What one sender told of one item, as the oracle and the senders see it: integers, so that no rule of the product is shared. */
import type { StockEvent } from '../../core/stock/event';

export interface Told {
  id: string;
  /** `*`: a price for every store. */
  store: string;
  sku: string;
  /** Told by barcode, to be looked up. */
  byBarcode?: boolean;
  /** Tells the barcode of the SKU besides. */
  links?: boolean;
  /** Milliseconds. */
  at: number;
  level?: number;
  oldLevel?: number;
  change?: number;
  /** Cents. */
  price?: number;
  oldPrice?: number;
  status?: 0 | 1;
}

export const barcodeOf = (sku: string): string => `B-${sku}`;
export const skuOfBarcode = (barcode: string): string => barcode.slice(2);

/** 1240 → "12.40" */
const money = (cents: number): string => (cents / 100).toFixed(2);
const cents = (text: string): number => Math.round(Number(text) * 100);

export function eventOf(told: Told): StockEvent {
  const { level, oldLevel, change, price, oldPrice, status } = told;
  return {
    event_id: told.id,
    source: 'sim',
    store_id: told.store,
    ...((told.byBarcode ? { barcode: barcodeOf(told.sku) } : { sku: told.sku }) as { sku: string }),
    occurred_at: new Date(told.at).toISOString(),
    ...(told.links && { codes: { barcode: barcodeOf(told.sku) } }),
    ...(level !== undefined && { quantity: String(level) }),
    ...(oldLevel !== undefined && { old_quantity: String(oldLevel) }),
    ...(change !== undefined && { quantity_change: change > 0 ? `+${change}` : String(change) }),
    ...(price !== undefined && { selling_price: money(price) }),
    ...(oldPrice !== undefined && { old_price: money(oldPrice) }),
    ...(status !== undefined && { stock_status: status }),
  };
}

/** What an event of ours says, read back from a refused input that is taken up again. */
export function toldOf(event: StockEvent): Told {
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const told: Record<string, unknown> = {
    id: event.event_id,
    store: event.store_id,
    sku: event.sku ?? skuOfBarcode(event.barcode!),
    byBarcode: event.sku === undefined ? true : undefined,
    links: event.codes ? true : undefined,
    at: Date.parse(event.occurred_at),
    level: number(event.quantity),
    oldLevel: number(event.old_quantity),
    change: number(event.quantity_change),
    price: event.selling_price === undefined ? undefined : cents(event.selling_price),
    oldPrice: event.old_price === undefined ? undefined : cents(event.old_price),
    status: event.stock_status,
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as unknown as Told;
}
