/**
 * MQTT topics of Shelfwire (DESIGN section 5): stock events go to `shelfwire/stores/{store_id}/stock`, a device's state
 * and its will to `shelfwire/stores/{store_id}/devices/{id}/status`. Filters as in MQTT 3.1.1 section 4.7.
 */
import { ConfigError } from '../errors';

const ROOT = 'shelfwire/stores';

/** What a scanner in node listens to unless it is told otherwise; the `+` is the store. */
export const STOCK_FILTER = `${ROOT}/+/stock`;

export function stockTopic(storeId: string): string {
  return `${ROOT}/${storeId}/stock`;
}

export function statusTopic(storeId: string, deviceId: string): string {
  return `${ROOT}/${storeId}/devices/${deviceId}/status`;
}

/** True when the text can stand as one level of a topic. */
export function isTopicLevel(text: string): boolean {
  return text !== '' && !/[/+#\0]/.test(text);
}

/** Tells whether `filter` (with `+` for one level) covers a topic. */
export function matcher(filter: string): (topic: string) => boolean {
  const wanted = filter.split('/');
  return (topic) => {
    const levels = topic.split('/');
    return wanted.length === levels.length && wanted.every((level, i) => level === '+' || level === levels[i]);
  };
}

export const matches = (filter: string, topic: string): boolean => matcher(filter)(topic);

/**
 * How the store is read from a topic.
 * @param filter a topic with exactly one `+` (the store), or one store's `shelfwire/stores/{store_id}/stock`
 * @returns a function that gives the store of a topic which the filter covers
 * @throws ConfigError `topic_invalid`
 */
export function storeReader(filter: string): (topic: string) => string {
  const levels = filter.split('/');
  if (filter === '' || levels.some((level) => level === '' || (level !== '+' && !isTopicLevel(level))))
    throw invalid(filter, 'A topic has levels between slashes; only "+" is allowed as a wildcard.');
  const position = levels.indexOf('+');
  if (position < 0) {
    if (!matches(STOCK_FILTER, filter)) throw invalid(filter, 'One level must be "+": it names the store.');
    return (topic) => topic.split('/')[2]!;
  }
  if (levels.indexOf('+', position + 1) >= 0) throw invalid(filter, 'Only one level may be "+": it names the store.');
  return (topic) => topic.split('/')[position]!;
}

/** The filter of the devices' states that belongs to a stock filter, or null when it does not end in `/stock`. */
export function statusFilter(stockFilter: string): string | null {
  return stockFilter.endsWith('/stock') ? `${stockFilter.slice(0, -'stock'.length)}devices/+/status` : null;
}

/** Store and device of a status topic (whatever stands before them), or null. */
export function readStatusTopic(topic: string): { store_id: string; device: string } | null {
  const levels = topic.split('/');
  const [store, devices, device, status] = levels.slice(-4);
  if (levels.length < 4 || devices !== 'devices' || status !== 'status' || !store || !device) return null;
  return { store_id: store, device };
}

function invalid(filter: string, why: string): ConfigError {
  return new ConfigError(`The topic "${filter}" cannot be used. ${why} Example: ${STOCK_FILTER}`, 'topic_invalid');
}
