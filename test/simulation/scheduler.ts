/**
 * Simulated time: what is to happen stands in one queue; between two happenings everything that can go on without time
 * passing does. The wall clock may be set back and forward; the steady one only goes on.
 */
interface Happening {
  at: number;
  order: number;
  run: () => void;
}

export type Cancel = () => void;

export class Scheduler {
  /** Milliseconds, the steady clock. */
  steady: number;
  /** What the wall clock shows beyond the steady one. */
  skew = 0;
  /** A binary heap: the first is next. */
  private readonly heap: Happening[] = [];
  private order = 0;

  constructor(start: number) {
    this.steady = start;
  }

  now(): number {
    return this.steady + this.skew;
  }

  after(ms: number, run: () => void): Cancel {
    const happening = { at: this.steady + Math.max(0, ms), order: this.order++, run };
    this.push(happening);
    return () => {
      happening.run = () => {};
    };
  }

  every(ms: number, run: () => void): Cancel {
    let cancel: Cancel;
    const again = () => {
      cancel = this.after(ms, again);
      run();
    };
    cancel = this.after(ms, again);
    return () => cancel();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs until the time has come, or until `afterEach` says that it is enough. */
  async runUntil(end: number, afterEach: () => boolean): Promise<void> {
    await settled();
    while (this.heap.length > 0 && this.heap[0]!.at <= end) {
      const { at, run } = this.pop();
      this.steady = at;
      run();
      await settled();
      if (afterEach()) return;
    }
    this.steady = Math.max(this.steady, end);
  }

  private push(happening: Happening): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(happening);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(happening, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = happening;
  }

  private pop(): Happening {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** All promises that can be fulfilled without time passing are. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
