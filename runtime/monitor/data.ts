/** What the monitor page shows, and all that a read-only link gives: figures, names of outlets, no item and no text of a platform. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Histogram } from '../../core/figures/histogram';
import { ERROR_KINDS, type ErrorKind, Minute } from '../../core/figures/minutes';
import type { EventCounts, OutletSummary, Reach } from '../../core/ledger/ledger';
import { devicesOfBrokers } from '../brokers';
import { everyOutlet } from '../every-outlet';
import { minutes, oldestOf } from '../figures/figures';
import { openLedgers } from '../ledgers';
import { problemWatch } from '../problem-watch';
import type { Problem } from '../problems';

export interface MonitorOutlet {
  id: string;
  name: string;
  store_id: string;
  state: 'off' | 'paused' | Reach;
  items: number;
  in_sync: number;
  waiting: number;
  /** Held, refused, incomplete: not sent as they are. */
  stuck: number;
  oldest_waiting_s: number | null;
  last_success_at: string | null;
}

/** Milliseconds; null = nothing happened. */
export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface MonitorData {
  version: string;
  at: string;
  started_at: string;
  mode: 'demo' | 'live' | null;
  outlets: MonitorOutlet[];
  events: EventCounts;
  problems: { kind: Problem['kind']; count: number }[];
  devices: { ok: number; silent: number; dead: number };
  /** Of the last minutes that are over. */
  recent: {
    minutes: number;
    received_per_minute: number;
    confirmed_per_minute: number;
    requests: number;
    failed: number;
    response: Percentiles;
    freshness: Percentiles;
  };
  oldest_waiting_s: number;
  /** Minutes in one point. */
  step: number;
  series: {
    /** Seconds since 1970. */
    at: number[];
    received_per_minute: number[];
    confirmed_per_minute: number[];
    errors: Record<ErrorKind, number[]>;
    response: Record<keyof Percentiles, (number | null)[]>;
    freshness: Record<keyof Percentiles, (number | null)[]>;
    queue_age_s: (number | null)[];
  };
}

/** Window in minutes → minutes in one point. */
const WINDOWS: ReadonlyMap<number, number> = new Map([
  [60, 1],
  [360, 2],
  [1440, 5],
]);
const RECENT = 5;

const { version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as { version: string };
const STARTED = new Date().toISOString();

/** @param window minutes: 60, 360 or 1440 */
export async function monitorData(window: number): Promise<MonitorData> {
  const ledgers = openLedgers();
  const outlets = (await everyOutlet()).map(({ summary }) => summary);
  const counts = await Promise.all(ledgers.map((ledger) => ledger.counts()));
  const events: EventCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, refused: 0 };
  for (const each of counts)
    for (const name of Object.keys(events) as (keyof EventCounts)[]) events[name] += each[name];
  const minute = minutes().current;
  const oldest = oldestOf(outlets);
  minute.queueAge = Math.max(minute.queueAge ?? 0, oldest);
  const step = WINDOWS.get(window) ?? 1;
  return {
    version,
    at: new Date().toISOString(),
    started_at: STARTED,
    mode: ledgers.length === 0 ? null : ledgers.some(({ info }) => info.kind === 'demo') ? 'demo' : 'live',
    outlets: outlets.map(outletOf),
    events,
    problems: byKind(problemWatch().problems),
    devices: deviceStates(),
    recent: recentOf(minutes().last(RECENT + 1, 1)),
    oldest_waiting_s: oldest,
    step,
    series: seriesOf(minutes().last(WINDOWS.has(window) ? window : 60, step), step),
  };
}

function outletOf({ id, name, store_id, enabled, paused, reach, counts, ...rest }: OutletSummary): MonitorOutlet {
  const { in_sync, waiting, sending, held, refused, incomplete } = counts;
  return {
    id,
    name,
    store_id,
    state: !enabled ? 'off' : paused ? 'paused' : reach,
    items: in_sync + waiting + sending + held + refused + incomplete,
    in_sync,
    waiting: waiting + sending,
    stuck: held + refused + incomplete,
    oldest_waiting_s: rest.oldest_waiting_s,
    last_success_at: rest.last_success_at,
  };
}

function byKind(problems: readonly Problem[]): MonitorData['problems'] {
  const kinds = new Map<Problem['kind'], number>();
  for (const { kind } of problems) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => ({ kind, count }));
}

function deviceStates(): MonitorData['devices'] {
  const states = { ok: 0, silent: 0, dead: 0 };
  for (const { dead, silent } of devicesOfBrokers().flatMap(({ devices }) => devices))
    states[dead ? 'dead' : silent ? 'silent' : 'ok'] += 1;
  return states;
}

const percentiles = (histogram: Histogram): Percentiles => ({
  p50: histogram.percentile(0.5),
  p95: histogram.percentile(0.95),
  p99: histogram.percentile(0.99),
});

function recentOf(last: Minute[]): MonitorData['recent'] {
  const sum = new Minute(0);
  // The running minute is not over, so its figures would always look low.
  for (const each of last.slice(0, -1)) sum.add(each);
  const running = last.at(-1)!;
  const response = new Histogram();
  const freshness = new Histogram();
  for (const each of [sum, running]) {
    response.addAll(each.response);
    freshness.addAll(each.freshness);
  }
  const over = last.length - 1;
  return {
    minutes: over,
    received_per_minute: sum.received / over,
    confirmed_per_minute: sum.confirmed / over,
    requests: sum.requests + running.requests,
    failed: sum.failed + running.failed,
    response: percentiles(response),
    freshness: percentiles(freshness),
  };
}

function seriesOf(points: Minute[], step: number): MonitorData['series'] {
  const of = <T>(read: (minute: Minute) => T): T[] => points.map(read);
  const all = (read: (minute: Minute) => Histogram) => ({
    p50: of((minute) => read(minute).percentile(0.5)),
    p95: of((minute) => read(minute).percentile(0.95)),
    p99: of((minute) => read(minute).percentile(0.99)),
  });
  return {
    at: of(({ at }) => at * 60),
    received_per_minute: of(({ received }) => received / step),
    confirmed_per_minute: of(({ confirmed }) => confirmed / step),
    errors: Object.fromEntries(ERROR_KINDS.map((kind) => [kind, of(({ errors }) => errors[kind] / step)])) as Record<
      ErrorKind,
      number[]
    >,
    response: all(({ response }) => response),
    freshness: all(({ freshness }) => freshness),
    queue_age_s: of(({ queueAge }) => queueAge),
  };
}
