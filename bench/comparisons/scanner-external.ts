/** Scanner events through an external broker: taken from it when they are on disk, against a client that keeps nothing. */
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { SECRETS } from '../../test/support/demo-flow';
import type { Comparison, Measured, Side } from '../comparison';
import { startChild } from '../support/child';
import { cpuSeconds } from '../support/cpu';
import { MOSQUITTO, startExternalBroker } from '../support/external-broker';
import type { ScannerLoad } from '../support/scanner-load';
import { type Subscriber, startBare, startCore, startOurs } from '../support/subscribers';

const LOAD = { connections: 3, window: 100, warmUp: 18_000, messages: 90_000, password: SECRETS.scanner };
const ACCOUNTS = ['1', '2', '3'].map((storeId) => ({ account: `scanner-${storeId}`, storeId }));
/** Milliseconds between two looks at how far it is: each costs the one who is asked. */
const LOOK_MS = 20;

const broker =
  MOSQUITTO === null ? 'aedes in a process of its own (mosquitto is left out: it is not installed here)' : 'mosquitto';

export const scannerExternal: Comparison = {
  id: 'scanner-external',
  title: `Scanner events, QoS 1, through ${broker}: PUBACK after fsync, against a subscriber that stores nothing`,
  unit: 'events/s',
  sides: [side('shelfwire', startOurs), side('bare subscriber', startBare), side('core mqtt in', startCore)],
  // What was asked is a figure of mosquitto.
  reach: MOSQUITTO === null ? [] : [{ against: 'bare subscriber', atLeast: 0.75 }],
};

function side(name: string, start: (port: number) => Promise<Subscriber>): Side {
  return {
    name,
    async run(round, quick) {
      const external = await startExternalBroker();
      try {
        const subscriber = await start(external.port);
        try {
          return await measure(subscriber, external.port, `${name}-${round}`, quick);
        } finally {
          await subscriber.stop();
        }
      } finally {
        await external.stop();
      }
    },
  };
}

async function measure(subscriber: Subscriber, port: number, mark: string, quick: boolean): Promise<Measured> {
  const before = await listening(subscriber, port, mark);
  const devices = startChild(join(__dirname, '../support/scanner-load.js'), 'load');
  try {
    const messages = quick ? LOAD.messages / 10 : LOAD.messages;
    const load: ScannerLoad = { ...LOAD, messages, port, accounts: ACCOUNTS, mark };
    const all = await devices.ask<number>('prepare', load);
    await devices.ask('warmUp');
    await taken(subscriber, before + all - messages);
    const cpu = cpuSeconds(subscriber.pid);
    const start = performance.now();
    const published = devices.ask<{ seconds: number }>('run');
    await taken(subscriber, before + all);
    const seconds = (performance.now() - start) / 1000;
    const used = cpuSeconds(subscriber.pid) - cpu;
    return {
      value: messages / seconds,
      details: { 'CPU µs per event': (used * 1e6) / messages, 'published in s': (await published).seconds },
    };
  } finally {
    await devices.stop();
  }
}

/** Resolves when exactly so many were taken. @throws when more were: nothing comes twice on a connection that holds */
async function taken(subscriber: Subscriber, wanted: number): Promise<void> {
  for (let last = -1, since = performance.now(); ; await pause()) {
    const count = await subscriber.count();
    if (count > wanted) throw new Error(`${count} were taken, ${wanted} published`);
    if (count === wanted) return;
    if (count !== last) since = performance.now();
    else if (performance.now() - since > 30_000) throw new Error(`no more than ${count} of ${wanted} were taken`);
    last = count;
  }
}

/** What is published before anybody has subscribed is gone: tries until it arrives. @returns how many were taken */
async function listening(subscriber: Subscriber, port: number, mark: string): Promise<number> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  try {
    for (let nth = 0; nth < 600 && (await subscriber.count()) === 0; nth++) {
      const event = { event_id: `try-${mark}-${nth}`, sku: 'TRY', quantity: nth, occurred_at: new Date() };
      await client.publishAsync('shelfwire/stores/1/stock', JSON.stringify(event), { qos: 1 });
      await pause();
    }
  } finally {
    await client.endAsync();
  }
  for (let count = 0; ; ) {
    for (let quiet = 0; quiet < 10; quiet++) await pause();
    const now = await subscriber.count();
    if (now === count) return count;
    count = now;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
