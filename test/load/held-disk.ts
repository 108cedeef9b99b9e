/**
 * A disk that stands still now and then, as under a backup or another program: a thread of its own holds the ledger's
 * write lock, since a busy sender would let go too late.
 */
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Well below the second that the ledger waits for a lock before it refuses. */
const HELD_MS = 500;
const FREE_MS = 2_000;

/** @returns a function that ends it */
export function holdNowAndThen(file: string): () => Promise<unknown> {
  const worker = new Worker(__filename, { workerData: { hold: file } });
  return () => worker.terminate();
}

function hold(file: string): void {
  const other = new DatabaseSync(file);
  other.exec('PRAGMA busy_timeout = 5000');
  setInterval(() => {
    other.exec('BEGIN IMMEDIATE');
    setTimeout(() => other.exec('ROLLBACK'), HELD_MS);
  }, FREE_MS);
}

const asked = workerData as { hold?: string } | null;
if (!isMainThread && asked?.hold) hold(asked.hold);
