/**
 * Which problems are worth a message: a blip is not, and one that grows item by item is told again only when it has
 * grown by a factor. What was told to have started is told to have ended.
 */
import type { Problem } from '../../runtime/problems';

export interface Tell {
  change: 'started' | 'grew' | 'ended';
  problem: Problem;
}

interface Seen {
  problem: Problem;
  /** The count that was told; null = not told yet. */
  told: number | null;
  /** When it came, or when it had gone, while that is not told yet. */
  since: number | null;
}

export interface TellerSettings {
  /** Empty = all. */
  kinds: readonly string[];
  growth: number;
  /** Milliseconds that a problem, or its end, has to last. */
  quiet: number;
}

export class Teller {
  private readonly seen = new Map<string, Seen>();

  /** Problems that were told and have not ended. */
  get open(): number {
    return [...this.seen.values()].filter(({ told }) => told !== null).length;
  }

  /** @param now milliseconds that are never set back */
  look(all: readonly Problem[], { kinds, growth, quiet }: TellerSettings, now: number): Tell[] {
    const problems = all.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
    const tells: Tell[] = [];
    for (const problem of problems) {
      const seen = this.seen.get(problem.key) ?? { problem, told: null, since: now };
      this.seen.set(problem.key, seen);
      seen.problem = problem;
      if (seen.told === null) {
        if (now - seen.since! < quiet) continue;
        tells.push({ change: 'started', problem });
        seen.told = problem.count;
      } else if (problem.count > seen.told && problem.count >= seen.told * growth) {
        tells.push({ change: 'grew', problem });
        seen.told = problem.count;
      }
      seen.since = null;
    }
    const there = new Set(problems.map(({ key }) => key));
    for (const [key, seen] of this.seen) {
      if (there.has(key)) continue;
      if (seen.told !== null) {
        seen.since ??= now;
        if (now - seen.since < quiet) continue;
        tells.push({ change: 'ended', problem: seen.problem });
      }
      this.seen.delete(key);
    }
    return tells;
  }

  /** Milliseconds until something may have lasted long enough; null = nothing waits for that. */
  wait({ quiet }: TellerSettings, now: number): number | null {
    const waiting = [...this.seen.values()].flatMap(({ since }) => (since === null ? [] : [since + quiet - now]));
    return waiting.length === 0 ? null : Math.max(0, Math.min(...waiting));
  }
}
