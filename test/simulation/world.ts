/** What all parts of one simulated run share. */
import type { Random } from './random';
import type { Scheduler } from './scheduler';
import type { Trace } from './trace';

export interface World {
  readonly random: Random;
  readonly time: Scheduler;
  readonly trace: Trace;
  /** What must never happen and did. */
  readonly problems: string[];
  /** What a platform did that may not be relied on as the docs say. */
  readonly reversals: string[];
  readonly weather: Weather;
}

/** How bad it is: chances from 0 to 1, drawn for each run and all 0 in the calm after the storm. */
export interface Weather {
  /** The power is cut at a commit or a request. */
  crash: number;
  /** The clock is set while the machine is down. */
  clock: number;
  /** The ledger's thread ends by itself at a commit. */
  thread: number;
  /** A transaction finds the disk full. */
  disk: number;
  /** The disk takes seconds for a commit. */
  slow: number;
  /** The flow loses, thins out, copies, holds back or adds to a message. */
  drop: number;
  thin: number;
  copy: number;
  hold: number;
  foreign: number;
  /** A sender's message, or the answer to it, is lost. */
  lost: number;
}

export const CALM: Weather = {
  crash: 0,
  clock: 0,
  thread: 0,
  disk: 0,
  slow: 0,
  drop: 0,
  thin: 0,
  copy: 0,
  hold: 0,
  foreign: 0,
  lost: 0,
};

/** Each kind of trouble is absent from half of the runs, so that it is also seen what the others do alone. */
export function stormOf(random: Random): Weather {
  const upTo = (most: number) => (random.chance(0.5) ? 0 : random.next() * most);
  return {
    crash: upTo(0.02),
    clock: upTo(0.5),
    thread: upTo(0.01),
    disk: upTo(0.05),
    slow: upTo(0.05),
    drop: upTo(0.08),
    thin: upTo(0.08),
    copy: upTo(0.3),
    hold: upTo(0.15),
    foreign: upTo(0.1),
    lost: upTo(0.3),
  };
}
