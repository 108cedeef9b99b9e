/**
 * Simulated time: what is to happen stands in one queue; between two happenings everything that can go on without time
 * passing does. The wall clock may be set back and forward; the steady one only goes on.
 */
interface Happening {
  at: number;
  order: number;
  run: () => void;
}

export class Scheduler {
  /** Milliseconds, the steady clock. */
  steady: number;
  /** What the wall clock shows beyond the steady one. */
  skew = 0;
  private queue: Happening[] = [];
  private order = 0;

  constructor(start: number) {
    this.steady = start;
  }

  now(): number {
    return this.steady + this.skew;
  }

  after(ms: number, run: () => void): void {
    this.queue.push({ at: this.steady + Math.max(0, ms), order: this.order++, run });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs until the time has come or nothing is left to happen. */
  async runUntil(end: number, afterEach: () => void): Promise<void> {
    await settled();
    for (;;) {
      let first = -1;
      for (let i = 0; i < this.queue.length; i++) {
        const [a, b] = [this.queue[i]!, this.queue[first]];
        if (!b || a.at < b.at || (a.at === b.at && a.order < b.order)) first = i;
      }
      if (first < 0 || this.queue[first]!.at > end) break;
      const [happening] = this.queue.splice(first, 1);
      this.steady = happening!.at;
      happening!.run();
      await settled();
      afterEach();
    }
    this.steady = Math.max(this.steady, end);
  }
}

/** All promises that can be fulfilled without time passing are. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
