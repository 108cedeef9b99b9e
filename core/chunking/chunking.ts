/**
 * Slices a list so that no body has too many items or bytes. The list is partitioned in order; the ticket's entries go
 * with their items (matched by key, never by position), so that each slice can be settled on its own. Nothing is copied
 * but references.
 */
import { entryKey, itemKey } from '../mapping/key';
import type { TicketEntry } from '../pushing/ticket';
import type { Steps } from '../steps';

/** Items in one step. */
const STEP = 100;

export interface Limits {
  /** Most items in one slice; at least 1. */
  size: number;
  /** Most bytes of one encoded body; 0 = no limit. */
  bytes: number;
}

export interface Slice {
  items: unknown[];
  /** One item alone is larger than `bytes`: it goes alone, the platform judges. */
  oversize: boolean;
}

/** @param overhead bytes of a body around its list (not counting the brackets) */
export function* slice(items: readonly unknown[], limits: Limits, overhead = 0): Steps<Slice[]> {
  const slices: Slice[] = [];
  let current: Slice | null = null;
  let used = 0;
  for (const [index, item] of items.entries()) {
    if (index % STEP === STEP - 1) yield;
    const bytes = limits.bytes > 0 ? encodedBytes(item) : 0;
    // A comma before every item but the first.
    const fits = current !== null && current.items.length < limits.size && !current.oversize;
    if (current && fits && (limits.bytes === 0 || used + 1 + bytes <= limits.bytes)) {
      current.items.push(item);
      used += 1 + bytes;
      continue;
    }
    used = overhead + 2 + bytes;
    current = { items: [item], oversize: limits.bytes > 0 && used > limits.bytes };
    slices.push(current);
  }
  return slices;
}

/**
 * The entries of each slice, in the order of its items. Entries whose item is not in the list go with the first slice,
 * where the push finds them missing and reports them dropped.
 */
export function distribute(
  slices: readonly Slice[],
  entries: readonly TicketEntry[],
  keyField: string,
): TicketEntry[][] {
  const byKey = new Map(entries.map((entry) => [entryKey(entry), entry]));
  const rest = new Set(entries);
  const parts = slices.map(({ items }) => {
    const own: TicketEntry[] = [];
    for (const item of items) {
      const key = itemKey(item, keyField);
      const entry = key === null ? undefined : byKey.get(key);
      if (entry && rest.delete(entry)) own.push(entry);
    }
    return own;
  });
  parts[0]?.push(...rest);
  return parts;
}

/** Bytes of an item in a JSON list; what JSON cannot write (undefined) stands as `null` there. */
function encodedBytes(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(item) ?? 'null');
}
