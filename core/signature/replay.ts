/**
 * Remembers proven requests whose time or id is signed, so that a recording of one cannot be played again. What is
 * remembered is the very request (its signature), not the sender's id: a sender that tries again after an error signs
 * anew with a new time (Standard Webhooks, Stripe, Slack keep the id and that is what the ledger's "once" is for), and
 * passes. A byte for byte repeat passes too as long as the first was not stored. Kept in memory, at most `limit`
 * requests, each until its time is out of tolerance; after a restart the ledger's event ids still stop a second effect.
 */
export type Repeat =
  /** Not seen, or seen and not stored: let it pass, then call `stored` or `forget`. */
  | 'first'
  /** The same request is being stored right now. */
  | 'in_progress'
  /** The same request was stored. */
  | 'stored';

export class ReplayWindow {
  private readonly seen = new Map<string, { until: number; stored: boolean }>();
  private readonly now: () => number;
  private readonly limit: number;

  /** @param now milliseconds since epoch */
  constructor(now: () => number, limit = 50_000) {
    this.now = now;
    this.limit = limit;
  }

  begin(key: string, until: number): Repeat {
    this.prune();
    const known = this.seen.get(key);
    if (known && known.until >= this.now()) return known.stored ? 'stored' : 'in_progress';
    this.seen.delete(key);
    this.seen.set(key, { until, stored: false });
    return 'first';
  }

  stored(key: string): void {
    const known = this.seen.get(key);
    if (known) known.stored = true;
  }

  /** It was not stored: the same request is to pass when it comes again. */
  forget(key: string): void {
    this.seen.delete(key);
  }

  get size(): number {
    return this.seen.size;
  }

  /** Insertion order is nearly the order of expiry, so looking at the front is enough. */
  private prune(): void {
    const now = this.now();
    for (const [key, { until }] of this.seen) {
      if (until >= now && this.seen.size < this.limit) return;
      this.seen.delete(key);
    }
  }
}
