/** Servers work on one core and what loads them on another, so that neither takes the other's time. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export type Core = 'server' | 'load';

let canPin: boolean | undefined;

/** The command with its arguments that starts a program on this core; empty where that cannot be done. */
export function onCore(core: Core): string[] {
  canPin ??= availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  return canPin ? ['taskset', '-c', core === 'server' ? '0' : '1'] : [];
}
