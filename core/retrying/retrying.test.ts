import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Backoff, decide, delayAfter, LONGEST_WAIT, parseRetryAfter } from './backoff';
import { type Released, WaitingRoom } from './waiting-room';

const defaults: Backoff = { attempts: 3, delay: 1, factor: 2, maxDelay: 60, jitter: 0.2 };

describe('retrying: back-off', () => {
  it('doubles from one second to a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((attempt) => delayAfter(attempt, defaults, null, () => 0.5));
    assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
  });

  it('stays within its jitter and its limit, and never comes before what the platform asks for', () => {
    const backoff = fc.record({
      attempts: fc.integer({ min: 1, max: 20 }),
      delay: fc.double({ min: 0, max: 30, noNaN: true }),
      factor: fc.double({ min: 1, max: 5, noNaN: true }),
      maxDelay: fc.double({ min: 0, max: 900, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const after = fc.option(fc.integer({ min: 0, max: 3600 }));
    fc.assert(
      fc.property(backoff, fc.integer({ min: 1, max: 50 }), after, random, (given, attempt, retryAfter, x) => {
        const ms = delayAfter(attempt, given, retryAfter, () => x);
        const plain = Math.min(given.delay * given.factor ** (attempt - 1), given.maxDelay) * 1000;
        assert.ok(Number.isInteger(ms) && ms >= (retryAfter ?? 0) * 1000);
        assert.ok(ms >= Math.floor(plain * (1 - given.jitter)) - 1);
        assert.ok(
          ms <=
            Math.max(Math.ceil(Math.min(plain * (1 + given.jitter), given.maxDelay * 1000)), (retryAfter ?? 0) * 1000),
        );
      }),
    );
  });

  it('gives up what is final, a probe, a last attempt and what takes too long', () => {
    const failed = { retryable: true, retryAfter: null, attempt: 1, probe: false };
    const random = () => 0.5;
    assert.deepEqual(decide(failed, defaults, random), { retry: true, wait: 1000 });
    assert.deepEqual(decide({ ...failed, attempt: 2 }, defaults, random), { retry: true, wait: 2000 });
    assert.deepEqual(decide({ ...failed, attempt: 3 }, defaults, random), { retry: false, why: 'attempts' });
    assert.deepEqual(decide({ ...failed, retryable: false }, defaults, random), { retry: false, why: 'final' });
    assert.deepEqual(decide({ ...failed, probe: true }, defaults, random), { retry: false, why: 'probe' });
    assert.deepEqual(decide({ ...failed, retryAfter: 120 }, defaults, random), { retry: true, wait: 120_000 });
    assert.deepEqual(decide({ ...failed, retryAfter: LONGEST_WAIT + 1 }, defaults, random), {
      retry: false,
      why: 'too_long',
    });
  });

  it('reads Retry-After as seconds and as any HTTP date', () => {
    const now = Date.UTC(2025, 7, 1, 22, 30, 0);
    for (const [header, seconds] of [
      ['120', 120],
      [' 0 ', 0],
      ['Fri, 01 Aug 2025 22:31:30 GMT', 90],
      ['Friday, 01-Aug-25 22:31:30 GMT', 90],
      ['Fri Aug  1 22:31:30 2025', 90],
      ['Fri, 01 Aug 2025 22:00:00 GMT', 0],
      ['-5', null],
      ['1.5', null],
      ['soon', null],
      ['Friday', null],
      ['', null],
      [undefined, null],
      ['99999999999', null],
    ] as const)
      assert.equal(parseRetryAfter(header, now), seconds, String(header));
  });
});

describe('retrying: waiting room', () => {
  function room(capacity: number) {
    const due = new Map<number, () => void>();
    let id = 0;
    const made = new WaitingRoom(capacity, {
      set: (callback) => {
        due.set(++id, callback);
        return id;
      },
      clear: (timer) => due.delete(timer as number),
    });
    return { made, due };
  }

  it('lets everybody out once: when due, when full the oldest, when closing the rest', async () => {
    const { made, due } = room(2);
    const out: [number, Released][] = [];
    const all = [1, 2, 3].map(async (name) => out.push([name, await made.wait(1000)]));
    assert.equal(made.size, 2);
    due.get(3)!();
    await Promise.resolve();
    assert.equal(made.close(), 1);
    await Promise.all(all);
    assert.deepEqual(out.sort(), [
      [1, 'evicted'],
      [2, 'closed'],
      [3, 'due'],
    ]);
    assert.equal(due.size, 0, 'no timer is left');
    assert.equal(await made.wait(1), 'closed');
    assert.equal(made.close(), 0);
  });
});
