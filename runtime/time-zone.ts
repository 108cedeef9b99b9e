/** The zone in which a sender's times without a zone are read. */
import { ConfigError } from '../core/errors';
import { isTimeZone } from '../core/stock/time';
import { expand } from './env';
import type { RED } from './red';

/**
 * A node's property `timeZone`, else `SHELFWIRE_TIMEZONE`, else the system's.
 * @throws ConfigError `time_zone`
 */
export function timeZoneOf(red: RED, node: unknown, property: unknown): string {
  const own = typeof property === 'string' ? expand(red, node, property).trim() : '';
  const zone = own || defaultTimeZone();
  if (!isTimeZone(zone))
    throw new ConfigError(`"${zone}" is not a time zone. Write it like Asia/Dubai or UTC.`, 'time_zone');
  return zone;
}

/** `SHELFWIRE_TIMEZONE`, else the system's. */
export function defaultTimeZone(): string {
  return process.env.SHELFWIRE_TIMEZONE || Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}
