/** mosquitto where it is installed (`MOSQUITTO=<program>` names another one), else aedes by itself in its place. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../test/support/eventually';
import { freePort } from '../../test/support/free-port';
import { tempFolder } from '../../test/support/temp-folder';
import { startChild } from './child';
import { onCore } from './cores';

export interface ExternalBroker {
  port: number;
  stop(): Promise<void>;
}

/** Its program, or null. Systems keep servers off the path of users. */
export const MOSQUITTO: string | null =
  [process.env.MOSQUITTO, '/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'].find(
    (file) => file && existsSync(file) && spawnSync(file, ['-h']).error === undefined,
  ) ?? null;

/** It runs beside the devices, where neither takes the subscriber's time. */
export function startExternalBroker(): Promise<ExternalBroker> {
  return MOSQUITTO === null ? startAedes() : startMosquitto(MOSQUITTO);
}

async function startAedes(): Promise<ExternalBroker> {
  const broker = startChild(join(__dirname, 'aedes-alone.js'), 'load');
  return { port: await broker.ask<number>('listen'), stop: () => broker.stop() };
}

async function startMosquitto(program: string): Promise<ExternalBroker> {
  const folder = tempFolder('mosquitto');
  const port = await freePort();
  const settings = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'max_inflight_messages 1000',
    // Whoever reads slower than the devices write has it waiting there.
    'max_queued_messages 0',
    'persistence false',
  ];
  // Started by root it would become another user, who may not read here.
  if (process.getuid?.() === 0) settings.unshift('user root');
  const file = join(folder.path, 'mosquitto.conf');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const [command, ...args] = [...onCore('load'), program, '-c', file];
  const child = spawn(command!, args, { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
    folder.remove();
  };
  try {
    await eventually(() => answers(port), 10_000, 'mosquitto');
    return { port, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
  });
}
