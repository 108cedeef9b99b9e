/** Which sync runs when: one at a time, a second wish for the same joins the first, and what waits is bounded. */
import { OverloadError } from '../../core/errors';

export type Job = { kind: 'all' } | { kind: 'changed' } | { kind: 'product'; id: string };

const MAX_WAITING = 1_000;

export class Jobs {
  private readonly run: (job: Job) => Promise<void>;
  private readonly known = new Map<string, { done: Promise<void>; started: boolean }>();
  private last: Promise<void> = Promise.resolve();

  constructor(run: (job: Job) => Promise<void>) {
    this.run = run;
  }

  /**
   * Resolves when the job has ended. `all` and `changed` join one that runs; a product joins only one that waits, since
   * a running one may have read it already.
   * @throws OverloadError
   */
  ask(job: Job): Promise<void> {
    const key = job.kind === 'product' ? `product ${job.id}` : job.kind;
    const same = this.known.get(key);
    if (same && (job.kind !== 'product' || !same.started)) return same.done;
    if (this.known.size >= MAX_WAITING)
      return Promise.reject(new OverloadError('Too many syncs are waiting. Ask again later, or sync all.', 60));
    const entry = { started: false, done: Promise.resolve() };
    const before = this.last;
    entry.done = (async () => {
      await before;
      entry.started = true;
      try {
        await this.run(job);
      } finally {
        if (this.known.get(key) === entry) this.known.delete(key);
      }
    })();
    this.known.set(key, entry);
    this.last = entry.done.catch(() => {});
    return entry.done;
  }
}
