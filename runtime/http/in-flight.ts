/**
 * What all receivers of HTTP together may hold in memory. A request counts from its first byte until it is answered, so
 * however fast senders are, memory stays bounded; the next one is answered 503 + Retry-After.
 */
export interface InFlightLimits {
  requests: number;
  /** Bytes of bodies, as received and as decoded. */
  bytes: number;
}

export const DEFAULT_LIMITS: InFlightLimits = { requests: 1_000, bytes: 64 * 1024 * 1024 };

export interface Lease {
  /** Counts more bytes; false when there is no room for them. */
  take(bytes: number): boolean;
  /** Gives everything back; further calls do nothing. */
  release(): void;
}

export class InFlight {
  readonly limits: InFlightLimits;
  requests = 0;
  bytes = 0;

  constructor(limits: InFlightLimits = DEFAULT_LIMITS) {
    this.limits = limits;
  }

  /** Room for one more request, or null. */
  open(): Lease | null {
    if (this.requests >= this.limits.requests) return null;
    this.requests += 1;
    let held = 0;
    let released = false;
    return {
      take: (bytes) => {
        if (released || this.bytes + bytes > this.limits.bytes) return false;
        held += bytes;
        this.bytes += bytes;
        return true;
      },
      release: () => {
        if (released) return;
        released = true;
        this.requests -= 1;
        this.bytes -= held;
      },
    };
  }
}
