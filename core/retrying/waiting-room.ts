/**
 * Holds messages until their time has come. Bounded: a newcomer to a full room sends the oldest out early. Timers come
 * in as arguments. What becomes of a message is the result of its promise, so that nobody is forgotten.
 */
export interface Timers {
  set(callback: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

/** `due`: try again; `evicted`: there was no room; `closed`: the node closes. */
export type Released = 'due' | 'evicted' | 'closed';

export class WaitingRoom {
  private readonly held = new Set<(how: Released) => void>();
  private readonly capacity: number;
  private readonly timers: Timers;
  private closed = false;

  constructor(capacity: number, timers: Timers) {
    this.capacity = capacity;
    this.timers = timers;
  }

  get size(): number {
    return this.held.size;
  }

  wait(ms: number): Promise<Released> {
    if (this.closed) return Promise.resolve('closed');
    if (this.held.size >= this.capacity) {
      const [oldest] = this.held;
      oldest?.('evicted');
    }
    return new Promise((resolve) => {
      const leave = (how: Released) => {
        this.timers.clear(timer);
        this.held.delete(leave);
        resolve(how);
      };
      const timer = this.timers.set(() => leave('due'), ms);
      this.held.add(leave);
    });
  }

  /** Sends everybody out; returns how many there were. */
  close(): number {
    this.closed = true;
    const count = this.held.size;
    for (const leave of [...this.held]) leave('closed');
    return count;
  }
}
