/** What an event makes of an item, by the rules of DESIGN.md section 2: in memory, but for movements that a newer level ends. */
import { addDecimal } from '../../stock/decimal';
import { isMovementStale, type Movement, quantityOf, type Tie, type Told, tell } from '../../stock/merge';
import type { NormalEvent } from '../../stock/validate';
import type { Context } from './context';
import type { Row } from './database';

/** Applies each value the event has, in memory. @returns whether any took effect, and whether a movement did, which is to be kept */
export function merge(ctx: Context, item: Row, event: NormalEvent): { effect: boolean; moved: boolean } {
  let effect = false;
  let moved = false;
  if (event.quantity !== null) effect = mergeLevel(ctx, item, event.quantity, event);
  else if (event.quantityChange !== null) {
    moved = mergeMovement(item, { at: event.occurredAt, change: event.quantityChange });
    effect = moved;
  }
  if (event.sellingPrice !== null) {
    const told = tell(toldOf(item.price, item.price_at, item.price_old, item.price_ties), {
      value: event.sellingPrice,
      at: event.occurredAt,
      old: event.oldPrice,
    });
    if (told) {
      Object.assign(item, { price: told.value, price_at: told.at, price_old: told.old, price_ties: ties(told) });
      effect = true;
    }
  }
  if (event.stockStatus !== null && (item.status_at === null || event.occurredAt >= (item.status_at as number))) {
    Object.assign(item, { status: event.stockStatus, status_at: event.occurredAt });
    effect = true;
  }
  if (effect) item.version = (item.version as number) + 1;
  return { effect, moved };
}

function mergeLevel(ctx: Context, item: Row, value: string, event: NormalEvent): boolean {
  const told = tell(toldOf(item.level, item.level_at, item.level_old, item.level_ties), {
    value,
    at: event.occurredAt,
    old: event.oldQuantity,
  });
  if (!told) return false;
  Object.assign(item, { level: told.value, level_at: told.at, level_old: told.old, level_ties: ties(told) });
  let after: Movement[] = [];
  if ((item.moves as number) > 0) {
    ctx.db.run('DELETE FROM movements WHERE item = ? AND at <= ?', item.id!, told.at);
    after = ctx.db.all(
      'SELECT at, change FROM movements WHERE item = ? ORDER BY at',
      item.id!,
    ) as unknown as Movement[];
  }
  Object.assign(item, {
    quantity: quantityOf(told.value, after),
    quantity_at: after.at(-1)?.at ?? told.at,
    moves: after.length,
  });
  return true;
}

function mergeMovement(item: Row, movement: Movement): boolean {
  if (isMovementStale(item.level_at as number | null, movement.at)) return false;
  item.moves = (item.moves as number) + 1;
  if (item.level !== null) {
    item.quantity = addDecimal(item.quantity as string, movement.change);
    item.quantity_at = Math.max(item.quantity_at as number, movement.at);
  }
  return true;
}

function toldOf(value: unknown, at: unknown, old: unknown, told: unknown): Told | null {
  if (value === null) return null;
  return {
    value: value as string,
    at: at as number,
    old: old as string | null,
    ties: told === null ? null : (JSON.parse(told as string) as Tie[]),
  };
}

const ties = (told: Told): string | null => (told.ties ? JSON.stringify(told.ties) : null);
