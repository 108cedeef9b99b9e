/** Refused events taken up again, through the same checks; the row is kept and marked. */
import { InvalidInputError } from '../../errors';
import type { StockEvent } from '../../stock/event';
import type { LocationMap, RecordResult } from '../ledger';
import type { Context } from './context';
import type { Row } from './database';
import { record } from './record';

export function replay(ctx: Context, id: number, locations: readonly LocationMap[] = []): RecordResult {
  const row = ctx.db.get('SELECT * FROM refused_inputs WHERE id = ?', id);
  if (!row?.event)
    throw new InvalidInputError(
      'not_replayable',
      `Refused input ${id} is not known or has no event that could be taken up again.`,
    );
  const event = JSON.parse(row.event as string) as StockEvent;
  const store_id = event.store_id || storeOf(ctx, row, event.location, locations);
  const batch = {
    sender: row.sender as string,
    events: [store_id ? { ...event, store_id } : event],
    indexes: [row.position as number],
    codes: row.codes as 'as-is' | 'look-up',
  };
  const result = record(ctx, batch, row.raw as number | null);
  // What is refused again refers to the same original: that stays as long, and no other gets its number meanwhile.
  if (result.refused > 0 && row.raw !== null)
    ctx.db.run('UPDATE raw_inputs SET received_at = ? WHERE id = ?', ctx.now(), row.raw!);
  ctx.db.run('UPDATE refused_inputs SET replayed_at = ? WHERE id = ?', ctx.now(), id);
  return result;
}

/**
 * The store of a location, by the map of the receiver that it came to: another receiver of the same vendor's (of a second
 * account) means another shop by the same name.
 * @throws InvalidInputError `receiver_unknown` when nothing tells which receiver that was, and they do not agree
 */
function storeOf(
  ctx: Context,
  row: Row,
  location: string | undefined,
  locations: readonly LocationMap[],
): string | undefined {
  if (!location) return undefined;
  const ofSender = locations.filter(({ sender }) => sender === row.sender);
  const origin = row.raw && ctx.db.get('SELECT origin FROM raw_inputs WHERE id = ?', row.raw)?.origin;
  const own = ofSender.filter((map) => map.origin === origin);
  const maps = own.length > 0 ? own : ofSender;
  const stores = new Set(maps.map(({ stores }) => (Object.hasOwn(stores, location) ? stores[location] : undefined)));
  if (stores.size > 1)
    throw new InvalidInputError(
      'receiver_unknown',
      `Several receivers know ${String(row.sender)}'s locations, and it is not kept which of them this came to. Nothing was recorded: give "${location.slice(0, 100)}" the same store in each of them, or have it sent again.`,
      'location',
    );
  return [...stores][0];
}
