/** Who reads what devices publish on an external broker: ours, a bare client, core's mqtt in. Each tells how many it took. */
import { join } from 'node:path';
import { entry } from '../../test/support/bundled-flow';
import { type FlowEntry, startNodeRed } from '../../test/support/node-red';
import { startChild } from './child';
import { onCore } from './cores';
import { LedgerFile } from './ledger-file';
import { startShelfwire } from './shelfwire';

export interface Subscriber {
  readonly pid: number;
  /** Messages so far. */
  count(): Promise<number>;
  stop(): Promise<void>;
}

const TOPIC = 'shelfwire/stores/+/stock';

/** The bundled flow, told of the broker: what counts is what is committed, read from the ledger's file. */
export async function startOurs(port: number): Promise<Subscriber> {
  const shelfwire = await startShelfwire({
    change: (flow) => {
      Object.assign(entry(flow, 'shelfwire-broker'), { kind: 'external', url: `mqtt://127.0.0.1:${port}` });
    },
  });
  const ledger = new LedgerFile(shelfwire.ledger);
  return {
    pid: shelfwire.nodeRed.pid,
    count: async () => {
      const { received, accepted } = ledger.events();
      if (accepted !== received) throw new Error(`of ${received} events ${accepted} were accepted`);
      return accepted;
    },
    async stop() {
      ledger.close();
      await shelfwire.stop();
    },
  };
}

export async function startBare(port: number): Promise<Subscriber> {
  const client = startChild(join(__dirname, 'bare-subscriber.js'), 'server');
  try {
    await client.ask('subscribe', port, TOPIC);
    return { pid: client.pid, count: () => client.ask<number>('count'), stop: () => client.stop() };
  } catch (thrown) {
    await client.stop();
    throw thrown;
  }
}

/** mqtt in, and a function that counts: what core acknowledges before anything is done with it. */
export async function startCore(port: number): Promise<Subscriber> {
  const flows: FlowEntry[] = [
    { id: 'tab', type: 'tab', label: 'core' },
    { id: 'broker', type: 'mqtt-broker', broker: '127.0.0.1', port: String(port), clientid: '', protocolVersion: '4' },
    {
      id: 'in',
      type: 'mqtt in',
      z: 'tab',
      broker: 'broker',
      topic: TOPIC,
      qos: '1',
      datatype: 'buffer',
      wires: [['n']],
    },
    {
      id: 'n',
      type: 'function',
      z: 'tab',
      func: "global.set('count', (global.get('count') || 0) + 1);",
      outputs: 0,
      wires: [],
    },
  ];
  const nodeRed = await startNodeRed({ flows, through: onCore('server'), settings: { httpAdminRoot: '/admin' } });
  return {
    pid: nodeRed.pid,
    async count() {
      const answer = await fetch(`${nodeRed.adminUrl}/context/global/count`);
      const { msg } = (await answer.json()) as { msg?: string };
      return Number(msg) || 0;
    },
    stop: () => nodeRed.stop(),
  };
}
