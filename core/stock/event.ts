/**
 * A stock event: one thing that happened to one SKU in one store. This is what receivers emit in `msg.payload` (a list),
 * what record stock takes, and what operators see and may edit on the way (DESIGN.md section 5).
 */
export interface StockEvent {
  /** The sender's id, or a hash of all that makes the event unique (`deriveEventId`). Scoped to the sender. */
  event_id?: string;
  /** Who told us: `paradigm`, `mipos`, `scanner`, `catalogue`, or what the sender says. */
  source?: string;
  /** For instance `SALES_ORDER`, `PRICE_UPDATE`. */
  event_type?: string;
  reference_id?: string;
  device_id?: string;
  /** Required; kept code point by code point. */
  store_id: string;
  /** The sender's own name of the shop where no `store_id` is known for it (then empty): refused, kept, replayable once mapped. */
  location?: string;
  /** With `store_id` `*`: the store that gets the price while none has the SKU; without it such a price is refused. */
  default_store?: string;
  /** Required unless `barcode` is given; kept code point by code point. */
  sku: string;
  /** A code that is looked up (record stock `codes: look-up`) or taken as the SKU (`as-is`) when `sku` is missing. */
  barcode?: string;
  /** Level after the event, decimal text. When both are given, the level counts. */
  quantity?: string;
  /** Movement, decimal text with sign: `-6`, `30`, `+30`. */
  quantity_change?: string;
  /** Decimal text in the shop's currency. */
  selling_price?: string;
  stock_status?: 0 | 1;
  /** The same as `stock_status` (seed 001). */
  enabled?: 0 | 1;
  /** Source time, ISO 8601 with zone. */
  occurred_at: string;
  /** What the sender says the value was before: tells which of two levels (prices) of one time is the later. */
  old_quantity?: string;
  old_price?: string;
  /** The sender's other codes for this SKU, by source (`barcode`, `paradigm`, `mipos`): linked when the event is recorded. */
  codes?: Record<string, string>;
}

/** As `store_id` of an event that brings a price and nothing else: every store that holds the SKU. */
export const EVERY_STORE = '*';

/** Why an input was refused; `index` is its position in what the sender sent (for CSV: the row, header not counted). */
export interface Refusal {
  index: number;
  sku: string | null;
  code: string;
  message: string;
  /** What is wrong with other fields of the same item. */
  also?: { code: string; message: string }[];
}
