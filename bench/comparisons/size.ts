/** A chain of 100 shops with 40,000 items each, everything in sync: nothing may cost by how much there is. */
import { join } from 'node:path';
import { MemoryWatch } from '../../test/load/memory';
import { SECRETS } from '../../test/support/demo-flow';
import { eventually } from '../../test/support/eventually';
import type { Comparison, Measured } from '../comparison';
import { type Size, storeOf } from '../support/big-ledger';
import { startChild } from '../support/child';
import { cpuSeconds } from '../support/cpu';
import type { Shelfwire } from '../support/shelfwire';
import type { ShopLoad, ShopResult } from '../support/shop-load';
import { type ShopsOptions, startShops } from '../support/shops';

const OUTLETS = 100;
const BIG: Size = { outlets: OUTLETS, items: 40_000 };
const nameOf = ({ outlets, items }: Size) => `${outlets} × ${items.toLocaleString('en-US')}`;

type Change = Omit<ShopLoad, 'port' | 'secret' | 'size' | 'salt'>;

/** @param work what is measured once there are shops, a platform and senders */
async function withShops<T>(
  options: Omit<ShopsOptions, 'platform'>,
  work: (shops: Shelfwire, load: (change: Change, salt: number) => Promise<ShopResult>) => Promise<T>,
): Promise<T> {
  const platform = startChild(join(__dirname, '../support/shop-load.js'), 'load');
  try {
    const port = await platform.ask<number>('listen');
    const shops = await startShops({ ...options, platform: `http://127.0.0.1:${port}` });
    const order = { port: shops.nodeRed.port, secret: SECRETS.paradigm, size: options.size };
    try {
      return await work(shops, (change, salt) =>
        platform.ask('load', { ...order, ...change, salt } satisfies ShopLoad),
      );
    } finally {
      await shops.stop();
    }
  } finally {
    await platform.stop();
  }
}

const changing = (size: Size) => ({
  name: nameOf(size),
  run: (_round: number, quick: boolean): Promise<Measured> =>
    // It was examined before the start, so that nothing is done beside what is measured.
    withShops({ size, linger: 0, ledger: 'crashed' }, async ({ nodeRed }, load) => {
      const change = { rate: quick ? 100 : 500, each: 1, connections: 20 };
      // V8 compiles most of what a change runs after some 10,000 of them; on a core that is shared with it that is a burst of half a second.
      await load({ ...change, seconds: quick ? 3 : 40 }, 1);
      const before = cpuSeconds(nodeRed.pid);
      const { p50, p99, slowest, changes, requests } = await load({ ...change, seconds: quick ? 5 : 20 }, 2);
      const cpu = ((cpuSeconds(nodeRed.pid) - before) * 1e6) / changes;
      return { value: p99, details: { 'p50 ms': p50, 'slowest ms': slowest, requests, 'CPU µs per change': cpu } };
    }),
});

export const oneChange: Comparison = {
  id: 'change',
  title:
    'One change among shops × items in sync, 500 a second, linger 0: p99 from when its webhook was due until its request arrives',
  unit: 'ms',
  sides: [changing(BIG), changing({ outlets: OUTLETS, items: 400 })],
  reach: [{ atMost: 50 }, { against: nameOf({ outlets: OUTLETS, items: 400 }), atMost: 1.2 }],
};

const nothing = (size: Size) => ({
  name: nameOf(size),
  run: (_round: number, quick: boolean): Promise<Measured> =>
    withShops({ size, ledger: 'crashed' }, async (shops) => {
      await pushAll(shops, 2);
      const times = quick ? 5 : 30;
      const [cpu, start] = [cpuSeconds(shops.nodeRed.pid), performance.now()];
      await pushAll(shops, times);
      const pushes = times * OUTLETS;
      const used = ((cpuSeconds(shops.nodeRed.pid) - cpu) * 1e6) / pushes;
      return { value: (performance.now() - start) / pushes, details: { pushes, 'CPU µs per push': used } };
    }),
});

/** Asks for a partial push of every shop, so many times, and waits until all have ended. */
async function pushAll({ url, nodeRed }: Shelfwire, times: number): Promise<void> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${SECRETS.token}` };
  const stores = Array.from({ length: times * OUTLETS }, (_, n) => storeOf(n % OUTLETS));
  const sender = async () => {
    for (let store = stores.pop(); store !== undefined; store = stores.pop()) {
      const answer = await fetch(`${url}/api/push/${store}`, { method: 'POST', headers, body: '{"type":"partial"}' });
      if (answer.status !== 202) throw new Error(`a push was answered ${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 10 }, sender));
  const running = `${nodeRed.adminUrl}/shelfwire/pushes?status=running&limit=1`;
  await eventually(
    async () => ((await (await fetch(running)).json()) as { pushes: unknown[] }).pushes.length === 0,
    60_000,
    'the end of all pushes',
  );
}

export const nothingToDo: Comparison = {
  id: 'nothing',
  title: 'Nothing to do: partial pushes of all shops, everything in sync (time of one push)',
  unit: 'ms',
  sides: [nothing(BIG), nothing({ outlets: OUTLETS, items: 4_000 })],
  reach: [{ against: nameOf({ outlets: OUTLETS, items: 4_000 }), atMost: 1.2 }],
};

const starting = (name: string, ledger: ShopsOptions['ledger']) => ({
  name,
  async run(): Promise<Measured> {
    const shops = await startShops({ size: BIG, ledger });
    await shops.stop();
    return { value: shops.healthyAfter };
  },
});

export const start: Comparison = {
  id: 'start',
  title: 'Start of Node-RED with a ledger of 4,000,000 items until it is healthy',
  unit: 's',
  sides: [starting('shelfwire', 'closed'), starting('empty ledger', 'none'), starting('after a crash', 'crashed')],
  reach: [{ against: 'empty ledger', atMost: 2 }],
};

export const memory: Comparison = {
  id: 'memory',
  title:
    'Resident memory at 5,000 events a second for ten minutes, 4,000,000 items in the ledger, 1,000 of each shop changing (the highest)',
  unit: 'MB',
  rounds: 1,
  sides: [
    {
      name: 'shelfwire',
      run: (_round, quick) =>
        withShops({ size: BIG, ledger: 'closed', allCores: true }, async ({ nodeRed }, load) => {
          const watch = new MemoryWatch(nodeRed.pid, 1_000);
          const { changes, seconds, p99 } = await load(
            { rate: quick ? 1_000 : 5_000, each: 10, connections: 50, seconds: quick ? 60 : 600, hot: 1_000 },
            1,
          ).finally(() => watch.stop());
          const details = {
            'first fifth MB': watch.peakWithin(0, 0.2),
            'last fifth MB': watch.peakWithin(0.8, 1),
            'events/s': changes / seconds,
            'p99 ms': p99,
          };
          return { value: watch.peak, details };
        }),
    },
  ],
  reach: [{ atMost: 350 }],
};
