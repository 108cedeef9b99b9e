/** Items as the ledger lends them, turned into the list that changed stock emits: JSON numbers, and only exact ones. */
import type { ItemRefusal, OutletField, Take } from '../ledger/ledger';
import { exactNumber } from '../mapping/value';
import type { Ticket } from './ticket';

export interface OutgoingItem {
  sku: string;
  selling_price?: number;
  stock_status?: 0 | 1;
  quantity?: number;
}

export interface Outgoing {
  items: OutgoingItem[];
  ticket: Ticket;
  /** Values that no JSON number says exactly. */
  refused: ItemRefusal[];
}

export function outgoing({ ticket, items }: Take, fields: readonly OutletField[]): Outgoing {
  const out: Outgoing = { items: [], ticket, refused: [] };
  const entries: Ticket['entries'] = [];
  items.forEach((taken, position) => {
    const entry = ticket.entries[position]!;
    const item: OutgoingItem = { sku: taken.sku };
    for (const field of fields) {
      if (field === 'stock_status') {
        if (taken.stock_status !== undefined) item.stock_status = taken.stock_status;
        continue;
      }
      const decimal = taken[field];
      if (decimal === undefined) continue;
      const number = exactNumber(decimal);
      // What is repeated leaves as it was stored; the list only shows it.
      if (number !== null || ticket.repeat) item[field] = number ?? Number(decimal);
      else {
        const message = `${field} ${decimal} of ${taken.sku} cannot be written as a JSON number without changing it. Nothing was sent for this item; correct the value at its source.`;
        out.refused.push({ item: entry.item, code: 'not_exact', message });
        return;
      }
    }
    out.items.push(item);
    entries.push(entry);
  });
  if (out.refused.length > 0) out.ticket = { ...ticket, entries };
  return out;
}
