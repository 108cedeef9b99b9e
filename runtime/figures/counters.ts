/** Counters and histograms of this process for Prometheus, counted while it happens. They begin at 0 with the process. */
import { Counter, Histogram, Registry } from 'prom-client';
import { shared } from '../shared';

/** Seconds: a good API answers in tens of milliseconds, the longest time limit is minutes. */
const ANSWERS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const COMMITS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** From a second to a day. */
const FRESHNESS = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400];

function make() {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers });
  return {
    registry,
    requests: counter(
      'shelfwire_requests_total',
      'Requests to an outlet by what came of them: accepted, items (some refused), form, not_reachable, key_refused.',
      ['outlet', 'result'],
    ),
    confirmed: counter('shelfwire_items_confirmed_total', 'Items that an outlet confirmed.', ['outlet']),
    refused: counter('shelfwire_items_refused_total', 'Items that an outlet refused.', ['outlet']),
    pushes: counter('shelfwire_pushes_total', 'Pushes that ended, by status.', ['outlet', 'status']),
    unproven: counter('shelfwire_unproven_requests_total', 'Requests that were not proven, by receiver.', ['receiver']),
    response: histogram('shelfwire_request_duration_seconds', 'How long platforms took to answer.', ANSWERS),
    record: histogram('shelfwire_record_duration_seconds', 'From a change to its commit on disk.', COMMITS),
    freshness: histogram(
      'shelfwire_freshness_seconds',
      'From a change of an item to its confirmation by the platform.',
      FRESHNESS,
    ),
  };
}

export const counters = () => shared('prometheus', make);
