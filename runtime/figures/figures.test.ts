import assert from 'node:assert/strict';
import type { Measured, SettledRequest } from '../../core/ledger/ledger';
import { fakeLedger } from '../../test/support/fake-ledger';
import { counters } from './counters';
import { count, measureLedger, minutes, sample } from './figures';

const request = (more: Partial<SettledRequest>): SettledRequest => ({
  outlet: 'pasons:1',
  outcome: 'accepted',
  reach: null,
  duration_ms: 80,
  confirmed: 0,
  refused: 0,
  waited_ms: [],
  ...more,
});
const measured = (requests: SettledRequest[], refused = 0): Measured => ({
  events: { received: 5, accepted: 4 - refused, duplicate: 1, stale: 0, refused },
  record_ms: [2],
  requests,
});

describe('figures', () => {
  it('count what was committed, by kind', async () => {
    const minute = minutes().current;
    const before = { ...minute.errors, received: minute.received, requests: minute.requests, failed: minute.failed };
    const results = async () => {
      const { values } = await counters().requests.get();
      return new Map(values.map(({ labels, value }) => [`${labels.outlet} ${labels.result}`, value]));
    };
    const old = await results();
    count(
      measured(
        [
          request({ confirmed: 3, waited_ms: [1_000, 2_000, 3_000] }),
          request({ confirmed: 1, refused: 1 }),
          request({ outcome: 'named', refused: 2 }),
          request({ outcome: 'isolated', refused: 1 }),
          request({ outcome: 'split' }),
          request({ outcome: 'unknown' }),
          request({ outcome: 'outage', reach: 'key_refused' }),
          request({ outcome: 'outage', reach: 'not_reachable' }),
          request({ outcome: 'outage', reach: 'fault' }),
        ],
        2,
      ),
    );
    const now = minutes().current;
    // At the turn of a minute the sums begin anew.
    const base = now === minute ? before : { ...Object.fromEntries(Object.keys(before).map((key) => [key, 0])) };
    const grown = (name: string, value: number) => value - ((base as Record<string, number>)[name] ?? 0);
    assert.deepEqual(
      Object.fromEntries(Object.entries(now.errors).map(([name, value]) => [name, grown(name, value)])),
      { not_reachable: 2, key_refused: 1, form: 2, items: 4, input: 2, unproven: 0 },
    );
    assert.deepEqual(
      [grown('received', now.received), grown('requests', now.requests), grown('failed', now.failed)],
      [5, 9, 7],
    );
    assert.ok(now.freshness.count >= 3);
    const after = await results();
    const difference = [...after].map(([key, value]) => [key, value - (old.get(key) ?? 0)]);
    assert.deepEqual(Object.fromEntries(difference), {
      'pasons:1 accepted': 1,
      'pasons:1 items': 3,
      'pasons:1 form': 2,
      'pasons:1 not_reachable': 2,
      'pasons:1 key_refused': 1,
    });
  });

  it('listen to a ledger once, and look how long the oldest change waits', async () => {
    const fake = fakeLedger({
      outlets: async () => [{ oldest_waiting_s: null }, { oldest_waiting_s: 4_242 }] as never,
    });
    try {
      measureLedger(fake.ledger);
      measureLedger(fake.ledger);
      assert.deepEqual([fake.listeners('measured'), fake.listeners('pushFinished')], [1, 1]);
      await sample();
      assert.equal(minutes().current.queueAge, 4_242);
    } finally {
      fake.forget();
    }
  });
});
