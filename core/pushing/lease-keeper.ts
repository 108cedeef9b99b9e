/** Extends the leases of what waits inside the push: for a free slot, for the account's rate, for its turn in a halving. */
import type { Ledger } from '../ledger/ledger';
import type { TicketEntry } from './ticket';

/** Calls `run` every so many milliseconds until the returned function is called. */
export type Every = (ms: number, run: () => void) => () => void;

/** By the process's own timers, which do not keep it alive. */
const every: Every = (ms, run) => {
  const timer = setInterval(run, ms);
  timer.unref();
  return () => clearInterval(timer);
};

/** A lease of the ledger lasts 30 s at least. */
export const LEASE_MS = 30_000;
const EVERY_MS = 10_000;

export class LeaseKeeper {
  private readonly kept = new Set<TicketEntry>();
  private readonly end: () => void;

  constructor(ledger: Pick<Ledger, 'renew'>, outlet: string, now: () => number, repeat: Every = every) {
    this.end = repeat(EVERY_MS, () => {
      if (this.kept.size === 0) return;
      // A renewal that fails is no loss: the items would become waiting and be sent again later.
      ledger.renew(outlet, [...this.kept], now() + LEASE_MS).catch(() => undefined);
    });
  }

  keep(entries: readonly TicketEntry[]): void {
    for (const entry of entries) this.kept.add(entry);
  }

  /** They are on their way or settled: the ledger knows how long their lease is to last. */
  release(entries: readonly TicketEntry[]): void {
    for (const entry of entries) this.kept.delete(entry);
  }

  stop(): void {
    this.end();
    this.kept.clear();
  }
}
