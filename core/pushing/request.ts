/** Building one request and reading back what a stored one held. */
import { createHash } from 'node:crypto';
import { itemKey } from '../mapping/key';
import { encodeBody } from '../mapping/wrap';
import { keyField, type Piece } from './match';
import type { Sent } from './naming';
import type { Ticket, TicketEntry } from './ticket';

const USER_AGENT = 'shelfwire';

/** Exactly the bytes that are sent. @throws ConfigError `wrap_invalid`, `wrap_value_missing`; TypeError for what is no JSON */
export function bodyOf(pieces: readonly Piece[], ticket: Ticket): Uint8Array {
  const { store_id, outlet_name, platform, type } = ticket;
  return encodeBody(
    pieces.map(({ item }) => item),
    ticket.mapping?.wrap,
    { store_id, outlet_name, platform, type },
  );
}

/**
 * The same items in the same versions with the same body have the same key, however often they are tried; a value that
 * comes back later (13.99, 14.99, 13.99) has a key of its own, or the platform would take it for a repetition.
 */
export function idempotencyKey(ticket: Ticket, entries: readonly TicketEntry[], body: Uint8Array): string {
  const versions = entries.map(({ item, version }) => `${item}:${version}\n`).join('');
  return createHash('sha256')
    .update(`${ticket.ledger}\n${ticket.outlet}\n${ticket.id}\n${versions}`)
    .update(body)
    .digest('hex')
    .slice(0, 32);
}

export function headersOf(own: Record<string, string>, key: string): Record<string, string> {
  return {
    Accept: 'application/json',
    'User-Agent': USER_AGENT,
    'Content-Type': 'application/json',
    ...own,
    'Idempotency-Key': key,
  };
}

/** How an answer can name the items of this request. */
export function sentOf(pieces: readonly Piece[], ticket: Ticket): Sent {
  const field = keyField(ticket);
  return {
    skus: pieces.map(({ item, entry }) => entry?.sku ?? itemKey(item, 'sku') ?? undefined),
    keys: pieces.map(({ item }) => itemKey(item, field) ?? undefined),
    keyField: field,
  };
}

/** The same for a stored body, whose items stand in the order of the ticket's entries. */
export function sentOfBody(body: Uint8Array, ticket: Ticket): Sent {
  const isItem = (value: unknown) => itemKey(value, keyField(ticket)) !== null;
  const list = findList(JSON.parse(new TextDecoder().decode(body)), ticket.entries.length, isItem, 4) ?? [];
  return sentOf(
    ticket.entries.map((entry, position) => ({ item: list[position], entry })),
    ticket,
  );
}

/** What is around the list may hold others. */
function findList(
  value: unknown,
  length: number,
  isItem: (value: unknown) => boolean,
  depth: number,
): unknown[] | undefined {
  if (Array.isArray(value)) return value.length === length && value.every(isItem) ? value : undefined;
  if (typeof value !== 'object' || value === null || depth === 0) return undefined;
  for (const member of Object.values(value)) {
    const found = findList(member, length, isItem, depth - 1);
    if (found) return found;
  }
  return undefined;
}
