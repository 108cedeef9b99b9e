import assert from 'node:assert/strict';
import { RateLimit, Semaphore } from './slots';

describe('pushing: slots', () => {
  it('lets so many in at a time, in order, and whoever gives up waiting out of the row', async () => {
    const places = new Semaphore(2);
    const releases = [await places.acquire(), await places.acquire()];
    const entered: string[] = [];
    const stop = new AbortController();
    const first = places.acquire(stop.signal).catch((thrown: Error) => thrown.name);
    const second = places.acquire().then((release) => {
      entered.push('second');
      return release;
    });
    stop.abort();
    assert.equal(await first, 'AbortError');
    assert.deepEqual(entered, []);
    releases[0]!();
    releases[0]!();
    const release = await second;
    assert.deepEqual(entered, ['second']);
    await assert.rejects(places.acquire(stop.signal), { name: 'AbortError' });
    release();
    releases[1]!();
    const again = [await places.acquire(), await places.acquire()];
    assert.equal(again.length, 2);
  });

  it('lets what is urgent in before what waited longer', async () => {
    const places = new Semaphore(1);
    const release = await places.acquire();
    const entered: string[] = [];
    const enter = async (name: string, urgent: boolean) => {
      const leave = await places.acquire(undefined, urgent);
      entered.push(name);
      leave();
    };
    const all = [enter('first', false), enter('second', false), enter('sold out', true), enter('sold out too', true)];
    release();
    await Promise.all(all);
    assert.deepEqual(entered, ['sold out', 'sold out too', 'first', 'second']);
  });

  it('starts no more than so many in any minute', async () => {
    let now = 0;
    const rate = new RateLimit(3, () => now);
    for (let n = 0; n < 3; n++) await rate.acquire();
    const stop = new AbortController();
    const fourth = rate.acquire(stop.signal);
    stop.abort();
    await assert.rejects(fourth, { name: 'AbortError' });
    now = 59_999.5;
    const order: string[] = [];
    await Promise.race([rate.acquire().then(() => order.push('in')), new Promise((resolve) => setImmediate(resolve))]);
    assert.deepEqual(order, []);
    now = 61_000;
    await new RateLimit(0).acquire();
  });
});
