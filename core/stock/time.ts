/**
 * Instants as integers: microseconds since 1970-01-01T00:00Z (safe in a JS number from 1685 until the year 2255), so that
 * senders who tell microseconds keep their order. A time without a zone is read in a named time zone.
 */
import { InvalidInputError } from '../errors';

export type Instant = number;

const SHAPE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;
/** Most times are like this: in UTC, on a day that every month has. There is nothing to find out about them. */
const PLAIN =
  /^(?:1[7-9]\d\d|2[01]\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;
const DAY_MS = 86_400_000;
/** What clocks and programs tell that know no time (0001, 1601) is earlier. */
const FIRST_YEAR = 1700;
const LAST_YEAR = 2254;

/**
 * @param text ISO 8601, `T` or a space between date and time; a date alone is its midnight
 * @param timeZone IANA name used when the text has no zone; without it such a text is refused
 * @throws InvalidInputError `not_a_time` or `time_without_zone`
 */
export function parseInstant(text: string, timeZone?: string): Instant {
  if (PLAIN.test(text)) return Date.parse(text) * 1000;
  const match = text.length <= 40 ? SHAPE.exec(text) : null;
  if (!match) throw notATime(text);
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw notATime(text);
  if (Number(year) < FIRST_YEAR || Number(year) > LAST_YEAR) throw noShopsTime(text);
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const check = new Date(wall);
  if (check.getUTCMonth() !== Number(month) - 1 || check.getUTCDate() !== Number(day)) throw notATime(text);
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6));
  return (wall - offsetMs(wall, zone, timeZone, text)) * 1000 + micros;
}

/** `2025-08-01T22:30:00.000Z`; six decimals where the instant has microseconds. */
export function formatInstant(instant: Instant): string {
  const day = Math.floor(instant / DAY_US);
  // Most are of one day; to write a date takes longer than everything else of an instant.
  if (day !== lastDay) {
    lastDate = new Date(day * DAY_MS).toISOString().slice(0, -13);
    lastDay = day;
  }
  const micros = instant - day * DAY_US;
  const second = Math.floor(micros / 1_000_000);
  const rest = micros % 1_000_000;
  const fraction = rest % 1000 === 0 ? String(rest / 1000).padStart(3, '0') : String(rest).padStart(6, '0');
  return `${lastDate}${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}.${fraction}Z`;
}

const DAY_US = DAY_MS * 1000;
let lastDay = Number.NaN;
/** `2025-08-01T` */
let lastDate = '';

const two = (number: number): string => (number < 10 ? `0${number}` : String(number));

/** True when the runtime knows the IANA zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatter(name);
    return true;
  } catch {
    return false;
  }
}

function offsetMs(wall: number, zone: string | undefined, timeZone: string | undefined, text: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  if (zone) {
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || '0');
    if (minutes > 18 * 60 || Number(zone.slice(3).replace(':', '') || '0') > 59) throw notATime(text);
    return (zone[0] === '-' ? -minutes : minutes) * 60_000;
  }
  if (!timeZone) {
    throw new InvalidInputError(
      'time_without_zone',
      `"${text}" has no time zone. Send it with one (2025-08-01T22:30:00Z), or set the time zone of the node.`,
    );
  }
  // Two steps settle every offset change; an hour that occurs twice is read as the first, one that is skipped as if it had not been.
  const before = zoneOffset(wall - DAY_MS, timeZone);
  const first = zoneOffset(wall - before, timeZone);
  return zoneOffset(wall - first, timeZone) === first ? first : before;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(timeZone, found);
  }
  return found;
}

/** Milliseconds by which the zone's clock is ahead of UTC at an instant. */
function zoneOffset(instantMs: number, timeZone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(instantMs)) parts[type] = Number(value);
  const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!);
  return wall - Math.floor(instantMs / 1000) * 1000;
}

function noShopsTime(text: string): InvalidInputError {
  return new InvalidInputError(
    'not_a_time',
    `"${text}" is not in the years ${FIRST_YEAR} to ${LAST_YEAR}. Set the sender's clock, or have it send when it happened.`,
  );
}

function notATime(text: string): InvalidInputError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new InvalidInputError('not_a_time', `"${shown}" is not a time. Write it like 2025-08-01T22:30:00Z.`);
}
