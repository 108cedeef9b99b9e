/**
 * Loaded into a tested Node-RED process (`--require`): lets a test end the process at a named point of the ledger's work
 * (see points.ts), set its clock, ask for pruning, and look at what it holds. Nothing of the product knows of it.
 */
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import threads, { isMainThread, type Worker, type WorkerOptions } from 'node:worker_threads';
import { shiftDate } from './clock';

interface Question {
  question: number;
  do: 'prune' | 'measure' | 'shift';
  keepDays?: number;
  by?: number;
}

interface PrunedLedger {
  prune(keepDays: number): Promise<number>;
}

/** Milliseconds by which the wall clock of all threads is wrong. */
const shift = new SharedArrayBuffer(8);

function watchThreads(): void {
  const Original = threads.Worker;
  class Watched extends Original {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      const ours = options.name === 'shelfwire-ledger';
      super(
        file,
        ours
          ? {
              ...options,
              execArgv: ['--require', join(__dirname, 'points.js')],
              workerData: { ...options.workerData, testShift: shift },
              // Small, so that a thread that runs out of memory does so soon.
              resourceLimits: { maxOldGenerationSizeMb: 128 },
            }
          : options,
      );
    }
  }
  threads.Worker = Watched as unknown as typeof Worker;
}

async function answer({ do: what, keepDays, by }: Question): Promise<unknown> {
  if (what === 'prune') return prune(keepDays!);
  if (what === 'measure') return measure();
  if (what === 'shift') {
    new Float64Array(shift)[0] = by!;
    return true;
  }
  throw new Error(`${what} is not known`);
}

/** What the ledger node does once an hour, now. */
async function prune(keepDays: number): Promise<number> {
  let removed = 0;
  for (const ledger of openLedgers()) {
    for (let piece = 1; piece > 0; ) {
      piece = await ledger.prune(keepDays);
      removed += piece;
    }
  }
  return removed;
}

function openLedgers(): PrunedLedger[] {
  const shared = (globalThis as { [key: symbol]: Map<string, unknown> | undefined })[Symbol.for('@shelfwire/shared')];
  return [...((shared?.get('ledgers-by-id') as Map<string, PrunedLedger> | undefined)?.values() ?? [])];
}

/** What a leak would make grow. */
function measure(): Record<string, number> {
  setFlagsFromString('--expose_gc');
  (runInNewContext('gc') as () => void)();
  const handles: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1;
  return { ...handles, listeners: listeners(), heap: process.memoryUsage().heapUsed, cpu: cpuTime() };
}

/** Milliseconds. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function listeners(): number {
  const util = require.resolve('@node-red/util', { paths: [process.argv[1]!] });
  const { events } = require(util) as { events: EventEmitter };
  const emitters: EventEmitter[] = [process, events];
  for (const ledger of openLedgers())
    for (const inside of Object.values(ledger)) if (inside instanceof EventEmitter) emitters.push(inside);
  return emitters.reduce(
    (sum, each) => sum + each.eventNames().reduce((of, name) => of + each.listenerCount(name), 0),
    0,
  );
}

if (isMainThread) {
  watchThreads();
  shiftDate(shift);
  process.on('message', (message: Question) => {
    if (message.question === undefined) return;
    answer(message).then(
      (reply) => process.send?.({ answer: message.question, reply }),
      (thrown: unknown) => process.send?.({ answer: message.question, error: String(thrown) }),
    );
  });
  const after = Number(process.env.TEST_KILL_AFTER_MS ?? 0);
  if (after > 0) setTimeout(() => process.kill(process.pid, 'SIGKILL'), after).unref();
}
