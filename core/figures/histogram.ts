/** Durations in classes that grow by a tenth of their size, so that a percentile is right to about 5 %, whatever the scale. */

/** Milliseconds; the last class takes what is longer (about 13 days). */
const GROWTH = 1.1;
const CLASSES = 220;
const STEP = Math.log(GROWTH);

export class Histogram {
  /** By class; none until the first value, since most minutes of most shops are quiet. */
  private counts: Uint32Array | null = null;
  private total = 0;

  get count(): number {
    return this.total;
  }

  /** @param ms 0 and more */
  add(ms: number): void {
    this.counts ??= new Uint32Array(CLASSES);
    const found = ms <= 1 ? 0 : Math.min(CLASSES - 1, Math.round(Math.log(ms) / STEP));
    this.counts[found]! += 1;
    this.total += 1;
  }

  addAll(other: Histogram): void {
    if (!other.counts) return;
    this.counts ??= new Uint32Array(CLASSES);
    for (let at = 0; at < CLASSES; at++) this.counts[at]! += other.counts[at]!;
    this.total += other.total;
  }

  /** @param part 0.95 for p95. @returns milliseconds; null without values */
  percentile(part: number): number | null {
    if (!this.counts || this.total === 0) return null;
    let left = Math.max(1, Math.ceil(part * this.total));
    for (let at = 0; at < CLASSES; at++) {
      left -= this.counts[at]!;
      if (left <= 0) return Math.round(Math.exp(at * STEP) * 10) / 10;
    }
    return null;
  }
}
