/**
 * Lets each problem through once, and again only after a while with a count: a device that keeps failing must not fill the
 * log. Nor must somebody without an account, who can make up a new name each time: a kind of problem has so many lines.
 */
import type { BrokerProblem } from './delivery';

const QUIET_MS = 10 * 60_000;
const LIMIT = 500;
const LINES = 100;

interface Kind {
  since: number;
  shown: number;
  /** Not shown. */
  more: number;
}

export class ProblemLog {
  private readonly seen = new Map<string, { at: number; more: number }>();
  private readonly kinds = new Map<string, Kind>();
  private readonly now: () => number;
  private readonly show: (problem: BrokerProblem) => void;

  constructor(now: () => number, show: (problem: BrokerProblem) => void) {
    this.now = now;
    this.show = show;
  }

  report(problem: BrokerProblem): void {
    const now = this.now();
    const last = this.seen.get(problem.key);
    if (last && now - last.at < QUIET_MS) {
      last.more += 1;
      return;
    }
    const note = this.line(problem.code, now);
    if (note === null) return;
    this.seen.delete(problem.key);
    this.seen.set(problem.key, { at: now, more: 0 });
    if (this.seen.size > LIMIT) this.seen.delete(this.seen.keys().next().value!);
    const before = last?.more ? ` (${last.more} times more before)` : '';
    this.show(before || note ? { ...problem, message: `${problem.message}${before}${note}` } : problem);
  }

  /** What is to be said with one more line of this kind; null = it has had its lines. */
  private line(code: string, now: number): string | null {
    const last = this.kinds.get(code);
    let kind = last;
    if (!kind || now - kind.since >= QUIET_MS) {
      kind = { since: now, shown: 0, more: 0 };
      this.kinds.set(code, kind);
    }
    if (kind.shown >= LINES) {
      kind.more += 1;
      return null;
    }
    kind.shown += 1;
    if (kind.shown === LINES) return ' Others like it are counted, not shown, for up to ten minutes.';
    return kind !== last && last?.more ? ` (${last.more} others like it were not shown)` : '';
  }
}
