/** How many requests may run at a time, and how many may start in a minute. Both let go of who gives up waiting. */

export class Semaphore {
  private readonly limit: number;
  private used = 0;
  private readonly queue: (() => void)[] = [];
  /** Served before the queue. */
  private readonly urgent: (() => void)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Resolves with what frees the place again; rejects when aborted before.
   * @param urgent before all that wait and are not
   */
  async acquire(signal?: AbortSignal, urgent = false): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.used < this.limit) this.used += 1;
    else await this.turn(urgent ? this.urgent : this.queue, signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.urgent.shift() ?? this.queue.shift();
      if (next) next();
      else this.used -= 1;
    };
  }

  private turn(queue: (() => void)[], signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        queue.splice(queue.indexOf(enter), 1);
        reject(signal!.reason);
      };
      queue.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

const MINUTE_MS = 60_000;

/** In any 60 seconds at most so many starts; what is beyond waits in order. */
export class RateLimit {
  private readonly perMinute: number;
  private readonly now: () => number;
  /** Starts of the last minute, also those that were promised to who waits. */
  private starts: number[] = [];

  /** @param perMinute 0 = no limit */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.perMinute = perMinute;
    this.now = now;
  }

  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.perMinute === 0) return;
    const now = this.now();
    this.starts = this.starts.filter((start) => start > now - MINUTE_MS);
    const before = this.starts[this.starts.length - this.perMinute];
    const start = before === undefined ? now : Math.max(now, before + MINUTE_MS);
    this.starts.push(start);
    if (start <= now) return;
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', leave);
        resolve();
      }, start - now);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
