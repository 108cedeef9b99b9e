/** How an item of a body is matched to its entry on the ticket: by the key's text, never by position. */
import type { TicketEntry } from '../pushing/ticket';
import { scalarText } from './value';

/** Text of what stands in the item's key field; null when there is none. */
export function itemKey(item: unknown, keyField: string): string | null {
  if (typeof item !== 'object' || item === null) return null;
  return scalarText((item as Record<string, unknown>)[keyField]);
}

export function entryKey(entry: TicketEntry): string {
  return entry.key ?? entry.sku;
}
