/** How many requests may run at a time, and how many may start in a minute. Whoever gives up waiting is let go. */

const MINUTE_MS = 60_000;

interface Waiting {
  outlet: string;
  enter: () => void;
}

/**
 * The line before an account's platform: so many requests of each outlet at a time, and so many starts of all of them in
 * any 60 seconds. Nobody has a place while waiting for a start, or what is urgent would wait behind the own outlet.
 */
export class Account {
  private readonly places: number;
  private readonly perMinute: number;
  private readonly now: () => number;
  private readonly used = new Map<string, number>();
  /** Of the last minute. */
  private starts: number[] = [];
  private readonly queue: Waiting[] = [];
  /** Served before the queue. */
  private readonly urgent: Waiting[] = [];
  private timer: NodeJS.Timeout | null = null;

  /**
   * @param places of each outlet
   * @param perMinute 0 = no limit
   */
  constructor(places: number, perMinute: number, now: () => number = () => performance.now()) {
    this.places = places;
    this.perMinute = perMinute;
    this.now = now;
  }

  /**
   * Resolves with what frees the place again; rejects when aborted before.
   * @param urgent before all that wait and are not
   */
  async acquire(outlet: string, signal?: AbortSignal, urgent = false): Promise<() => void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const line = urgent ? this.urgent : this.queue;
      const waiting: Waiting = {
        outlet,
        enter() {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        line.splice(line.indexOf(waiting), 1);
        reject(signal!.reason);
      };
      line.push(waiting);
      signal?.addEventListener('abort', leave, { once: true });
      this.serve();
    });
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.used.set(outlet, this.usedBy(outlet) - 1);
      this.serve();
    };
  }

  private serve(): void {
    for (let next = this.next(); next; next = this.next()) {
      const wait = this.wait();
      if (wait > 0) {
        this.timer ??= setTimeout(() => {
          this.timer = null;
          this.serve();
        }, wait).unref();
        return;
      }
      next.line.splice(next.at, 1);
      this.used.set(next.waiting.outlet, this.usedBy(next.waiting.outlet) + 1);
      if (this.perMinute > 0) this.starts.push(this.now());
      next.waiting.enter();
    }
  }

  /** The first whose outlet has a place. */
  private next(): { line: Waiting[]; at: number; waiting: Waiting } | null {
    for (const line of [this.urgent, this.queue]) {
      const at = line.findIndex(({ outlet }) => this.usedBy(outlet) < this.places);
      if (at >= 0) return { line, at, waiting: line[at]! };
    }
    return null;
  }

  /** Milliseconds until another may start. */
  private wait(): number {
    if (this.perMinute === 0) return 0;
    const now = this.now();
    this.starts = this.starts.filter((start) => start > now - MINUTE_MS);
    const before = this.starts[this.starts.length - this.perMinute];
    return before === undefined ? 0 : before + MINUTE_MS - now;
  }

  private usedBy(outlet: string): number {
    return this.used.get(outlet) ?? 0;
  }
}
