/**
 * The SQLite ledger as plain synchronous operations on one file, run in groups: a group is one transaction and one sync.
 * The worker runs it behind messages; tests that replay faults run it directly under their own clock.
 */
import { existsSync } from 'node:fs';
import { type ShelfwireError, StorageError, toShelfwireError } from '../../errors';
import type { Ledger, LedgerInfo, LedgerKind } from '../ledger';
import { activity, pace } from './activity';
import { retryItems, sendAgain } from './again';
import { recordBySender } from './by-sender';
import { change, changes, settingsOf } from './changes';
import { type Clock, Context, type News } from './context';
import { callBack, giveBack, recall } from './giveback';
import { holdAll, originOf, wordsOf } from './hold';
import * as incoming from './incoming';
import { items } from './item-list';
import { defineOutlets, resumeUpToDate, setPaused, summaries } from './outlets';
import { problems } from './problems';
import { prune } from './prune';
import { startPush } from './pushes';
import * as queries from './queries';
import { linkCode } from './record';
import { replay } from './replay';
import * as search from './search';
import { beginSend, claim, renew } from './send';
import { dropped, refuse, settle } from './settle';
import { due, take, takeInTurn } from './take';

/** The operations by name: what the client may ask for. */
const OPERATIONS = {
  record: recordBySender,
  replay,
  link: (ctx, links) => {
    for (const link of links) linkCode(ctx, link);
    return links.length;
  },
  defineOutlets,
  setPaused,
  startPush: (ctx, start) => {
    resumeUpToDate(ctx);
    return startPush(ctx, start);
  },
  take,
  takeInTurn,
  due: (ctx) => {
    resumeUpToDate(ctx);
    return due(ctx);
  },
  claim,
  renew,
  beginSend,
  settle,
  refuse,
  dropped,
  giveBack,
  recall,
  retryItems,
  sendAgain,
  counts: queries.counts,
  outlets: summaries,
  pushes: queries.pushes,
  push: queries.push,
  items,
  story: queries.story,
  findItems: search.findItems,
  request: search.request,
  pushedItems: search.pushedItems,
  refused: incoming.refused,
  incoming: incoming.incoming,
  senders: incoming.senders,
  problems,
  feed: queries.feed,
  getSetting: (ctx, name) =>
    (ctx.db.get('SELECT value FROM settings WHERE name = ?', name)?.value as string | undefined) ?? null,
  setSetting: (ctx, name, value) => {
    ctx.db.run(
      'INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  },
  settingsOf,
  change,
  changes,
  activity,
  pace,
  writable: (ctx) => {
    ctx.db.setMeta('probe', String(ctx.now()));
    return true;
  },
  prune,
} satisfies {
  [Name in Operation]: (ctx: Context, ...args: Parameters<Ledger[Name]>) => Awaited<ReturnType<Ledger[Name]>>;
};

export type Operation = Exclude<keyof Ledger, 'info' | 'on' | 'off' | 'close'>;
export const OPERATION_NAMES = Object.keys(OPERATIONS) as Operation[];

export interface Call {
  name: Operation;
  args: unknown[];
}
export type Reply = { ok: true; value: unknown } | { ok: false; code: string; message: string; retryable: boolean };

const SQLITE_BUSY = 5;
const CLOCK_TOLERANCE_MS = 60_000;

export class Engine {
  private readonly ctx: Context;

  /** @param follows id of the ledger that this process had open until its thread ended: its leases are still held here */
  constructor(file: string, kind: LedgerKind, clock: Clock, follows: string | null = null) {
    if (follows !== null && !existsSync(file)) throw gone(file);
    this.ctx = new Context(file, kind, clock);
    if (follows !== null && follows !== this.info.id) {
      this.close();
      throw gone(file);
    }
    try {
      this.ctx.transaction(() => this.recover(follows === null));
    } catch (thrown) {
      this.close();
      throw thrown;
    }
    this.ctx.takeNews();
  }

  get info(): LedgerInfo {
    return { ...this.ctx.db.info, held: this.ctx.hold && wordsOf(this.ctx.hold) };
  }

  /** Runs a group in one transaction. If one of them fails, each runs alone, so that it fails alone. */
  run(calls: Call[]): { replies: Reply[]; news: News } {
    try {
      const replies = this.ctx.transaction(() => calls.map((call): Reply => ({ ok: true, value: this.call(call) })));
      return { replies, news: this.ctx.takeNews() };
    } catch (thrown) {
      if (calls.length === 1 || isLocked(thrown))
        return { replies: calls.map(() => failed(thrown)), news: this.ctx.takeNews() };
    }
    const replies: Reply[] = [];
    const news: News = { changed: [], settled: [], finished: [], requests: [] };
    for (const call of calls) {
      try {
        replies.push({ ok: true, value: this.ctx.transaction(() => this.call(call)) });
      } catch (thrown) {
        replies.push(failed(thrown));
      }
      const each = this.ctx.takeNews();
      news.changed.push(...each.changed);
      news.settled.push(...each.settled);
      news.finished.push(...each.finished);
      news.requests.push(...each.requests);
    }
    return { replies, news };
  }

  /** Whether the file's content was found sound before it was opened. */
  get examined(): boolean {
    return this.ctx.db.examined;
  }

  /** The file was found to be damaged: nothing is read or written any more. */
  condemn(): void {
    this.ctx.db.condemn();
  }

  close(): void {
    this.ctx.db.close();
  }

  private call({ name, args }: Call): unknown {
    const operation = OPERATIONS[name] as (ctx: Context, ...args: unknown[]) => unknown;
    return operation(this.ctx, ...args);
  }

  /** Leases of a process that is gone: what had left is unanswered, everything else is waiting again. */
  private recover(ofAnother: boolean): void {
    const origin = originOf(this.ctx);
    if (!ofAnother && origin === null) return;
    // A clock that was set back must not keep an outlet silent until it has caught up.
    const latest = this.ctx.db.get(
      `SELECT max(at) AS at FROM (SELECT * FROM (SELECT received_at AS at FROM events ORDER BY id DESC LIMIT 1)
         UNION ALL SELECT * FROM (SELECT sent_at FROM chunks ORDER BY seq DESC LIMIT 1))`,
    )?.at;
    if (Number(latest ?? 0) > this.ctx.now() + CLOCK_TOLERANCE_MS) {
      for (const outlet of this.ctx.outletsById.values()) this.ctx.updateOutlet(outlet, { not_before: null });
    }
    for (const lease of this.ctx.db.all('SELECT * FROM leases')) {
      callBack(this.ctx, this.ctx.outletsById.get(lease.outlet as number)!, lease);
    }
    this.ageAnew();
    if (origin !== null) holdAll(this.ctx, origin);
  }

  /**
   * How old a request without an answer is cannot be told across a restart, since the clock may have been set: it counts
   * from now. That it has ended with its process is said as well, or its own repetition would wait for it.
   */
  private ageAnew(): void {
    const now = this.ctx.steady();
    this.ctx.db.run(
      "UPDATE chunks SET sent_at = ?, unanswered_at = ?, finished_at = ? WHERE status IN ('sending', 'unknown') AND status = 'unknown'",
      now,
      now,
      now,
    );
  }
}

function gone(file: string): StorageError {
  return new StorageError(
    'ledger_gone',
    `The ledger ${file} is not there any more, or it is another one. Nothing new was made in its place. Put it back, or start Node-RED again to use what is there.`,
  );
}

/** Another program holds the file: if each call waited for it in turn, senders would be answered after minutes. */
function isLocked(thrown: unknown): boolean {
  const { errcode } = ((thrown as Error).cause ?? {}) as { errcode?: number };
  return ((errcode ?? 0) & 0xff) === SQLITE_BUSY;
}

function failed(thrown: unknown): Reply {
  const { code, message, retryable }: ShelfwireError = toShelfwireError(thrown);
  return { ok: false, code, message, retryable };
}
