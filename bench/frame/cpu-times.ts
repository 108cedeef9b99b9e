/** Who had the processors, as Linux counts it in ticks. */
import { readdirSync, readFileSync } from 'node:fs';

export interface CpuTimes {
  cores: number;
  /** Everything, idle too. */
  all: number;
  /** Of programs; the system's work is not in it, since nobody can say for whom it was. */
  user: number;
  /** Taken by the host of a virtual machine. */
  stolen: number;
}

/** Null where the system does not tell. */
export function cpuTimes(): CpuTimes | null {
  const lines = readOr('/proc/stat').split('\n');
  const [user, nice, system, idle, iowait, irq, softirq, stolen] = (lines[0] ?? '').split(/\s+/).slice(1).map(Number);
  if (stolen === undefined) return null;
  const all = user! + nice! + system! + idle! + iowait! + irq! + softirq! + stolen;
  return { cores: lines.filter((line) => /^cpu\d/.test(line)).length, all, user: user! + nice!, stolen };
}

/** Ticks in programs' own code of this process and all below it, also of those that have ended. */
export function ownUserTicks(): number {
  const all = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // What stands before is the program's name, with anything in it.
    const fields = readOr(`/proc/${name}/stat`).split(') ').at(-1)!.split(' ');
    if (fields.length > 20)
      all.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[13]) });
  }
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = all.get(at)?.parent)
      if (at === process.pid) return true;
    return false;
  };
  let sum = 0;
  for (const [pid, { ticks }] of all) if (isOurs(pid)) sum += ticks;
  return sum;
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
