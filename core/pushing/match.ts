/**
 * Ties the items of a body to the ticket's entries: by what stands in the body's key field, never by position, since a
 * flow may sort, filter or rebuild the list.
 */
import { entryKey, itemKey } from '../mapping/key';
import type { Ticket, TicketEntry } from './ticket';

/** One item on its way, with its entry; `null` for an item of an operator's own list that the ledger does not know. */
export interface Piece {
  item: unknown;
  entry: TicketEntry | null;
}

export interface Matched {
  /** In the order of the body. */
  pieces: Piece[];
  /** In the ticket, but not in the body. */
  dropped: TicketEntry[];
  /** Positions in the body that are not sent: they are not on the ticket, or there twice. */
  foreign: number[];
}

export function keyField(ticket: Ticket): string {
  return ticket.mapping?.key ?? 'sku';
}

export function matchItems(ticket: Ticket, items: readonly unknown[]): Matched {
  const field = keyField(ticket);
  const open = new Map(ticket.entries.map((entry) => [entryKey(entry), entry]));
  const doubles = ticket.entries.filter((entry) => open.get(entryKey(entry)) !== entry);
  const pieces: Piece[] = [];
  const foreign: number[] = [];
  items.forEach((item, position) => {
    const key = itemKey(item, field);
    const entry = key === null ? undefined : open.get(key);
    if (key === null || !entry) foreign.push(position);
    else {
      open.delete(key);
      pieces.push({ item, entry });
    }
  });
  return { pieces, dropped: [...open.values(), ...doubles], foreign };
}
