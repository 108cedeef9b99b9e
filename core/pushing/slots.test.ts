import assert from 'node:assert/strict';
import { Account } from './slots';

describe('pushing: slots', () => {
  it('lets so many in at a time, in order, and whoever gives up waiting out of the row', async () => {
    const account = new Account(2, 0);
    const places = { acquire: (signal?: AbortSignal) => account.acquire('1', signal) };
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
    // Each outlet has its own.
    await account.acquire('2');
  });

  it('lets what is urgent in before what waited longer', async () => {
    const places = new Account(1, 0);
    const release = await places.acquire('1');
    const entered: string[] = [];
    const enter = async (name: string, urgent: boolean) => {
      const leave = await places.acquire('1', undefined, urgent);
      entered.push(name);
      leave();
    };
    const all = [enter('first', false), enter('second', false), enter('sold out', true), enter('sold out too', true)];
    release();
    await Promise.all(all);
    assert.deepEqual(entered, ['sold out', 'sold out too', 'first', 'second']);
  });

  it('starts no more than so many of an account in any minute, and lets go of who gives up', async () => {
    let now = 0;
    const account = new Account(9, 3, () => now);
    for (const outlet of ['1', '1', '2']) await account.acquire(outlet);
    now = 59_999.5;
    const stop = new AbortController();
    const fourth = account.acquire('1', stop.signal);
    stop.abort();
    await assert.rejects(fourth, { name: 'AbortError' });
    await assert.rejects(account.acquire('1', stop.signal), { name: 'AbortError' });
    const order: string[] = [];
    const fifth = account.acquire('2').then(() => order.push('in'));
    await Promise.race([fifth, new Promise((resolve) => setTimeout(resolve, 20))]);
    assert.deepEqual(order, []);
    now = 60_000;
    await fifth;
  });

  it('gives nobody a place who waits for a start: what is urgent goes before its own outlet and all others', async () => {
    let now = 0;
    const account = new Account(1, 3, () => now);
    for (const outlet of ['1', '2', '3']) (await account.acquire(outlet))();
    now = 59_999.5;
    const entered: string[] = [];
    const enter = async (name: string, outlet: string, urgent = false) => {
      const leave = await account.acquire(outlet, undefined, urgent);
      entered.push(name);
      return leave;
    };
    const first = enter('first', '1');
    const waiting = [enter('second', '2'), enter('third', '3'), enter('sold out', '1', true)];
    now = 60_000;
    const leaves = await Promise.all(waiting);
    // Its outlet has no place for it.
    assert.deepEqual(entered, ['sold out', 'second', 'third']);
    now = 119_999.9;
    leaves[2]!();
    now = 120_000;
    (await first)();
  });
});
