/**
 * Turns a file of sales into what the shops' systems would have sent, and brings it into disorder: signed webhooks of
 * Paradigm (levels, prices) and MiPOS (levels with their movement), movements of scanners; late, and some of them twice.
 */

import type { StockUpdate } from '../../simulators/mipos';
import type { InventoryUpdate, PriceUpdate } from '../../simulators/paradigm';
import { oneOf, type Random, seeded } from '../../simulators/random';

/** What every item has on the shelf before the first row. */
export const OPENING = 100;
/** The shops' zone: MiPOS writes times without one. No summer time. */
export const TIME_ZONE = 'Asia/Dubai';
const OFFSET = '+04:00';
const OPENED_AT = '2010-12-01 00:00:00';

export interface ScannerEvent {
  event_id: string;
  sku: string;
  /** With sign. */
  quantity_change: string;
  occurred_at: string;
}

export type Delivery =
  | { by: 'paradigm'; event: InventoryUpdate | PriceUpdate }
  | { by: 'mipos'; update: StockUpdate }
  | { by: 'scanner'; store: string; event: ScannerEvent };

export interface SaleRow {
  invoice: string;
  sku: string;
  quantity: number;
  /** `YYYY-MM-DD HH:MM:SS`, to the minute */
  date: string;
  price: string;
  store: string;
}

export interface Disorder {
  seed: number;
  /** Deliveries change places with those up to this many places away. */
  window: number;
  /** Share that comes very late: anywhere until the end. */
  late: number;
  /** Share that comes twice. */
  twice: number;
}

interface Timed {
  at: string;
  delivery: Delivery;
}

export function makeFeed(rows: SaleRow[], disorder: Disorder): Delivery[] {
  const random = seeded(disorder.seed);
  const items = new Map<string, SaleRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.store, row.sku]);
    const known = items.get(key);
    if (known) known.push(row);
    else items.set(key, [row]);
  }
  const timed = [...items.values()].flatMap((itemRows) => new ItemHistory(itemRows, random).tell());
  timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return shuffle(
    timed.map(({ delivery }) => delivery),
    disorder,
    random,
  );
}

/** One item's rows, told in order as events. */
class ItemHistory {
  private readonly out: Timed[] = [];
  private readonly rows: SaleRow[];
  private readonly random: Random;
  private level = OPENING;
  private price: string | null = null;
  private sequence = 0;

  /** @param rows in the order of time, and of the file where that is equal */
  constructor(rows: SaleRow[], random: Random) {
    this.rows = rows;
    this.random = random;
  }

  tell(): Timed[] {
    const { sku, store } = this.rows[0]!;
    this.paradigm(OPENED_AT, {
      productId: sku,
      newQuantity: String(OPENING),
      timestamp: zoned(OPENED_AT),
      source: 'INVENTORY_ADJUSTMENT',
      location: store,
    });
    for (const [, minute] of groupBy(this.rows, (row) => row.date)) this.tellMinute(minute);
    return this.out;
  }

  /**
   * Rows of one minute stay at one instant where their old and new values tell their order. Where these come back to a
   * value they had, nothing could tell it: such rows are some seconds apart, as they were in the shop.
   */
  private tellMinute(rows: SaleRow[]): void {
    const senders = rows.map(() => oneOf(this.random, ['paradigm', 'paradigm', 'mipos', 'scanner'] as const));
    const order = rows.map((_, index) => index);
    // A level contains the movements of its instant: so those come first.
    order.sort((a, b) => Number(senders[a] !== 'scanner') - Number(senders[b] !== 'scanner'));
    const together =
      rows.length > 1 &&
      this.tellsItsOrder(
        order.map((index) => rows[index]!),
        rows,
      );
    for (const [place, row] of rows.entries()) this.reprice(row, together ? row.date : later(row.date, place));
    for (const [place, index] of (together ? order : rows.map((_, at) => at)).entries()) {
      const row = rows[index]!;
      this.sell(row, senders[index]!, together ? row.date : later(row.date, place));
    }
  }

  private tellsItsOrder(byLevel: SaleRow[], byPrice: SaleRow[]): boolean {
    const levels = [this.level];
    for (const row of byLevel) levels.push(levels.at(-1)! - row.quantity);
    const prices: (string | null)[] = [this.price];
    for (const row of byPrice) if (row.price !== prices.at(-1)) prices.push(row.price);
    return new Set(levels).size === levels.length && new Set(prices).size === prices.length;
  }

  private reprice(row: SaleRow, at: string): void {
    if (row.price === this.price) return;
    this.paradigm(at, {
      productId: row.sku,
      ...(this.price === null ? {} : { oldPrice: this.price }),
      newPrice: row.price,
      timestamp: zoned(at),
      referenceId: row.invoice,
      location: row.store,
    });
    this.price = row.price;
  }

  private sell(row: SaleRow, sender: 'paradigm' | 'mipos' | 'scanner', at: string): void {
    const before = this.level;
    this.level -= row.quantity;
    this.sequence += 1;
    if (sender === 'paradigm')
      this.paradigm(at, {
        productId: row.sku,
        oldQuantity: String(before),
        newQuantity: String(this.level),
        timestamp: zoned(at),
        source: row.quantity < 0 ? 'INVENTORY_ADJUSTMENT' : 'SALES_ORDER',
        referenceId: row.invoice,
        location: row.store,
      });
    else if (sender === 'mipos')
      this.add(at, {
        by: 'mipos',
        update: {
          pos_id: '1',
          inventory_system_id: '4344be8c-c6b9-4c51-88a6-d620144ab406',
          current_stock: String(this.level),
          quantity: String(Math.abs(row.quantity)),
          date: at,
          movement_type: row.quantity > 0 ? 2 : 1,
          external_id: row.sku,
          now: at,
          store_id: row.store,
        },
      });
    else
      this.add(at, {
        by: 'scanner',
        store: row.store,
        event: {
          event_id: `${row.store}/${row.sku}/${this.sequence}`,
          sku: row.sku,
          quantity_change: String(-row.quantity),
          occurred_at: zoned(at),
        },
      });
  }

  private paradigm(at: string, event: InventoryUpdate | PriceUpdate): void {
    this.add(at, { by: 'paradigm', event });
  }

  private add(at: string, delivery: Delivery): void {
    this.out.push({ at, delivery });
  }
}

/** Out of order, and some twice: the second time wholly the same, save for MiPOS' time of sending. */
function shuffle(deliveries: Delivery[], disorder: Disorder, random: Random): Delivery[] {
  const placed = deliveries.flatMap((delivery, index) => {
    const late = random() < disorder.late;
    const place = late ? index + random() * (deliveries.length - index) : index + random() * disorder.window;
    const first = { place, delivery };
    if (random() >= disorder.twice) return [first];
    return [first, { place: place + random() * disorder.window * 2, delivery: again(delivery) }];
  });
  return placed.sort((a, b) => a.place - b.place).map(({ delivery }) => delivery);
}

function again(delivery: Delivery): Delivery {
  return delivery.by === 'mipos'
    ? { by: 'mipos', update: { ...delivery.update, now: later(delivery.update.now, 59) } }
    : delivery;
}

/** Some seconds later in the same minute. */
function later(date: string, seconds: number): string {
  return date.slice(0, -2) + String(seconds).padStart(2, '0');
}

function zoned(date: string): string {
  return date.replace(' ', 'T') + OFFSET;
}

function groupBy<T>(list: T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return groups;
}
