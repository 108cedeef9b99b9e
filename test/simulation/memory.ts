/**
 * What an honest witness remembers of one (store, SKU): everything that was told, and what follows from it. Written from
 * the rules of the docs, without any code of the product, and without a thought for speed.
 */
import type { Told } from './told';

interface Value {
  at: number;
  value: number;
  old: number | null;
}

interface Move {
  id: string;
  at: number;
  change: number;
}

export class Memory {
  private levels: Value[] = [];
  private prices: Value[] = [];
  private moves: Move[] = [];
  private status: { at: number; value: 0 | 1 } | null = null;

  /** @returns whether it had an effect; what is older than what is known has none */
  tell({ id, at, level, oldLevel, change, price, oldPrice, status }: Told): boolean {
    let effect = false;
    if (level !== undefined) effect = add(this.levels, { at, value: level, old: oldLevel ?? null });
    else if (change !== undefined && at > latestTime(this.levels)) {
      this.moves.push({ id, at, change });
      effect = true;
    }
    if (price !== undefined) effect = add(this.prices, { at, value: price, old: oldPrice ?? null }) || effect;
    if (status !== undefined && at >= (this.status?.at ?? Number.NEGATIVE_INFINITY)) {
      this.status = { at, value: status };
      effect = true;
    }
    if (level !== undefined) this.moves = this.moves.filter((move) => move.at > latestTime(this.levels));
    return effect;
  }

  /** Movements up to this one become part of the level, for the history that is forgotten. @returns whether its id may be forgotten too */
  forget(id: string): boolean {
    const move = this.moves.find((each) => each.id === id);
    if (!move) return true;
    const level = latest(this.levels);
    if (!level) return false;
    const folded = this.moves.filter(({ at }) => at <= move.at);
    const value = folded.reduce((sum, { change }) => sum + change, level.value);
    this.levels = [{ at: move.at, value, old: null }];
    this.moves = this.moves.filter(({ at }) => at > move.at);
    return true;
  }

  price(): number | null {
    return latest(this.prices)?.value ?? null;
  }

  quantity(): { value: number; at: number } | null {
    const level = latest(this.levels);
    if (!level) return null;
    return {
      value: this.moves.reduce((sum, { change }) => sum + change, level.value),
      at: Math.max(level.at, ...this.moves.map(({ at }) => at)),
    };
  }

  /** The newer of what was said and what was counted; what was said when both are of one time. */
  inStock(threshold: number): 0 | 1 | null {
    const quantity = this.quantity();
    if (this.status && (!quantity || this.status.at >= quantity.at)) return this.status.value;
    if (!quantity) return null;
    return quantity.value > threshold ? 1 : 0;
  }
}

const latestTime = (values: Value[]): number => Math.max(Number.NEGATIVE_INFINITY, ...values.map(({ at }) => at));

function add(values: Value[], value: Value): boolean {
  if (value.at < latestTime(values)) return false;
  values.push(value);
  return true;
}

/** Of one time: the one that no other replaced (by its old value); of several such the one that arrived last. */
function latest(values: Value[]): Value | undefined {
  const time = latestTime(values);
  const candidates = values.filter(({ at }) => at === time);
  const replaced = new Set(candidates.map(({ old }) => old));
  return candidates.filter(({ value }) => !replaced.has(value)).at(-1) ?? candidates.at(-1);
}
