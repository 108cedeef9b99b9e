/**
 * Figures of this process: counted when the ledgers commit, kept by the minute for the monitor page and as counters for
 * Prometheus. Nobody waits for it, and nothing is stored: after a start they begin anew.
 */
import { arrivalTime } from '../../core/clock';
import { type ErrorKind, Minutes } from '../../core/figures/minutes';
import type { Ledger, Measured, PushRecord, SettledRequest } from '../../core/ledger/ledger';
import { openLedgers } from '../ledgers';
import { shared } from '../shared';
import { onUnproven } from '../unproven';
import { counters } from './counters';

/** How often the age of what waits is looked at. */
const SAMPLE_MS = 15_000;

export const minutes = () => shared('minutes', () => new Minutes(arrivalTime));

/** Counts what the ledger commits from now on; once for each ledger. */
export function measureLedger(ledger: Ledger): void {
  const measured = shared('measured-ledgers', () => new WeakSet<Ledger>());
  if (measured.has(ledger)) return;
  measured.add(ledger);
  ledger.on('measured', count);
  ledger.on('pushFinished', ({ outlet, status }: PushRecord) => counters().pushes.inc({ outlet, status }));
  shared('figures-started', start);
}

function start(): true {
  onUnproven((receiver) => {
    minutes().current.errors.unproven += 1;
    counters().unproven.inc({ receiver });
  });
  setInterval(() => void sample(), SAMPLE_MS).unref();
  return true;
}

export function count({ events, record_ms, requests }: Measured): void {
  const minute = minutes().current;
  minute.received += events.received;
  minute.errors.input += events.refused;
  for (const ms of record_ms) counters().record.observe(ms / 1000);
  for (const request of requests) countRequest(request);
}

function countRequest(request: SettledRequest): void {
  const minute = minutes().current;
  const { outlet, duration_ms, confirmed, refused, waited_ms } = request;
  const failure = failureOf(request);
  minute.requests += 1;
  minute.confirmed += confirmed;
  minute.errors.items += refused;
  if (failure !== null) minute.failed += 1;
  if (failure !== null && failure !== 'items') minute.errors[failure] += 1;
  minute.response.add(duration_ms);
  for (const ms of waited_ms) minute.freshness.add(ms);
  const prometheus = counters();
  prometheus.requests.inc({ outlet, result: failure ?? (refused > 0 ? 'items' : 'accepted') });
  if (confirmed > 0) prometheus.confirmed.inc({ outlet }, confirmed);
  if (refused > 0) prometheus.refused.inc({ outlet }, refused);
  prometheus.response.observe(duration_ms / 1000);
  for (const ms of waited_ms) prometheus.freshness.observe(ms / 1000);
}

/** Why the request as a whole did not go through; null = it did. */
function failureOf({ outcome, reach }: SettledRequest): ErrorKind | null {
  switch (outcome) {
    case 'accepted':
      return null;
    case 'named':
    case 'isolated':
      return 'items';
    case 'split':
      return 'form';
    case 'unknown':
      return 'not_reachable';
    case 'outage':
      return reach === 'key_refused' ? 'key_refused' : reach === 'fault' ? 'form' : 'not_reachable';
  }
}

/** Seconds that the oldest change of any outlet waits. */
export const oldestOf = (outlets: readonly { oldest_waiting_s: number | null }[]): number =>
  Math.max(0, ...outlets.map(({ oldest_waiting_s }) => oldest_waiting_s ?? 0));

export async function sample(): Promise<void> {
  try {
    const outlets = (await Promise.all(openLedgers().map((ledger) => ledger.outlets()))).flat();
    const minute = minutes().current;
    minute.queueAge = Math.max(minute.queueAge ?? 0, oldestOf(outlets));
  } catch {
    // A ledger that cannot be asked just now: nothing is known of this moment.
  }
}
