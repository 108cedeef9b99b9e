/** Starts the platform with its senders (platform-process.ts) on a core of its own and tells it what to do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Size } from './big-ledger';

export type Order =
  | {
      do: 'load';
      /** Node-RED's. */
      port: number;
      secret: string;
      /** Changes in a second. */
      rate: number;
      seconds: number;
      /** Changes in one request. */
      each: number;
      connections: number;
      size: Size;
      /** Another one each time: the items and values follow from it. */
      salt: number;
    }
  | { do: 'end' };

export type Told =
  | { port: number }
  | { failed: string }
  | {
      done: 'load';
      /** Milliseconds from when a change was due to be sent until the platform had it. */
      latencies: number[];
      sent: number;
      seconds: number;
      requests: number;
      items: number;
      /** Answers to the senders that were not 200. */
      unusual: string[];
    };

export type Load = Extract<Told, { done: 'load' }>;

export class PlatformProcess {
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<PlatformProcess> {
    const args = ['-c', '1', process.execPath, join(__dirname, 'platform-process.js')];
    const child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const told = await next(child);
    if (!('port' in told)) throw new Error('the platform did not start');
    return new PlatformProcess(child, told.port);
  }

  /** @throws Error when anything was answered unusually, or a change did not arrive */
  async load(order: Omit<Extract<Order, { do: 'load' }>, 'do'>): Promise<Load> {
    this.child.send({ do: 'load', ...order } satisfies Order);
    const told = await next(this.child);
    if ('failed' in told) throw new Error(told.failed);
    if (!('done' in told)) throw new Error('an unexpected answer');
    if (told.unusual.length > 0) throw new Error(`${told.unusual.length} unusual answers: ${told.unusual[0]}`);
    return told;
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.send({ do: 'end' } satisfies Order);
    await gone;
  }
}

function next(child: ChildProcess): Promise<Told> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the platform's process ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (told: Told) => {
      child.off('exit', ended);
      resolve(told);
    });
  });
}
