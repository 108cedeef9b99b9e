/** Where a process runs: servers on the first core, load on the second one, so that neither takes the other's time. */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

let possible: boolean | undefined;

/** The command that starts another one on this core; nothing where that cannot be done. */
export function pinnedTo(core: number): string[] {
  possible ??= cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  return possible ? ['taskset', '-c', String(core)] : [];
}
