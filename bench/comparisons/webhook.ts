/** Signed webhooks: answered 2xx when they are on disk, against servers that keep nothing. */
import { join } from 'node:path';
import { residentMb } from '../../test/load/memory';
import { SECRETS } from '../../test/support/demo-flow';
import type { Comparison, Measured } from '../comparison';
import { startChild } from '../support/child';
import { startCoreWebhook } from '../support/core-webhook';
import { cpuSeconds } from '../support/cpu';
import { LedgerFile } from '../support/ledger-file';
import { startShelfwire } from '../support/shelfwire';
import type { WebhookLoad, WebhookResult } from '../support/webhook-load';

type Load = Omit<WebhookLoad, 'port' | 'secret' | 'mark'>;

const SUPPORT = join(__dirname, '../support');
const secret = SECRETS.paradigm;

interface Server {
  port: number;
  pid: number;
  /** @param acknowledged all that was answered 200. @throws when something of it is not there */
  check(acknowledged: number): void;
  stop(): Promise<void>;
}

async function shelfwire(): Promise<Server> {
  const { nodeRed, ledger, stop } = await startShelfwire();
  const file = new LedgerFile(ledger);
  return {
    port: nodeRed.port,
    pid: nodeRed.pid,
    check(acknowledged) {
      const { accepted } = file.events();
      if (accepted !== acknowledged || file.rows() !== acknowledged)
        throw new Error(`${acknowledged} were acknowledged, ${accepted} accepted, ${file.rows()} kept`);
    },
    async stop() {
      file.close();
      await stop();
    },
  };
}

async function bareServer(): Promise<Server> {
  const child = startChild(join(SUPPORT, 'bare-webhook.js'), 'server');
  return { port: await child.ask<number>('listen', secret), pid: child.pid, check() {}, stop: () => child.stop() };
}

async function coreNodes(): Promise<Server> {
  const { port, pid, stop } = await startCoreWebhook(secret);
  return { port, pid, check() {}, stop };
}

type Figures = WebhookResult & { cpuMicroseconds: number; residentMb: number };

async function drive(start: () => Promise<Server>, mark: string, load: Load): Promise<Figures> {
  const server = await start();
  const sender = startChild(join(SUPPORT, 'webhook-load.js'), 'load');
  try {
    await sender.ask('prepare', { ...load, port: server.port, secret, mark } satisfies WebhookLoad);
    await sender.ask('warmUp');
    const before = cpuSeconds(server.pid);
    const result = await sender.ask<WebhookResult>('run');
    const cpuMicroseconds = ((cpuSeconds(server.pid) - before) * 1e6) / load.requests;
    const resident = residentMb(server.pid);
    await sender.ask('close');
    server.check(load.warmUp + load.requests);
    return { ...result, cpuMicroseconds, residentMb: resident };
  } finally {
    await sender.stop();
    await server.stop();
  }
}

const details = ({ p50, p99, cpuMicroseconds, residentMb }: Figures) => ({
  'p50 ms': p50,
  'p99 ms': p99,
  'CPU µs per request': cpuMicroseconds,
  'resident MB': residentMb,
});

const throughput = (name: string, start: () => Promise<Server>) => ({
  name,
  async run(round: number, quick: boolean): Promise<Measured> {
    const load = { connections: 50, warmUp: quick ? 5_000 : 20_000, requests: quick ? 20_000 : 80_000 };
    const figures = await drive(start, `r${round}`, load);
    return { value: load.requests / figures.seconds, details: details(figures) };
  },
});

export const webhook: Comparison = {
  id: 'webhook',
  title: 'Signed webhooks, 50 connections: verified, recorded, answered 2xx after fsync',
  unit: 'requests/s',
  sides: [
    throughput('shelfwire', shelfwire),
    throughput('bare server', bareServer),
    throughput('core nodes', coreNodes),
  ],
  reach: [
    { against: 'bare server', atLeast: 0.5 },
    { against: 'core nodes', atLeast: 1.1 },
  ],
};

const RATE = 2_000;

const latency = (name: string, start: () => Promise<Server>) => ({
  name,
  async run(round: number, quick: boolean): Promise<Measured> {
    // V8 compiles most of what a request runs after some 10,000 of them, in one burst: that is warming up.
    const load = { connections: 50, rate: RATE, warmUp: RATE * (quick ? 2 : 10), requests: RATE * (quick ? 3 : 15) };
    const figures = await drive(start, `r${round}`, load);
    return { value: figures.p99, details: details(figures) };
  },
});

export const webhookLatency: Comparison = {
  id: 'webhook-latency',
  title: 'Signed webhooks at 2,000 a second: p99 from when a request was due to its answer',
  unit: 'ms',
  sides: [latency('shelfwire', shelfwire), latency('bare server', bareServer), latency('core nodes', coreNodes)],
  reach: [{ against: 'bare server', atMost: 10 }],
};
