/**
 * The ledger as other code sees it: each call becomes part of the next group that the worker commits. While a group is
 * at the disk, the following calls gather, so that one sync serves them all; what may gather is bounded.
 */
import { EventEmitter } from 'node:events';
import { OverloadError, ShelfwireError, StorageError } from '../../errors';
import type { Ledger, LedgerEvents, LedgerInfo, LedgerKind, OutletSummary, RecordBatch, RecordResult } from '../ledger';
import { sumOf } from '../sum';
import type { News } from './context';
import { type Call, OPERATION_NAMES, type Operation, type Reply } from './engine';
import { measure } from './measure';
import { LedgerThread } from './thread';
import { Trouble } from './trouble';

/** Calls in one transaction: enough to make the sync cheap, few enough that a big feed does not keep a webhook waiting. */
const GROUP_EVENTS = 2_000;
/** Events that may wait for the disk; beyond, senders are asked to come again. */
const MAX_WAITING_EVENTS = 200_000;

interface Pending {
  call: Call;
  weight: number;
  /** When it was asked, on the clock of `performance`. */
  at: number;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** Opens (or makes) the file. @throws StorageError or ShelfwireError that says what is wrong with it */
export async function openLedger(options: { file: string; kind: LedgerKind }): Promise<Ledger> {
  const { thread, info } = await LedgerThread.open(options);
  return new WorkerLedger(thread, info) as unknown as Ledger;
}

class WorkerLedger {
  readonly info: LedgerInfo;
  private readonly thread: LedgerThread;
  private readonly events = new EventEmitter().setMaxListeners(0);
  private readonly waiting: Pending[] = [];
  private flying: Pending[] = [];
  private waitingEvents = 0;
  private closed = false;
  private readonly trouble = new Trouble(
    () => this.ask('writable', []),
    (error) => this.events.emit('interrupted', error),
    () => void this.resume(),
  );

  constructor(thread: LedgerThread, info: LedgerInfo) {
    this.thread = thread;
    this.info = info;
    thread.watch({
      answered: (replies, news) => this.answered(replies, news),
      ended: (cause) => this.ended(cause),
      back: () => void this.resume(),
    });
    for (const name of OPERATION_NAMES) {
      (this as Record<string, unknown>)[name] = (...args: unknown[]) => this.ask(name, args);
    }
    Object.assign(this, {
      record: (batch: RecordBatch) =>
        batch.events.length <= GROUP_EVENTS ? this.ask('record', [batch]) : this.recordInPieces(batch),
    });
  }

  /** A big feed goes in pieces, so that other senders' events are committed in between. */
  private async recordInPieces(batch: RecordBatch): Promise<RecordResult> {
    const results: RecordResult[] = [];
    for (let from = 0; from < batch.events.length; from += GROUP_EVENTS) {
      const { refusals: _, links: __, raw, senders, ...rest } = batch;
      const piece: RecordBatch = {
        ...rest,
        events: batch.events.slice(from, from + GROUP_EVENTS),
        ...(senders && { senders: senders.slice(from, from + GROUP_EVENTS) }),
        indexes: Array.from(
          { length: Math.min(GROUP_EVENTS, batch.events.length - from) },
          (_unused, i) => batch.indexes?.[from + i] ?? from + i,
        ),
        ...(from === 0 ? { refusals: batch.refusals ?? [], links: batch.links ?? [] } : {}),
        // The original is kept once, with the first piece that needs it.
        ...(raw && results.every(({ refused }) => refused === 0) ? { raw } : {}),
      };
      results.push((await this.ask('record', [piece])) as RecordResult);
    }
    return sumOf(results);
  }

  private ask(name: Operation, args: unknown[]): Promise<unknown> {
    if (this.closed)
      return Promise.reject(
        new StorageError('ledger_closed', 'The ledger is closed. Nothing was recorded; try again after the restart.'),
      );
    if (this.thread.down) return Promise.reject(interrupted(this.thread.down));
    const weight = name === 'record' ? Math.max(1, (args[0] as RecordBatch).events.length) : 1;
    if (name === 'record' && this.waitingEvents > 0 && this.waitingEvents + weight > MAX_WAITING_EVENTS) {
      return Promise.reject(
        new OverloadError(
          'More arrives than the disk can take. Nothing of this was recorded; send it again in a moment.',
          2,
        ),
      );
    }
    this.waitingEvents += weight;
    return new Promise((resolve, reject) => {
      this.waiting.push({ call: { name, args }, weight, at: performance.now(), resolve, reject });
      // The calls of one turn of the event loop go together.
      if (this.waiting.length === 1 && this.flying.length === 0) setImmediate(() => this.fly());
    });
  }

