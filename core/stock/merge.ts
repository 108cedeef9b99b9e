/**
 * The rules by which events become the current values of one (store, SKU): DESIGN.md section 4. Pure, so that every
 * storage keeps the same ones. Price, quantity and status age independently; an older source time never replaces a newer one.
 */
import { addDecimal, canonicalDecimal, compareDecimal } from './decimal';
import type { Instant } from './time';

/** A value that several senders may have told for the same instant. */
export interface Told {
  value: string;
  at: Instant;
  /** What the sender said the value was before. */
  old: string | null;
  /** All that was told for this very instant, in order of arrival; null while it is only this one. */
  ties: Tie[] | null;
}

export type Tie = [old: string | null, value: string];

/** More than this many values for one instant are not told apart: the last arrivals count. */
const MAX_TIES = 64;

/** The value after one more was told, or null when it is older than what is known (stale). */
export function tell(known: Told | null, arriving: { value: string; at: Instant; old: string | null }): Told | null {
  if (!known || arriving.at > known.at) return { ...arriving, ties: null };
  if (arriving.at < known.at) return null;
  const ties: Tie[] = [
    ...(known.ties ?? [[known.old, known.value] as Tie]),
    [arriving.old, arriving.value] as Tie,
  ].slice(-MAX_TIES);
  const [old, value] = ties[latestOf(ties)]!;
  return { value, at: known.at, old, ties };
}

/**
 * Which of several values of one instant is the latest. Each is a step old → value; the steps make a chain, and the value
 * that was reached more often than it was left is its end. Where that names none or several: the latest arrival of them.
 */
export function latestOf(ties: Tie[]): number {
  const balance = new Map<string, number>();
  const count = (text: string, by: number) => {
    const key = canonicalDecimal(text);
    balance.set(key, (balance.get(key) ?? 0) + by);
  };
  for (const [old, value] of ties) {
    count(value, 1);
    if (old !== null) count(old, -1);
  }
  for (let i = ties.length - 1; i >= 0; i--) {
    if ((balance.get(canonicalDecimal(ties[i]![1])) ?? 0) > 0) return i;
  }
  return ties.length - 1;
}

export interface Movement {
  at: Instant;
  change: string;
}

/** A level as of its time, with the movements that came after it on top. */
export function quantityOf(level: string, movementsAfter: Movement[]): string {
  return movementsAfter.reduce((sum, { change }) => addDecimal(sum, change), level);
}

/** A movement at or before the level (or the horizon of folded movements) is in it already. */
export function isMovementStale(levelAt: Instant | null, at: Instant): boolean {
  return levelAt !== null && at <= levelAt;
}

/** What is known of an item, as far as outlets are concerned. */
export interface ItemFacts {
  quantity: string | null;
  quantityAt: Instant | null;
  price: string | null;
  status: 0 | 1 | null;
  statusAt: Instant | null;
}

/**
 * In stock or not: the newer of the explicit status and the quantity decides (the explicit one when both are of one
 * time); a quantity means in stock when it is above the outlet's threshold. Null: nobody told either yet.
 */
export function stockStatus(facts: ItemFacts, threshold: string): 0 | 1 | null {
  const { quantity, quantityAt, status, statusAt } = facts;
  if (status !== null && (quantity === null || statusAt! >= quantityAt!)) return status;
  if (quantity === null) return null;
  return compareDecimal(quantity, threshold) > 0 ? 1 : 0;
}
