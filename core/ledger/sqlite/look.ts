/**
 * A look at a ledger's file from outside: SQLite's own quick check, in a thread of its own, since it reads the whole file,
 * and ended when it takes too long. The file may be in use.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface FileLook {
  /** `unreadable`: it could not be looked at, which says nothing about what is in it. */
  state: 'sound' | 'damaged' | 'unreadable' | 'unfinished';
  /** What SQLite says. */
  detail: string;
}

/** @param patience milliseconds. @param signal ends it, unfinished */
export function lookAt(file: string, patience: number, signal?: AbortSignal): Promise<FileLook> {
  return new Promise((resolve) => {
    const worker = new Worker(__filename, { workerData: { lookAt: file } });
    const timer = setTimeout(() => end({ state: 'unfinished', detail: '' }), patience);
    const end = (look: FileLook) => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(look);
    };
    signal?.addEventListener('abort', () => end({ state: 'unfinished', detail: '' }), { once: true });
    worker.once('message', end);
    worker.once('error', (error) => end({ state: 'unreadable', detail: error.message }));
  });
}

function check(file: string): FileLook {
  // Node 22 announces the module as experimental.
  process.removeAllListeners('warning');
  process.emitWarning = () => undefined;
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const said = db
      .prepare('PRAGMA quick_check(3)')
      .all()
      .map((row) => String(row.quick_check))
      .join(' ');
    return said === 'ok' ? { state: 'sound', detail: '' } : { state: 'damaged', detail: said.slice(0, 300) };
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return { state: isDamage(thrown) ? 'damaged' : 'unreadable', detail };
  } finally {
    db.close();
  }
}

/** SQLite's codes of a file that is corrupt, or no database. */
const isDamage = (thrown: unknown): boolean =>
  [11, 26].includes(((thrown as { errcode?: number }).errcode ?? 0) & 0xff);

const asked = workerData as { lookAt?: string } | null;
if (!isMainThread && asked?.lookAt) parentPort!.postMessage(check(asked.lookAt));
