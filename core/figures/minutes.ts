/** What happened in each minute of the last day, in memory: three megabytes at most, whatever happens. */
import { Histogram } from './histogram';

/** Why something did not go through. */
export const ERROR_KINDS = ['not_reachable', 'key_refused', 'form', 'items', 'input', 'unproven'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export class Minute {
  /** Minutes since 1970. */
  readonly at: number;
  /** Events that came in, whatever became of them. */
  received = 0;
  /** Items that platforms confirmed. */
  confirmed = 0;
  /** Requests to platforms. */
  requests = 0;
  failed = 0;
  /** Seconds that the oldest change has waited, at worst; null = nobody looked. */
  queueAge: number | null = null;
  readonly errors: Record<ErrorKind, number> = {
    not_reachable: 0,
    key_refused: 0,
    form: 0,
    items: 0,
    input: 0,
    unproven: 0,
  };
  readonly response = new Histogram();
  readonly freshness = new Histogram();

  constructor(at: number) {
    this.at = at;
  }

  add(other: Minute): void {
    this.received += other.received;
    this.confirmed += other.confirmed;
    this.requests += other.requests;
    this.failed += other.failed;
    if (other.queueAge !== null) this.queueAge = Math.max(this.queueAge ?? 0, other.queueAge);
    for (const kind of ERROR_KINDS) this.errors[kind] += other.errors[kind];
    this.response.addAll(other.response);
    this.freshness.addAll(other.freshness);
  }
}

export const MINUTES_KEPT = 1_440;

export class Minutes {
  private readonly ring = new Map<number, Minute>();
  private readonly now: () => number;

  /** @param now milliseconds since 1970 that are never set back */
  constructor(now: () => number) {
    this.now = now;
  }

  /** The minute that is running. */
  get current(): Minute {
    const at = Math.floor(this.now() / 60_000);
    let minute = this.ring.get(at);
    if (!minute) {
      minute = new Minute(at);
      this.ring.set(at, minute);
      for (const old of this.ring.keys()) if (old <= at - MINUTES_KEPT) this.ring.delete(old);
    }
    return minute;
  }

  /** The last `minutes`, oldest first, `step` of them in one; minutes of which nothing is known are empty. */
  last(minutes: number, step: number): Minute[] {
    const end = Math.floor(this.now() / 60_000);
    // Whole steps, so that a point does not change its meaning while the window moves on.
    const first = Math.ceil((end - minutes + 1) / step) * step;
    const found: Minute[] = [];
    for (let at = first; at <= end; at += step) {
      const sum = new Minute(at);
      for (let each = at; each < at + step; each++) {
        const minute = this.ring.get(each);
        if (minute) sum.add(minute);
      }
      found.push(sum);
    }
    return found;
  }
}
