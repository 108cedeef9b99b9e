/**
 * The worker thread that owns a ledger's file. When it ends by itself (out of memory, an error nobody foresaw) another
 * one is started, after a pause that grows: what was not answered is told, the rest of the process goes on meanwhile.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StorageError } from '../../errors';
import type { LedgerInfo, LedgerKind } from '../ledger';
import { monotonicOrigin, type News } from './context';
import type { Call, Reply } from './engine';
import { type PackedReply, pack, unpackReplies } from './parcel';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/**
 * What the thread allocates dies at once, and V8 keeps for it what it may: without this, 150 MB to no use (bench/profiles/memory.md).
 */
const YOUNG_MB = 12;
/** A thread that lived this long was well: the next pause is the first again. */
const WELL_MS = 60_000;

/** What the thread is started with. */
export interface ThreadData {
  file: string;
  kind: LedgerKind;
  /** Where the clock of leases counts from: one that follows another goes on with its leases. */
  origin: number;
  /** The ledger that the thread before had open: the file must still be that one, and its leases are held by this process. */
  follows: string | null;
}

export type ThreadMessage =
  | { opened: LedgerInfo }
  | { failed: { code: string; message: string } }
  | { closed: true }
  | { replies: PackedReply[]; news: News };

export interface ThreadWatcher {
  answered(replies: Reply[], news: News): void;
  /** It ended with all that it was asked and had not answered. */
  ended(cause: Error): void;
  /** Another one has taken over. */
  back(): void;
}

export class LedgerThread {
  /** Why nothing can be asked at the moment; null = it can. */
  down: Error | null = null;
  private readonly data: Omit<ThreadData, 'follows'>;
  private watcher: ThreadWatcher | null = null;
  private worker: Worker | null = null;
  private pause = FIRST_PAUSE_MS;
  private timer: NodeJS.Timeout | null = null;
  private starting: Promise<unknown> | null = null;
  private closing: (() => void) | null = null;
  private closed = false;

  private constructor(options: { file: string; kind: LedgerKind }) {
    this.data = { ...options, origin: monotonicOrigin() };
  }

  /** @throws StorageError that says what is wrong with the file */
  static async open(options: { file: string; kind: LedgerKind }): Promise<{ thread: LedgerThread; info: LedgerInfo }> {
    const thread = new LedgerThread(options);
    return { thread, info: await thread.start(null) };
  }

  watch(watcher: ThreadWatcher): void {
    this.watcher = watcher;
  }

  /** An idle ledger keeps no process alive; one with work does. @throws when a call holds something that is no data */
  post(calls: Call[]): void {
    this.worker!.ref();
    const parcel = pack(calls);
    this.worker!.postMessage(parcel, [parcel.originals]);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.starting?.catch(() => undefined);
    const { worker } = this;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      this.closing = resolve;
      worker.ref();
      worker.postMessage('close');
    });
  }

  private async start(follows: string | null): Promise<LedgerInfo> {
    const worker = new Worker(join(__dirname, 'worker.js'), {
      workerData: { ...this.data, follows } satisfies ThreadData,
      name: 'shelfwire-ledger',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      // What Node-RED was started with (--require, --inspect) is not for the worker.
      execArgv: [],
    });
    const info = await opened(worker);
    const since = performance.now();
    this.worker = worker;
    this.down = null;
    worker.unref();
    worker.on('message', (message: ThreadMessage) => {
      if ('closed' in message) this.closing?.();
      else if ('replies' in message) {
        this.worker?.unref();
        this.watcher?.answered(unpackReplies(message.replies), message.news);
      }
    });
    const ended = (cause: Error) => {
      if (this.worker !== worker) return;
      this.worker = null;
      this.closing?.();
      if (performance.now() - since > WELL_MS) this.pause = FIRST_PAUSE_MS;
      this.down = cause;
      this.watcher?.ended(cause);
      this.restart(info.id);
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(new Error('its thread ended')));
    return info;
  }

  private restart(id: string): void {
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.starting = this.start(id).then(
        () => this.watcher?.back(),
        (thrown: Error) => {
          this.down = thrown;
          this.restart(id);
        },
      );
    }, this.pause);
    this.timer.unref();
    this.pause = Math.min(LONGEST_PAUSE_MS, this.pause * 2);
  }
}

/** Resolves once the file is open. @throws StorageError that says why not */
function opened(worker: Worker): Promise<LedgerInfo> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) =>
      reject(new StorageError('ledger_not_opened', `The ledger could not be opened: ${cause.message}`, { cause }));
    worker.once('message', (message: ThreadMessage) => {
      if ('opened' in message) resolve(message.opened);
      else if ('failed' in message) reject(new StorageError(message.failed.code, message.failed.message));
    });
    worker.once('error', refuse);
    worker.once('exit', () => refuse(new Error('its thread ended')));
  });
}
