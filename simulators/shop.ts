/** A small chain of shops that sells, receives, counts and reprices: what the simulated senders report. */
import { barcode, product, productId } from './paradigm-products';
import { between, oneOf, type Random } from './random';

export interface ShopItem {
  store: string;
  sku: string;
  barcode: string;
  quantity: number;
  /** In hundredths. */
  price: number;
}

export type ChangeKind = 'sale' | 'delivery' | 'count' | 'transfer' | 'price';

export interface ShopChange {
  kind: ChangeKind;
  item: ShopItem;
  /** Quantities, or prices as decimal text for a price change. */
  before: string;
  after: string;
  /** With sign; "0" for a price change. */
  difference: string;
  at: Date;
  reference: string;
}

export class Shop {
  readonly items: ShopItem[] = [];
  private readonly random: Random;
  private readonly run: string;
  private number = 0;

  /** @param run a text that differs from run to run: references must not repeat */
  constructor(random: Random, run: string, options: { stores?: string[]; products?: number } = {}) {
    this.random = random;
    this.run = run;
    for (const store of options.stores ?? ['1', '2', '3'])
      for (let number = 0; number < (options.products ?? 40); number++)
        this.items.push({
          store,
          sku: productId(number),
          barcode: barcode(number),
          quantity: between(random, 0, 4),
          price: Math.round(Number(product(number).price.rawJSON) * 100),
        });
  }

  /** Something happens to one item (of `store`), now. Stocks are small, so that items sell out and come back often. */
  next(kinds: readonly ChangeKind[], store?: string): ShopChange {
    const item = oneOf(this.random, store ? this.items.filter((one) => one.store === store) : this.items);
    let kind = oneOf(this.random, kinds);
    if (kind === 'sale' && item.quantity === 0) kind = kinds.includes('delivery') ? 'delivery' : 'count';
    const change = kind === 'price' ? this.reprice(item) : this.move(kind, item);
    this.number += 1;
    return { ...change, kind, item, at: new Date(), reference: `SIM-${this.run}-${this.number}` };
  }

  private move(kind: ChangeKind, item: ShopItem): Pick<ShopChange, 'before' | 'after' | 'difference'> {
    const before = item.quantity;
    if (kind === 'sale') item.quantity -= Math.min(before, between(this.random, 1, 3));
    else if (kind === 'delivery') item.quantity += between(this.random, 1, 6);
    else item.quantity = Math.max(0, before + between(this.random, -2, 2));
    const difference = item.quantity - before;
    return { before: String(before), after: String(item.quantity), difference: String(difference) };
  }

  private reprice(item: ShopItem): Pick<ShopChange, 'before' | 'after' | 'difference'> {
    const before = item.price;
    item.price = Math.max(50, Math.round((before * between(this.random, 92, 109)) / 100));
    return { before: money(before), after: money(item.price), difference: '0' };
  }
}

export function money(hundredths: number): string {
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
}
