/** Lets each problem through once, and again only after a while with a count: a device that keeps failing must not fill the log. */
import type { BrokerProblem } from './delivery';

const QUIET_MS = 10 * 60_000;
const LIMIT = 500;

export class ProblemLog {
  private readonly seen = new Map<string, { at: number; more: number }>();
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
    this.seen.delete(problem.key);
    this.seen.set(problem.key, { at: now, more: 0 });
    if (this.seen.size > LIMIT) this.seen.delete(this.seen.keys().next().value!);
    this.show(last?.more ? { ...problem, message: `${problem.message} (${last.more} times more before)` } : problem);
  }
}
