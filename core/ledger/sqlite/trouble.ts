/**
 * Notices that the disk does not take anything any more, tells it once, and asks it now and then until it does again:
 * also when nobody sends anything, everything goes on by itself.
 */
import type { StorageError } from '../../errors';

/** What concerns the whole ledger and not one call. */
const CODES = new Set(['disk_full', 'disk_failed', 'read_only', 'storage_failed', 'ledger_corrupt', 'ledger_gone']);
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
/** What is well for so long is well: before, each relapse is told later than the one before. */
const WELL_MS = 120_000;

export class Trouble {
  private since: number | null = null;
  private wellSince = Number.NEGATIVE_INFINITY;
  private pause = FIRST_PAUSE_MS;
  private timer: NodeJS.Timeout | null = null;
  private readonly probe: () => Promise<unknown>;
  private readonly began: (error: StorageError) => void;
  private readonly ended: () => void;

  /** @param probe writes something; rejects while it cannot */
  constructor(probe: () => Promise<unknown>, began: (error: StorageError) => void, ended: () => void) {
    this.probe = probe;
    this.began = began;
    this.ended = ended;
  }

  failed(error: StorageError): void {
    if (this.since !== null || !CODES.has(error.code)) return;
    this.since = performance.now();
    this.pause = this.since - this.wellSince > WELL_MS ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, this.pause * 2);
    this.began(error);
    this.ask();
  }

  close(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.since = null;
  }

  private ask(): void {
    this.timer = setTimeout(() => {
      this.probe().then(
        () => {
          if (this.since === null) return;
          this.since = null;
          this.wellSince = performance.now();
          this.ended();
        },
        () => {
          if (this.since !== null) this.ask();
        },
      );
    }, this.pause);
    this.timer.unref();
  }
}
