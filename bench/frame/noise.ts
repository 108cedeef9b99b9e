/**
 * Whether anything else had the machine during a round. Three witnesses: a fixed piece of work on each core before and
 * after the round, the time that the host of a virtual machine took away, and the time of programs that are not ours.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../support/child';
import { type CpuTimes, cpuTimes, ownUserTicks } from './cpu-times';

/** A piece of work may take this much longer than the fastest one of the run. */
const SLOWER = 1.15;
/** Share of the machine's time that its host may take. */
const STOLEN = 0.02;
/** Cores' worth of time that other programs may take. */
const OTHERS = 0.1;

export interface Noise {
  quiet: boolean;
  /** Why it was not. */
  why: string[];
  /** How much longer the work took than the fastest of the run; the worst of both cores, before and after. */
  slower: number;
  /** Share of the time; null where the system does not tell. */
  stolen: number | null;
  /** Cores' worth of time that other programs took; null where the system does not tell. */
  others: number | null;
  /** Load average over a minute, at the end: for the reader, not judged (it counts ours too). */
  load: number;
}

/** What is read before and after a round. */
export interface Reading {
  /** Milliseconds of the work, by core. */
  spins: number[];
  times: (CpuTimes & { ours: number }) | null;
}

export interface NoiseGuard {
  before(): Promise<Reading>;
  /** @returns how it was between `before` and now */
  after(before: Reading): Promise<Noise>;
  stop(): Promise<void>;
}

/** The guard of this machine. */
export class MachineNoise implements NoiseGuard {
  private readonly spinners = (['server', 'load'] as const).map((core) => startChild(join(__dirname, 'spin.js'), core));
  /** By core. */
  private readonly fastest = this.spinners.map(() => Number.POSITIVE_INFINITY);

  static async start(): Promise<MachineNoise> {
    const guard = new MachineNoise();
    for (let warming = 0; warming < 2; warming++) await guard.spin();
    guard.fastest.fill(Number.POSITIVE_INFINITY);
    for (let reading = 0; reading < 3; reading++) await guard.spin();
    return guard;
  }

  /** The times are read nearest to the round: the spinning itself is not the round's. */
  async before(): Promise<Reading> {
    const spins = await this.spin();
    return { spins, times: this.times() };
  }

  async after(before: Reading): Promise<Noise> {
    const times = this.times();
    const spins = await this.spin();
    return judge(before, { spins, times }, this.fastest);
  }

  async stop(): Promise<void> {
    await Promise.all(this.spinners.map((spinner) => spinner.stop()));
  }

  private times(): Reading['times'] {
    const times = cpuTimes();
    return times && { ...times, ours: ownUserTicks() };
  }

  private async spin(): Promise<number[]> {
    const spins = await Promise.all(this.spinners.map((spinner) => spinner.ask<number>('spin')));
    spins.forEach((each, core) => {
      this.fastest[core] = Math.min(this.fastest[core]!, each);
    });
    return spins;
  }
}

/** @param fastest milliseconds of the fastest work of the run, by core */
export function judge(before: Reading, after: Reading, fastest: readonly number[]): Noise {
  const slower = Math.max(...[before, after].flatMap(({ spins }) => spins.map((each, core) => each / fastest[core]!)));
  const passed = before.times && after.times ? after.times.all - before.times.all : 0;
  const known = passed > 0;
  const stolen = known ? (after.times!.stolen - before.times!.stolen) / passed : null;
  const users = known ? after.times!.user - before.times!.user : 0;
  const ours = known ? after.times!.ours - before.times!.ours : 0;
  const others = known ? Math.max(0, ((users - ours) / passed) * after.times!.cores) : null;
  const why: string[] = [];
  if (slower > SLOWER) why.push(`a fixed piece of work took ${slower.toFixed(2)} times its best time`);
  if (stolen !== null && stolen > STOLEN) why.push(`the host took ${Math.round(stolen * 100)} % of the time`);
  if (others !== null && others > OTHERS) why.push(`other programs took ${others.toFixed(2)} cores`);
  return { quiet: why.length === 0, why, slower, stolen, others, load: loadavg()[0]! };
}
