/** How much room the disk of a ledger has left, looked at now and then. */

/** As the system tells them; blocks of `bsize` bytes. */
export interface DiskFigures {
  bsize: number;
  blocks: number;
  bfree: number;
  /** Free for us: what is kept for the administrator is not. */
  bavail: number;
}

export interface DiskSpace {
  free_bytes: number;
  free_percent: number;
  low: boolean;
}

const LOW_PERCENT = 10;
/** What was low is well again from here on, so that it does not change with every file that comes and goes. */
const WELL_PERCENT = 11;
const FRESH_MS = 30_000;

export class DiskWatch {
  private readonly statfs: () => Promise<DiskFigures>;
  private readonly now: () => number;
  private last: DiskSpace | null = null;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds that are never set back */
  constructor(statfs: () => Promise<DiskFigures>, now: () => number) {
    this.statfs = statfs;
    this.now = now;
  }

  /** At most half a minute old; null where the system does not tell. */
  async look(): Promise<DiskSpace | null> {
    if (this.now() - this.lookedAt < FRESH_MS) return this.last;
    this.lookedAt = this.now();
    try {
      const { bsize, blocks, bfree, bavail } = await this.statfs();
      const usable = blocks - bfree + bavail;
      if (usable <= 0) return null;
      const percent = (bavail * 100) / usable;
      const low = percent < (this.last?.low ? WELL_PERCENT : LOW_PERCENT);
      this.last = { free_bytes: bavail * bsize, free_percent: Math.floor(percent * 10) / 10, low };
    } catch {
      this.last = null;
    }
    return this.last;
  }
}

export function lowDiskText(file: string, { free_bytes, free_percent }: DiskSpace): string {
  const gigabytes = (free_bytes / 1e9).toFixed(1);
  return `The disk of the ledger ${file} has only ${free_percent} % (${gigabytes} GB) free. Nothing is lost. When it is full, nothing can be recorded and senders are asked to wait: make room.`;
}
