/** Scanner events on the embedded broker: acknowledged when they are on disk, against a broker that keeps nothing. */
import { join } from 'node:path';
import { SECRETS } from '../../test/support/demo-flow';
import type { Comparison, Measured } from '../comparison';
import { type Child, startChild } from '../support/child';
import { cpuSeconds } from '../support/cpu';
import { LedgerFile } from '../support/ledger-file';
import type { ScannerLoad, ScannerResult } from '../support/scanner-load';
import { startShelfwire } from '../support/shelfwire';

const SUPPORT = join(__dirname, '../support');
/** 3 stores with 3 devices each: 900 messages unacknowledged, below the broker's 1,000 at once. */
const LOAD = { connections: 3, window: 100, warmUp: 18_000, messages: 90_000, password: SECRETS.scanner };
const ACCOUNTS = ['1', '2', '3'].map((storeId) => ({ account: `scanner-${storeId}`, storeId }));

export const scanner: Comparison = {
  id: 'scanner',
  title: 'Scanner events, QoS 1, embedded broker: PUBACK after fsync, against aedes alone in memory',
  unit: 'events/s',
  sides: [
    { name: 'shelfwire', run: ours },
    { name: 'aedes alone', run: aedesAlone },
  ],
  reach: [{ against: 'aedes alone', atLeast: 0.4 }],
};

async function ours(round: number, quick: boolean): Promise<Measured> {
  const shelfwire = await startShelfwire();
  const ledger = new LedgerFile(shelfwire.ledger);
  try {
    return await measure(shelfwire.mqttPort, shelfwire.nodeRed.pid, `ours-${round}`, quick, (sent) => {
      const { accepted, received } = ledger.events();
      if (accepted !== sent || received !== sent || ledger.rows() !== sent)
        throw new Error(
          `${sent} were acknowledged, but ${received} received, ${accepted} accepted, ${ledger.rows()} kept`,
        );
    });
  } finally {
    ledger.close();
    await shelfwire.stop();
  }
}

async function aedesAlone(round: number, quick: boolean): Promise<Measured> {
  const broker = startChild(join(SUPPORT, 'aedes-alone.js'), 'server');
  try {
    const port = await broker.ask<number>('listen');
    return await measure(port, broker.pid, `aedes-${round}`, quick, async (sent) => {
      const published = await broker.ask<number>('published');
      if (published !== sent) throw new Error(`${sent} were acknowledged, ${published} published`);
    });
  } finally {
    await broker.stop();
  }
}

/** @param check throws when not all that was acknowledged is there */
async function measure(
  port: number,
  pid: number,
  mark: string,
  quick: boolean,
  check: (sent: number) => Promise<void> | void,
): Promise<Measured> {
  const devices: Child = startChild(join(SUPPORT, 'scanner-load.js'), 'load');
  try {
    const messages = quick ? LOAD.messages / 10 : LOAD.messages;
    const load: ScannerLoad = { ...LOAD, messages, port, accounts: ACCOUNTS, mark };
    const all = await devices.ask<number>('prepare', load);
    await devices.ask('warmUp');
    const before = cpuSeconds(pid);
    const { seconds, p50, p99 } = await devices.ask<ScannerResult>('run');
    const cpu = cpuSeconds(pid) - before;
    await devices.ask('close');
    await check(all);
    return {
      value: messages / seconds,
      details: { 'p50 ms': p50, 'p99 ms': p99, 'CPU µs per event': (cpu * 1e6) / messages },
    };
  } finally {
    await devices.stop();
  }
}
