/** Requests that were not proven (wrong signature, wrong token), by receiver: how many in the last hour, for those who look. */
import { shared } from './shared';

export interface Unproven {
  /** Id of the node that judged. */
  node: string;
  name: string;
  count: number;
  message: string;
  last_at: string;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

interface Entry {
  name: string;
  message: string;
  last: number;
  /** Minute → count. */
  minutes: Map<number, number>;
}

type Listener = (receiver: string) => void;
const listeners = () => shared('unproven-listeners', () => new Set<Listener>());

/** Calls back with the receiver's name for each. */
export function onUnproven(listener: Listener): void {
  listeners().add(listener);
}

const entries = () => shared('unproven', () => new Map<string, Entry>());

export function noteUnproven(
  node: { id: string; name?: string; type: string },
  message: string,
  now = Date.now(),
): void {
  const entry = entries().get(node.id) ?? { name: '', message, last: now, minutes: new Map() };
  entries().set(node.id, entry);
  Object.assign(entry, {
    name: node.name || node.type.replace('shelfwire-', '').replaceAll('-', ' '),
    message,
    last: now,
  });
  const minute = Math.floor(now / MINUTE_MS);
  entry.minutes.set(minute, (entry.minutes.get(minute) ?? 0) + 1);
  forgetOld(entry, now);
  for (const listener of listeners()) listener(entry.name);
}

export function unprovenOfLastHour(now = Date.now()): Unproven[] {
  return [...entries()].flatMap(([node, entry]) => {
    forgetOld(entry, now);
    const count = [...entry.minutes.values()].reduce((sum, each) => sum + each, 0);
    return count === 0
      ? []
      : [{ node, name: entry.name, count, message: entry.message, last_at: new Date(entry.last).toISOString() }];
  });
}

function forgetOld({ minutes }: Entry, now: number): void {
  for (const minute of minutes.keys()) if (minute < (now - HOUR_MS) / MINUTE_MS) minutes.delete(minute);
}
