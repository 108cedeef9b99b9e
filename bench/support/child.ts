/** A process of the bench: it runs a file that calls `serve` (serve.ts), on a core of its own, and is asked by name. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cleanEnvironment } from '../../test/support/node-red';
import { type Core, onCore } from './cores';

export interface Child {
  readonly pid: number;
  ask<T = void>(name: string, ...args: unknown[]): Promise<T>;
  stop(): Promise<void>;
}

export interface Question {
  id: number;
  name: string;
  args: unknown[];
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** @param file compiled, with its whole path */
export function startChild(file: string, core: Core): Child {
  const [command, ...args] = [...onCore(core), process.execPath, file];
  const child = spawn(command!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: cleanEnvironment() });
  const asked = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let last = 0;
  child.on('message', ({ id, value, error }: Answer) => {
    const question = asked.get(id);
    asked.delete(id);
    if (error === undefined) question?.resolve(value as never);
    else question?.reject(new Error(`${file}: ${error}`));
  });
  const gone = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      for (const { reject } of asked.values()) reject(new Error(`${file} ended with ${code ?? signal}`));
      resolve();
    });
  });
  return {
    pid: child.pid!,
    ask<T>(name: string, ...given: unknown[]) {
      last += 1;
      const id = last;
      return new Promise<T>((resolve, reject) => {
        asked.set(id, { resolve, reject });
        child.send({ id, name, args: given } satisfies Question, (error) => error && reject(error));
      });
    },
    stop: () => stop(child, gone),
  };
}

async function stop(child: ChildProcess, gone: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await gone;
}
