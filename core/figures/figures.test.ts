import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Histogram } from './histogram';
import { MINUTES_KEPT, Minutes } from './minutes';

describe('histogram', () => {
  it('tells a percentile to within a class of the true one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (values, part) => {
          const histogram = new Histogram();
          for (const value of values) histogram.add(value);
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(part * values.length)) - 1]!;
          const told = histogram.percentile(part)!;
          assert.ok(told >= exact / 1.06 && told <= exact * 1.06 + 0.1, `${told} for ${exact}`);
        },
      ),
    );
  });

  it('adds up, takes what is too long or no time at all, and tells nothing of nothing', () => {
    const all = new Histogram();
    assert.equal(all.percentile(0.5), null);
    for (const ms of [0, 0.2, 1e15]) {
      const one = new Histogram();
      one.add(ms);
      all.addAll(one);
    }
    all.addAll(new Histogram());
    assert.equal(all.count, 3);
    assert.equal(all.percentile(0.5), 1);
    assert.ok(all.percentile(0.99)! > 1e8);
  });
});

describe('minutes', () => {
  const MINUTE = 60_000;
  let now: number;
  let minutes: Minutes;
  beforeEach(() => {
    now = 1_000_000 * MINUTE;
    minutes = new Minutes(() => now);
  });

  it('keeps what happened in its minute, with empty ones between', () => {
    minutes.current.received += 2;
    now += 2 * MINUTE;
    minutes.current.received += 3;
    minutes.current.queueAge = 7;
    const last = minutes.last(4, 1);
    assert.deepEqual(
      last.map(({ received }) => received),
      [0, 2, 0, 3],
    );
    assert.deepEqual(
      last.map(({ queueAge }) => queueAge),
      [null, null, null, 7],
    );
    assert.equal(last[3]!.at, 1_000_002);
  });

  it('puts several into one, always the same ones', () => {
    for (let at = 0; at < 20; at++) {
      minutes.current.received += 1;
      minutes.current.errors.items += 2;
      now += MINUTE;
    }
    const points = minutes.last(20, 5);
    assert.ok(points.every(({ at }) => at % 5 === 0));
    assert.deepEqual(
      points.map(({ received, errors }) => [received, errors.items]),
      [
        [5, 10],
        [5, 10],
        [5, 10],
        [0, 0],
      ],
    );
  });

  it('forgets what is older than a day', () => {
    minutes.current.received = 1;
    now += MINUTES_KEPT * MINUTE;
    minutes.current.received = 1;
    assert.equal((minutes as unknown as { ring: Map<number, unknown> }).ring.size, 1);
  });
});
