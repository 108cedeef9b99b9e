/** Starts the counting process: without compilers, which allocate or not as they find time, and without collections. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Measured } from './budget';

const YOUNG_MB = 256;
export const FLAGS = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  `--min-semi-space-size=${YOUNG_MB}`,
  `--max-semi-space-size=${YOUNG_MB}`,
  '--no-minor-gc-task',
  '--no-memory-reducer',
  '--no-incremental-marking',
  '--expose-gc',
  '--no-warnings',
];

/** @returns the figures, and what the process said beside them */
export async function countWork(args: readonly string[]): Promise<{ measured: Measured; said: string }> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...FLAGS, join(__dirname, 'count.js'), ...args],
    { maxBuffer: 16 * 1024 * 1024, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return { measured: JSON.parse(stdout) as Measured, said: stderr };
}
