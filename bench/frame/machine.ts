/** On what a run was measured. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../test/support/node-red';
import { tempFolder } from '../../test/support/temp-folder';
import { spread } from './statistics';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  node: string;
  nodeRed: string;
  /** Milliseconds until 256 appended bytes are on the disk that the ledgers are on; median of 200. */
  fsyncMs: number;
}

export function describeMachine(): Machine {
  const nodeRed = JSON.parse(readFileSync(join(ROOT, 'node_modules/node-red/package.json'), 'utf8')) as {
    version: string;
  };
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    nodeRed: nodeRed.version,
    fsyncMs: fsyncMs(),
  };
}

export function currentCommit(): string {
  try {
    const run = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return run('rev-parse', '--short', 'HEAD') + (run('status', '--porcelain', '-uno') === '' ? '' : ' and changes');
  } catch {
    return 'unknown';
  }
}

function fsyncMs(): number {
  const folder = tempFolder('bench-fsync');
  const file = openSync(join(folder.path, 'log'), 'a');
  try {
    const bytes = Buffer.alloc(256, 1);
    const taken = Array.from({ length: 200 }, () => {
      const start = performance.now();
      writeSync(file, bytes);
      fdatasyncSync(file);
      return performance.now() - start;
    });
    return Number(spread(taken).median.toFixed(3));
  } finally {
    closeSync(file);
    folder.remove();
  }
}
