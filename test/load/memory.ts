/** Resident memory of a process while something is done to it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const MB = 1024 * 1024;

/** In MB; 0 once the process has gone. */
export function residentMb(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (kilobytes) return Number(kilobytes) / 1024;
  } catch {
    // No /proc here.
  }
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
  } catch {
    return 0;
  }
}

export class MemoryWatch {
  /** MB, one every `every` milliseconds. */
  readonly samples: number[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(pid: number, every = 250) {
    this.timer = setInterval(() => {
      const now = residentMb(pid);
      if (now > 0) this.samples.push(now);
    }, every);
  }

  get peak(): number {
    return Math.round(Math.max(0, ...this.samples));
  }

  /** Highest within a part of the time, from 0 to 1. */
  peakWithin(from: number, to: number): number {
    const { length } = this.samples;
    return Math.round(Math.max(0, ...this.samples.slice(Math.floor(from * length), Math.ceil(to * length))));
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Of this process, in MB. */
export const ownMb = (): number => Math.round(process.memoryUsage.rss() / MB);
