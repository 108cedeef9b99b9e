/**
 * What all receivers of HTTP together may hold in memory. A request counts from its first byte until it is answered, so
 * however fast senders are, memory stays bounded; the next one is answered 503 + Retry-After. Whoever sends a body slowly
 * gives way to the others: a thousand connections that trickle keep nobody out.
 */
export interface InFlightLimits {
  requests: number;
  /** Bytes of bodies, as received and as decoded. */
  bytes: number;
  /** Milliseconds after which a body that is still coming in gives way when there is no room. */
  slow: number;
}

export const DEFAULT_LIMITS: InFlightLimits = { requests: 1_000, bytes: 64 * 1024 * 1024, slow: 1_000 };

export interface Lease {
  /** Counts more bytes; false when there is no room for them. */
  take(bytes: number): boolean;
  /** From now on the body is coming in; `giveWay` is called when others need the room. */
  reading(giveWay: () => void): void;
  /** The body is there. */
  read(): void;
  /** Gives everything back; further calls do nothing. */
  release(): void;
}

interface Reading {
  since: number;
  giveWay: () => void;
}

export class InFlight {
  readonly limits: InFlightLimits;
  requests = 0;
  bytes = 0;
  private readonly now: () => number;
  /** In the order in which they began. */
  private readonly slowest = new Map<Lease, Reading>();

  /** @param now milliseconds, monotonic */
  constructor(limits: InFlightLimits = DEFAULT_LIMITS, now: () => number = () => performance.now()) {
    this.limits = limits;
    this.now = now;
  }

  /** Room for one more request, or null. */
  open(): Lease | null {
    while (this.requests >= this.limits.requests) if (!this.makeRoom(null)) return null;
    this.requests += 1;
    let held = 0;
    let released = false;
    const lease: Lease = {
      take: (bytes) => {
        while (!released && this.bytes + bytes > this.limits.bytes) if (!this.makeRoom(lease)) return false;
        if (released) return false;
        held += bytes;
        this.bytes += bytes;
        return true;
      },
      reading: (giveWay) => {
        if (!released) this.slowest.set(lease, { since: this.now(), giveWay });
      },
      read: () => {
        this.slowest.delete(lease);
      },
      release: () => {
        if (released) return;
        released = true;
        this.slowest.delete(lease);
        this.requests -= 1;
        this.bytes -= held;
      },
    };
    return lease;
  }

  /** Ends the body that has been coming in for longest, when that is too long. */
  private makeRoom(except: Lease | null): boolean {
    for (const [lease, { since, giveWay }] of this.slowest) {
      if (lease === except) continue;
      if (this.now() - since < this.limits.slow) return false;
      lease.release();
      giveWay();
      return true;
    }
    return false;
  }
}
