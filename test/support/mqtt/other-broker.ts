/**
 * The external broker of a test: aedes in its own process, so that nothing has to be installed; or mosquitto, where the
 * environment names its program (`MOSQUITTO=/usr/sbin/mosquitto`).
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { eventually } from '../eventually';
import { tempFolder } from '../temp-folder';
import type { Order, Rules } from './other-broker-process';

export interface OtherBroker {
  readonly name: 'aedes' | 'mosquitto';
  /** It comes back with what it kept, or having forgotten everything. */
  restart(memory: 'kept' | 'lost'): Promise<void>;
  rules(rules: Pick<Rules, 'password'>): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const MOSQUITTO = process.env.MOSQUITTO || null;

/** Not started yet. */
export function otherBroker(port: number): OtherBroker {
  return MOSQUITTO === null ? new AedesProcess(port) : new Mosquitto(port, MOSQUITTO);
}

/** What only aedes can be told in a test: whom it lets read. */
export class AedesProcess implements OtherBroker {
  readonly name = 'aedes';
  private readonly port: number;
  private child: ChildProcess | null = null;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    const child = fork(join(__dirname, 'other-broker-process.js'), [String(this.port)], { execArgv: [] });
    this.child = child;
    await this.done('start');
  }

  async stop(): Promise<void> {
    await ended(this.child, 'SIGKILL');
    this.child = null;
  }

  async restart(memory: 'kept' | 'lost'): Promise<void> {
    if (memory === 'kept') return this.order({ order: 'restart', pause: 200 });
    await this.stop();
    await this.start();
  }

  rules(rules: Rules): Promise<void> {
    return this.order({ order: 'rules', rules });
  }

  private async order(order: Order): Promise<void> {
    const done = this.done(order.order);
    this.child!.send(order);
    await done;
  }

  private done(what: string): Promise<void> {
    const child = this.child!;
    return new Promise((resolve, reject) => {
      const listen = (message: { done?: string }) => {
        if (message.done !== what) return;
        child.off('message', listen);
        resolve();
      };
      child.on('message', listen);
      child.once('exit', () => reject(new Error('the broker ended')));
    });
  }
}

class Mosquitto implements OtherBroker {
  readonly name = 'mosquitto';
  private readonly port: number;
  private readonly program: string;
  private readonly folder = tempFolder('mosquitto');
  private child: ChildProcess | null = null;
  private password: string | null = null;

  constructor(port: number, program: string) {
    this.port = port;
    this.program = program;
  }

  async start(): Promise<void> {
    const path = (name: string) => join(this.folder.path, name);
    const lines = [
      // Started by root it would become another user, who may not write here.
      'user root',
      `listener ${this.port} 127.0.0.1`,
      'max_queued_messages 0',
      'max_inflight_messages 1000',
      'persistence true',
      `persistence_location ${this.folder.path}/`,
    ];
    if (this.password === null) lines.push('allow_anonymous true');
    else {
      writeFileSync(path('passwords'), `shelfwire:${this.password}\n`, { mode: 0o600 });
      await ended(
        spawn(`${this.program.replace(/[^/]*$/, '')}mosquitto_passwd`, ['-U', path('passwords')]),
        null,
      ).catch(() => ended(spawn('mosquitto_passwd', ['-U', path('passwords')]), null));
      lines.push('allow_anonymous false', `password_file ${path('passwords')}`);
    }
    writeFileSync(path('mosquitto.conf'), `${lines.join('\n')}\n`);
    this.child = spawn(this.program, ['-c', path('mosquitto.conf')], { stdio: 'ignore' });
    await eventually(async () => {
      const login = this.password === null ? {} : { username: 'shelfwire', password: this.password };
      const probe = await connectAsync(`mqtt://127.0.0.1:${this.port}`, {
        ...login,
        reconnectPeriod: 0,
        connectTimeout: 300,
      });
      await probe.endAsync(true);
      return true;
    });
  }

  async stop(): Promise<void> {
    await this.end();
    this.folder.remove();
  }

  async restart(memory: 'kept' | 'lost'): Promise<void> {
    await this.end();
    if (memory === 'lost') rmSync(join(this.folder.path, 'mosquitto.db'), { force: true });
    await this.start();
  }

  async rules({ password }: Pick<Rules, 'password'>): Promise<void> {
    this.password = password ?? null;
    await this.restart('kept');
  }

  /** With SIGTERM it writes what it keeps. */
  private end(): Promise<void> {
    return ended(this.child, 'SIGTERM');
  }
}

/** Ends it, or (without a signal) waits until it has ended. */
async function ended(child: ChildProcess | null, signal: NodeJS.Signals | null): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  if (signal) child.kill(signal);
  await gone;
}
