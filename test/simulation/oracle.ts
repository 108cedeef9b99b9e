/**
 * The witness of a run: hears every committed call in the order of the commits, says what each had to answer, what every
 * outlet should have, and in which order an outlet's values came about. Shares no code with the product.
 */
import type { EventCounts, EventOutcome, OutletDefinition } from '../../core/ledger/ledger';
import { Memory } from './memory';
import type { Told } from './told';

/** What a platform shows of an item; a field that it does not get is missing. */
export interface Shown {
  selling_price?: number;
  stock_status?: number;
  quantity?: number;
}

/** The same values have the same text. */
export const textOf = ({ selling_price, stock_status, quantity }: Shown): string =>
  JSON.stringify({ selling_price, stock_status, quantity });

/** Whether the platform shows what it should; what it got once and gets no more may still stand there. */
export const shows = (shown: Shown | undefined, wanted: Shown): boolean =>
  shown !== undefined && Object.entries(wanted).every(([field, value]) => shown[field as keyof Shown] === value);

/** Nothing that is told in earnest is later than this: what is was told by a wrong clock. */
export const FAR_FUTURE = Date.parse('2026-01-11T00:00:00Z');

interface Kept {
  key: string;
  receivedAt: number;
  memory: Memory;
  id: string;
}

export class Oracle {
  readonly counts: EventCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, refused: 0 };
  readonly definitions = new Map<string, OutletDefinition>();
  /** By store, then by SKU. */
  private readonly items = new Map<string, Map<string, Memory>>();
  private readonly contents = new Map<string, string>();
  private readonly kept: Kept[] = [];
  private forgotten = 0;
  /** SKUs whose barcode is known. */
  private readonly barcodes = new Set<string>();
  /** By outlet and SKU: all values that the ledger wanted it to have, in order. */
  private readonly wants = new Map<string, string[]>();

  /** What becomes of these events, told in one call. */
  record(sender: string, events: Told[], lookUp: boolean, now: number): EventOutcome[] {
    return events.map((told) => {
      const outcome = this.one(sender, told, lookUp, now);
      this.counts[outcome] += 1;
      this.counts.received += 1;
      return outcome;
    });
  }

  link(sku: string): void {
    this.barcodes.add(sku);
  }

  /** An operator's list names items that nobody may have told of yet. */
  claimed(outlet: string, skus: string[]): void {
    for (const sku of skus) this.memoryOf(this.definitions.get(outlet)!.store_id, sku);
  }

  define(definitions: OutletDefinition[]): void {
    for (const definition of definitions) {
      this.definitions.set(definition.outlet, definition);
      for (const sku of this.skus(definition.store_id)) this.want(definition, sku);
    }
  }

  /** Forgets what arrived before this time; movements go into their level. */
  forget(before: number): void {
    const old = this.kept.filter(({ receivedAt }, index) => index >= this.forgotten && receivedAt < before);
    for (const { key, memory, id } of old) if (memory.forget(id)) this.contents.delete(key);
    if (old.length > 0) this.forgotten = this.kept.indexOf(old.at(-1)!) + 1;
  }

  skus(store: string): string[] {
    return [...(this.items.get(store)?.keys() ?? [])];
  }

  /** What the outlet should have of it; null = nobody told enough. */
  wanted(outlet: string, sku: string): Shown | null {
    const { store_id, fields, threshold } = this.definitions.get(outlet)!;
    const memory = this.items.get(store_id)?.get(sku);
    if (!memory) return null;
    const quantity = memory.quantity();
    const all = {
      selling_price: memory.price() === null ? null : memory.price()! / 100,
      stock_status: memory.inStock(Number(threshold)),
      quantity: quantity && Math.max(0, quantity.value),
    };
    const shown: Shown = {};
    for (const field of fields) {
      const value = all[field];
      if (value === null) return null;
      shown[field] = value;
    }
    return shown;
  }

  /** The first place at or after `from` at which the outlet should have had just this; -1 when there is none. */
  place(outlet: string, sku: string, shown: Shown, from: number): number {
    return (this.wants.get(`${outlet} ${sku}`) ?? []).indexOf(textOf(shown), from);
  }

  private one(sender: string, told: Told, lookUp: boolean, now: number): EventOutcome {
    if (told.at > FAR_FUTURE) return 'refused';
    if (lookUp && told.byBarcode && !this.barcodes.has(told.sku)) return 'refused';
    if (told.store !== '*') return this.inStore(sender, told, now);
    const holders = [...this.items].filter(([, skus]) => skus.has(told.sku)).map(([store]) => store);
    if (holders.length === 0) return 'refused';
    const each = holders.map((store) => ({ ...told, id: `${told.id}:${store}`, store }));
    if (each.some((one) => this.isConflict(sender, one))) return 'refused';
    const outcomes = each.map((one) => this.inStore(sender, one, now));
    if (outcomes.includes('accepted')) return 'accepted';
    return outcomes.includes('stale') ? 'stale' : 'duplicate';
  }

  private isConflict(sender: string, told: Told): boolean {
    const earlier = this.contents.get(`${sender} ${told.id}`);
    return earlier !== undefined && earlier !== contentOf(told);
  }

  private inStore(sender: string, told: Told, now: number): EventOutcome {
    if (told.links) this.link(told.sku);
    if (this.isConflict(sender, told)) return 'refused';
    const key = `${sender} ${told.id}`;
    if (this.contents.has(key)) return 'duplicate';
    this.contents.set(key, contentOf(told));
    const memory = this.memoryOf(told.store, told.sku);
    this.kept.push({ key, receivedAt: now, memory, id: told.id });
    const effect = memory.tell(told);
    for (const definition of this.definitions.values())
      if (definition.store_id === told.store) this.want(definition, told.sku);
    return effect ? 'accepted' : 'stale';
  }

  private memoryOf(store: string, sku: string): Memory {
    const skus = this.items.get(store) ?? new Map<string, Memory>();
    this.items.set(store, skus);
    const memory = skus.get(sku) ?? new Memory();
    skus.set(sku, memory);
    return memory;
  }

  private want({ outlet }: OutletDefinition, sku: string): void {
    const wanted = this.wanted(outlet, sku);
    if (!wanted) return;
    const list = this.wants.get(`${outlet} ${sku}`) ?? [];
    this.wants.set(`${outlet} ${sku}`, list);
    const text = textOf(wanted);
    if (list.at(-1) !== text) list.push(text);
  }
}

/** What makes two events the same; what else they say about it is no matter. */
function contentOf({ links: _, byBarcode: __, oldLevel: ___, oldPrice: ____, ...content }: Told): string {
  return JSON.stringify(content);
}
