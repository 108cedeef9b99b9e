/**
 * MiPOS' stock webhook (type 3): `{pos_id, inventory_system_id, current_stock, quantity, date, movement_type, external_id,
 * now, store_id}`. Levels and quantities are text, `date` has no zone. It tells the level and the movement: the level
 * counts. `now` is the time of sending and no part of the event.
 */
import { InvalidInputError } from '../../core/errors';
import type { Steps } from '../../core/steps';
import { addDecimal, negateDecimal } from '../../core/stock/decimal';
import type { StockEvent } from '../../core/stock/event';
import { type JsonObject, textMember } from '../../core/stock/exact-json';
import type { Check } from '../../core/stock/faults';
import { formatInstant } from '../../core/stock/time';
import { type StoreMap, storeOf } from '../store-map';
import { decimalMember, identified, instantMember, readWebhook, requiredText, type WebhookContent } from '../webhook';

export const MIPOS_SOURCE = 'mipos';

export interface MiposOptions {
  stores: StoreMap;
  /** Zone of `date`. */
  timeZone: string;
  /** Only this inventory system is taken; '' = any. */
  inventorySystemId: string;
}

/** @throws InvalidInputError when the body as a whole cannot be read */
export function readMipos(bytes: Uint8Array, options: MiposOptions): Steps<WebhookContent> {
  return readWebhook(
    bytes,
    'external_id',
    (item) => readItem(item, options),
    (item) => checksOf(item, options),
  );
}

function checksOf(item: JsonObject, { timeZone }: MiposOptions): Check[] {
  return [
    () => movementOf(item),
    () => decimalMember(item, 'current_stock'),
    () => requiredText(item, 'store_id'),
    () => requiredText(item, 'external_id'),
    () => instantMember(item, 'date', timeZone),
  ];
}

function readItem(item: JsonObject, options: MiposOptions): StockEvent {
  const system = textMember(item, 'inventory_system_id');
  if (options.inventorySystemId !== '' && system !== options.inventorySystemId)
    throw new InvalidInputError(
      'other_inventory_system',
      `inventory_system_id "${(system ?? '').slice(0, 60)}" is not the one that this receiver takes. Nothing was recorded: send it to its own receiver, or change the setting.`,
      'inventory_system_id',
    );
  const movement = movementOf(item);
  const level = decimalMember(item, 'current_stock');
  if (level === undefined && movement === undefined)
    throw new InvalidInputError(
      'missing_field',
      '"current_stock" is missing, so the stock is not known. Send it as text.',
      'current_stock',
    );
  const event: StockEvent = {
    source: MIPOS_SOURCE,
    event_type: movement === undefined ? 'STOCK' : movement.startsWith('-') ? 'STOCK_REMOVE' : 'STOCK_ADD',
    ...storeOf(options.stores, requiredText(item, 'store_id')),
    sku: requiredText(item, 'external_id'),
    ...(level !== undefined && { quantity: level }),
    ...(movement !== undefined && { quantity_change: movement }),
    occurred_at: formatInstant(instantMember(item, 'date', options.timeZone)),
    ...(level !== undefined && movement !== undefined && { old_quantity: addDecimal(level, negateDecimal(movement)) }),
  };
  return identified(event);
}

/** The movement with its sign: type 1 adds, 2 removes. */
function movementOf(item: JsonObject): string | undefined {
  const quantity = decimalMember(item, 'quantity');
  if (quantity === undefined) return undefined;
  const type = textMember(item, 'movement_type');
  if (quantity.startsWith('-') || (type !== '1' && type !== '2'))
    throw new InvalidInputError(
      'unknown_movement',
      'The movement is not clear: "movement_type" has to be 1 (add) or 2 (remove) and "quantity" not negative. Nothing was recorded; send both so.',
      'movement_type',
    );
  return type === '2' ? negateDecimal(quantity) : quantity;
}
