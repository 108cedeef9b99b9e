/** Senders' names of shops and warehouses, mapped to stores. */
import { ConfigError } from '../core/errors';
import type { StockEvent } from '../core/stock/event';

/** The sender's name of a shop or warehouse → our `store_id`. */
export type StoreMap = ReadonlyMap<string, string>;

/**
 * Reads the property `storeMap`: rows `{location, store_id}`, or an object `{"<location>": "<store_id>"}`. Numbers count
 * as their text.
 * @param expand fills in the environment's variables
 * @throws ConfigError `store_map`: a row without a side, a location twice, or two locations on one store, which would
 *   overwrite each other's stock
 */
export function storeMap(property: unknown, expand: (text: string) => string = (text) => text): StoreMap {
  const map = new Map<string, string>();
  const locations = new Map<string, string>();
  for (const row of rowsOf(property)) {
    const [location, storeId] = [expand(row.location), expand(row.storeId)];
    if (location === '' || storeId === '')
      throw new ConfigError(
        `The store map has a row that is not complete ("${location}" → "${storeId}"). Fill in both sides or remove it.`,
        'store_map',
      );
    if (map.has(location))
      throw new ConfigError(`The store map names the location "${location}" twice. Remove one row.`, 'store_map');
    const other = locations.get(storeId);
    if (other !== undefined)
      throw new ConfigError(
        `The locations "${other}" and "${location}" both go to the store "${storeId}": each would overwrite the other's ` +
          'stock. Give each store one location.',
        'store_map',
      );
    map.set(location, storeId);
    locations.set(storeId, location);
  }
  return map;
}

function rowsOf(property: unknown): { location: string; storeId: string }[] {
  if (property === undefined || property === null || property === '') return [];
  if (Array.isArray(property))
    return property.map((row: Record<string, unknown>) => ({
      location: textOf(row?.location),
      storeId: textOf(row?.store_id),
    }));
  if (typeof property === 'object')
    return Object.entries(property).map(([location, storeId]) => ({ location, storeId: textOf(storeId) }));
  throw new ConfigError('The store map is not a list of rows. Open the node and fill it in again.', 'store_map');
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/**
 * The store of a location. One that is not mapped gives an event without store: refused as `UNKNOWN_STORE` when it is
 * recorded, kept, and replayable once the location is in the map.
 */
export function storeOf(map: StoreMap, location: string): Pick<StockEvent, 'store_id' | 'location'> {
  const storeId = map.get(location);
  return storeId === undefined ? { store_id: '', location } : { store_id: storeId };
}
