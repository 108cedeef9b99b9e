/**
 * Work whose length a sender decides, done without holding anybody up: one short slice in a turn of the event loop, all
 * such work in turn, however much of it is waiting.
 */
import { performance } from 'node:perf_hooks';
import type { Steps } from '../core/steps';
import { shared } from './shared';

/** How long one slice may take. */
const SLICE_MS = 8;

interface Job {
  steps: Steps<unknown>;
  resolve: (value: never) => void;
  reject: (thrown: unknown) => void;
}

class Slices {
  private readonly jobs: Job[] = [];

  run<T>(steps: Steps<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.jobs.push({ steps, resolve, reject });
      if (this.jobs.length === 1) setImmediate(() => this.turn());
    });
  }

  private turn(): void {
    const job = this.jobs[0]!;
    const until = performance.now() + SLICE_MS;
    try {
      let step = job.steps.next();
      while (!step.done && performance.now() < until) step = job.steps.next();
      this.jobs.shift();
      if (step.done) job.resolve(step.value as never);
      else this.jobs.push(job);
    } catch (thrown) {
      this.jobs.shift();
      job.reject(thrown);
    }
    if (this.jobs.length > 0) setImmediate(() => this.turn());
  }
}

export function inSlices<T>(steps: Steps<T>): Promise<T> {
  return shared('slices', () => new Slices()).run(steps);
}

/** Resolves in a later turn of the event loop, when it is the caller's turn among all such work. */
export function turn(): Promise<void> {
  return inSlices(nothing());
}

function* nothing(): Steps<void> {}

/** For loops that await: gives a promise to await when the caller has worked long enough, else null. */
export function breather(): () => Promise<void> | null {
  let until = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < until) return null;
    return turn().then(() => {
      until = performance.now() + SLICE_MS;
    });
  };
}
