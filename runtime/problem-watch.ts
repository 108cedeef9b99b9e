/**
 * Looks for problems when something was committed (at most every few seconds) and now and then by itself, since silence
 * makes no news. Says what started, grew and ended.
 */
import { listProblems, type Problem } from './problems';
import { shared } from './shared';

export interface ProblemChange {
  change: 'started' | 'grew' | 'ended';
  problem: Problem;
}

type Listener = (changes: ProblemChange[], all: Problem[]) => void;

const AFTER_NEWS_MS = 3_000;
const BY_ITSELF_MS = 30_000;

export class ProblemWatch {
  private known = new Map<string, Problem>();
  private readonly listeners = new Set<Listener>();
  private readonly list: () => Promise<Problem[]>;
  private timer: NodeJS.Timeout | null = null;
  private due = Number.POSITIVE_INFINITY;
  private looking = false;
  private reading: Promise<unknown> = Promise.resolve();
  /** Something happened while it looked. */
  private again = false;

  constructor(list: () => Promise<Problem[]>) {
    this.list = list;
  }

  get problems(): Problem[] {
    return [...this.known.values()];
  }

  /** @returns a function that ends this */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    this.schedule(AFTER_NEWS_MS);
    return () => this.listeners.delete(listener);
  }

  /** Something happened that may be a problem, or the end of one. */
  poke(): void {
    if (this.looking) this.again = true;
    else this.schedule(AFTER_NEWS_MS);
  }

  /**
   * The problems as they are now. All who listen hear what is new in them: a list that one person has seen and the watch
   * has not would never be said to have ended.
   *
   * @throws what the ledger throws
   */
  read(): Promise<Problem[]> {
    const found = this.reading.then(async () => {
      const problems = await this.list();
      this.tell(problems);
      return problems;
    });
    this.reading = found.catch(() => {});
    return found;
  }

  private schedule(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.due) return;
    if (this.timer) clearTimeout(this.timer);
    this.due = at;
    this.timer = setTimeout(() => void this.look(), ms);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    this.looking = true;
    try {
      await this.read();
    } catch {
      // The ledger is closed or cannot be read just now: nothing is known, so nothing has ended.
    } finally {
      this.looking = false;
      this.due = Number.POSITIVE_INFINITY;
      this.schedule(this.again ? AFTER_NEWS_MS : BY_ITSELF_MS);
      this.again = false;
    }
  }

  private tell(found: Problem[]): void {
    const before = this.known;
    this.known = new Map(found.map((problem) => [problem.key, problem]));
    const changes: ProblemChange[] = [];
    for (const problem of found) {
      const old = before.get(problem.key);
      if (!old) changes.push({ change: 'started', problem });
      else if (problem.count > old.count) changes.push({ change: 'grew', problem });
    }
    for (const [key, problem] of before) if (!this.known.has(key)) changes.push({ change: 'ended', problem });
    const shrank = found.some((problem) => problem.count < (before.get(problem.key)?.count ?? 0));
    if (changes.length > 0 || shrank) for (const listener of this.listeners) listener(changes, found);
  }
}

/** The one watch of the process. */
export const problemWatch = (): ProblemWatch => shared('problem-watch', () => new ProblemWatch(() => listProblems()));
