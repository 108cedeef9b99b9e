/** What the simulated platform holds: the items of each store, and what must never happen to them. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isExactNumber, parseExact, scalarText } from './exact-json';

/** An item as it was sent; numbers keep their digits. */
export type PlatformItem = Record<string, unknown>;

export interface Reversal {
  store: string;
  sku: string;
  had: string;
  got: string;
}

/** Names under which platforms know an item. */
const KEYS = ['sku', 'product_id', 'item_code', 'barcode', 'id'] as const;

export function keyOf(item: PlatformItem): string | null {
  for (const name of KEYS) {
    const value = item[name];
    if (typeof value === 'string' ? value !== '' : isExactNumber(value)) return scalarText(value);
  }
  return null;
}

/** The list of items in a body: the body itself, or the one list in an envelope. */
export function itemsOf(body: unknown): PlatformItem[] | null {
  const list = Array.isArray(body)
    ? body
    : typeof body === 'object' && body !== null
      ? Object.values(body).find((value) => Array.isArray(value))
      : undefined;
  if (!Array.isArray(list)) return null;
  return list.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item)) ? list : null;
}

const COMPACT_AT = 8_000_000;

export class PlatformStore {
  readonly reversals: Reversal[] = [];
  private readonly stores = new Map<string, Map<string, PlatformItem>>();
  private readonly journal: string | null;
  private readonly versionField: string | null;
  /** Characters written since the journal was compact. */
  private written = 0;

  /**
   * @param journal file that keeps the content over restarts; null = memory only
   * @param versionField a numeric field that only ever grows for an item: what makes it smaller is a reversal
   */
  constructor(options: { journal?: string; versionField?: string } = {}) {
    this.journal = options.journal ?? null;
    this.versionField = options.versionField ?? null;
    if (this.journal && existsSync(this.journal)) this.load(this.journal);
  }

  /** Puts the items in; items that are not mentioned stay as they are. Written down before it returns. */
  apply(store: string, items: PlatformItem[]): void {
    if (items.length === 0) return;
    if (this.journal) this.write(this.journal, `${JSON.stringify([store, items])}\n`);
    this.put(store, items);
  }

  items(store: string): PlatformItem[] {
    return [...(this.stores.get(store)?.values() ?? [])];
  }

  item(store: string, key: string): PlatformItem | undefined {
    return this.stores.get(store)?.get(key);
  }

  /** All items by store and key. */
  content(): Record<string, Record<string, PlatformItem>> {
    return Object.fromEntries([...this.stores].map(([store, items]) => [store, Object.fromEntries(items)]));
  }

  /** Number of items by store. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.stores].map(([store, items]) => [store, items.size]));
  }

  clear(): void {
    this.stores.clear();
    this.reversals.length = 0;
    if (this.journal) writeFileSync(this.journal, '');
  }

  private put(store: string, items: PlatformItem[]): void {
    const held = this.stores.get(store) ?? new Map<string, PlatformItem>();
    this.stores.set(store, held);
    for (const item of items) {
      const key = keyOf(item)!;
      this.watch(store, key, held.get(key), item);
      held.set(key, item);
    }
  }

  private watch(store: string, sku: string, before: PlatformItem | undefined, after: PlatformItem): void {
    if (!this.versionField || !before) return;
    const [had, got] = [scalarText(before[this.versionField]), scalarText(after[this.versionField])];
    if (Number(got) < Number(had)) this.reversals.push({ store, sku, had, got });
  }

  private load(journal: string): void {
    for (const line of readFileSync(journal, 'utf8').split('\n')) {
      if (!line.trim()) continue;
      try {
        const [store, items] = parseExact(line) as [string, PlatformItem[]];
        this.put(store, items);
      } catch {
        // The last line of a killed process may be cut: it was never answered.
      }
    }
    this.compact(journal);
  }

  private write(journal: string, line: string): void {
    if (this.written > COMPACT_AT) this.compact(journal);
    appendFileSync(journal, line);
    this.written += line.length;
  }

  /** What is overwritten by now is left out. */
  private compact(journal: string): void {
    const lines = [...this.stores].map(([store, items]) => `${JSON.stringify([store, [...items.values()]])}\n`);
    writeFileSync(`${journal}.new`, lines.join(''));
    renameSync(`${journal}.new`, journal);
    this.written = 0;
  }
}