  private fly(): void {
    if (this.flying.length > 0 || this.waiting.length === 0) return;
    let weight = 0;
    let count = 0;
    while (count < this.waiting.length && (count === 0 || weight + this.waiting[count]!.weight <= GROUP_EVENTS)) {
      weight += this.waiting[count]!.weight;
      count += 1;
    }
    this.flying = this.waiting.splice(0, count);
    try {
      this.thread.post(this.flying.map(({ call }) => call));
    } catch (thrown) {
      // Something in a call cannot be sent to a thread (a function in a message): that call fails, the others go.
      this.sendOneByOne(thrown);
    }
  }

  private sendOneByOne(thrown: unknown): void {
    const sound: Pending[] = [];
    for (const pending of this.flying) {
      try {
        structuredClone(pending.call);
        sound.push(pending);
      } catch {
        this.waitingEvents -= pending.weight;
        pending.reject(
          new ShelfwireError(
            'not_storable',
            `The message has something that is no data: ${thrown instanceof Error ? thrown.message : thrown}`,
          ),
        );
      }
    }
    this.flying = sound;
    if (sound.length > 0) this.thread.post(sound.map(({ call }) => call));
    else this.fly();
  }

  private answered(replies: Reply[], news: News): void {
    const settled = this.flying;
    this.flying = [];
    replies.forEach((reply, index) => {
      const pending = settled[index]!;
      this.waitingEvents -= pending.weight;
      if (reply.ok) pending.resolve(reply.value as never);
      else if (reply.retryable) {
        const error = new StorageError(reply.code, reply.message);
        this.trouble.failed(error);
        pending.reject(error);
      } else pending.reject(new ShelfwireError(reply.code, reply.message));
    });
    this.fly();
    if (news.changed.length > 0) this.events.emit('changed', [...new Set(news.changed)]);
    for (const outlet of new Set(news.settled)) this.events.emit('settled', outlet);
    for (const push of news.finished) this.events.emit('pushFinished', push);
    const measured = this.events.listenerCount('measured') > 0 ? measure(settled, replies, news) : null;
    if (measured) this.events.emit('measured', measured);
    if (this.events.listenerCount('committed') > 0)
      this.events.emit('committed', [...new Set(settled.map(({ call }) => call.name))]);
  }

  /** What was at the disk may be stored or not: who asks again learns it. */
  private ended(cause: Error): void {
    const lost = [...this.flying, ...this.waiting];
    this.flying = [];
    this.waiting.length = 0;
    this.waitingEvents = 0;
    const error = interrupted(cause);
    for (const pending of lost) pending.reject(error);
    if (!this.closed) this.events.emit('interrupted', error);
  }

  /** News of the last commits may have been lost with the thread: whoever waits for some is told to look. */
  private async resume(): Promise<void> {
    this.events.emit('resumed');
    try {
      const outlets = (await this.ask('outlets', [])) as OutletSummary[];
      const changed = outlets.filter(({ counts }) => counts.waiting > 0).map(({ id }) => id);
      if (changed.length > 0) this.events.emit('changed', changed);
      for (const { id } of outlets) this.events.emit('settled', id);
    } catch {
      // It ended once more: the next one tells.
    }
  }

  on<E extends keyof LedgerEvents>(event: E, listener: LedgerEvents[E]): void {
    this.events.on(event, listener);
  }

  off<E extends keyof LedgerEvents>(event: E, listener: LedgerEvents[E]): void {
    this.events.off(event, listener);
  }

  /** What was asked before is still done. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.trouble.close();
    while (this.flying.length > 0 || this.waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await this.thread.close();
  }
}

function interrupted(cause: Error): StorageError {
  return new StorageError(
    'ledger_interrupted',
    `The ledger has stopped (${cause.message}) and is opened again by itself. What is not acknowledged has to be sent again; nothing that was acknowledged is lost.`,
    { cause },
  );
}
