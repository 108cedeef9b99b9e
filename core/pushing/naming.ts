/**
 * Which items an answer names. Platforms tell refused items as a list of objects that carry the SKU, the identifier as
 * it was sent, or the position in the request; only what can be tied to exactly one sent item counts.
 */

import type { Redact } from './redact';

/** What of an answer is a list of refused items, and how its entries name them: part of a platform's profile. */
export interface NamingProfile {
  /** Properties of the answer that hold such lists. */
  lists: readonly string[];
  /** Properties of an entry that hold the item's identifier, beside the mapped key. */
  identifiers: readonly string[];
  /** Properties of an entry that hold the position in the request, from 0. */
  positions: readonly string[];
  codes: readonly string[];
  messages: readonly string[];
}

/** How the items of one request can be named. */
export interface Sent {
  /** For each position: the SKU, when it is known. */
  skus: readonly (string | undefined)[];
  /** For each position: the text in the body's key field. */
  keys: readonly (string | undefined)[];
  /** Name of the body's key field (`product_id`). */
  keyField: string;
}

/** One refused item of a request. */
export interface Named {
  position: number;
  code: string;
  message: string;
}

/** @param clean cuts secrets out of the platform's words. @returns each position at most once, in the order of the answer */
export function namedItems(
  answer: unknown,
  sent: Sent,
  profile: NamingProfile,
  clean: Redact = (text) => text,
): Named[] {
  if (!isRecord(answer)) return [];
  const found = new Map<number, Named>();
  let index: Index | undefined;
  for (const name of profile.lists) {
    const list = answer[name];
    if (!Array.isArray(list)) continue;
    index ??= byIdentifier(sent);
    for (const entry of list) {
      const position = positionOf(entry, sent, profile, index);
      if (position === undefined || found.has(position)) continue;
      const fields = isRecord(entry) ? entry : {};
      found.set(position, {
        position,
        code: clean(firstText(fields, profile.codes) ?? '').slice(0, 100) || 'refused_by_platform',
        message: clean(firstText(fields, profile.messages) ?? '').slice(0, 1000) || 'The platform refused this item.',
      });
    }
  }
  return [...found.values()];
}

interface Index {
  skus: Map<string, number>;
  keys: Map<string, number>;
}

function positionOf(entry: unknown, sent: Sent, profile: NamingProfile, { skus, keys }: Index) {
  // Said without a field: what was sent is what the platform knows.
  if (typeof entry === 'string') return keys.get(entry) ?? skus.get(entry);
  if (!isRecord(entry)) return undefined;
  for (const field of [...profile.identifiers, sent.keyField]) {
    const text = asText(entry[field]);
    if (text === undefined) continue;
    // The key of one item may be the SKU of another: under the body's own field it is what was sent there.
    const [first, second] = field === sent.keyField ? [keys, skus] : [skus, keys];
    const position = first.get(text) ?? second.get(text);
    if (position !== undefined) return position;
  }
  for (const field of profile.positions) {
    const text = asText(entry[field]);
    if (text !== undefined && /^\d{1,9}$/.test(text) && Number(text) < sent.keys.length) return Number(text);
  }
  return undefined;
}

function byIdentifier(sent: Sent): Index {
  return { skus: positions(sent.skus), keys: positions(sent.keys) };
}

function positions(texts: readonly (string | undefined)[]): Map<string, number> {
  const found = new Map<string, number>();
  texts.forEach((text, position) => {
    if (text !== undefined) found.set(text, position);
  });
  return found;
}

export function firstText(fields: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = asText(fields[name]);
    if (text) return text;
  }
  return undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}
