/**
 * Ledgers that are open in this process: nodes that name one file share one database, and it outlives a deploy. A file
 * that no node names any more is closed after a while, when nothing that a closing node began can still need it. One that
 * cannot be opened (the process before is still ending) is tried again whenever somebody asks for it.
 */
import { resolve, sep } from 'node:path';
import { toShelfwireError } from '../core/errors';
import type { Ledger, LedgerKind } from '../core/ledger/ledger';
import { openLedger } from '../core/ledger/sqlite';
import { measureLedger } from './figures/figures';
import type { KnownLedgers } from './known-ledgers';
import { forgetLedger, registerLedger } from './ledgers';
import { shared } from './shared';

interface Entry {
  ledger: Promise<Ledger>;
  /** When opening failed, on the clock of `performance`; null = it did not. */
  failedAt: number | null;
  pause: number;
  current: Ledger | null;
  users: number;
  closing: NodeJS.Timeout | null;
}

const CLOSE_AFTER_MS = 20_000;
/** A file that could not be opened is not tried again sooner. */
const TRY_AGAIN_MS = 1_000;
/** One that stays as it is until somebody does something, and may take long to look at. */
const TRY_LATER_MS = 10_000;
const LASTING = new Set(['ledger_corrupt', 'ledger_newer', 'ledger_gone', 'not_a_ledger']);

const entries = () => shared('open-ledgers', () => new Map<string, Entry>());

/** Demo ledgers live in `SHELFWIRE_DATA/demo` and nowhere else. The mark of an existing file counts, wherever it is. */
export function kindOf(file: string): LedgerKind {
  const demo = resolve(process.env.SHELFWIRE_DATA || '.data', 'demo') + sep;
  return file.startsWith(demo) ? 'demo' : 'live';
}

/** Opens the file, or joins those who have it open. Give it back with `releaseLedger`. @param file absolute */
export function acquireLedger(
  file: string,
  known: KnownLedgers,
): { open(): Promise<Ledger>; current(): Ledger | null } {
  let entry = entries().get(file);
  if (!entry) {
    entry = {
      ledger: Promise.reject(),
      failedAt: Number.NEGATIVE_INFINITY,
      pause: TRY_AGAIN_MS,
      current: null,
      users: 0,
      closing: null,
    };
    entry.ledger.catch(() => undefined);
    entries().set(file, entry);
  }
  if (entry.closing) clearTimeout(entry.closing);
  entry.closing = null;
  entry.users += 1;
  const found = entry;
  return { open: () => opened(file, found, known), current: () => found.current };
}

async function openKnown(file: string, known: KnownLedgers): Promise<Ledger> {
  known.check(file);
  const ledger = await openLedger({ file, kind: kindOf(file) });
  known.remember(file);
  return ledger;
}

function opened(file: string, entry: Entry, known: KnownLedgers): Promise<Ledger> {
  const { failedAt } = entry;
  if (failedAt === null || performance.now() - failedAt < entry.pause || entry.users === 0) return entry.ledger;
  entry.failedAt = null;
  entry.ledger = openKnown(file, known);
  entry.ledger.then(
    (ledger) => {
      entry.current = ledger;
      registerLedger(ledger);
      measureLedger(ledger);
    },
    (thrown: unknown) => {
      entry.failedAt = performance.now();
      entry.pause = LASTING.has(toShelfwireError(thrown).code) ? TRY_LATER_MS : TRY_AGAIN_MS;
    },
  );
  return entry.ledger;
}

/** The ledger of this file when this process has it open. */
export function heldLedger(file: string): Ledger | null {
  return entries().get(file)?.current ?? null;
}

/** @returns whether nobody uses it any more */
export function releaseLedger(file: string): boolean {
  const entry = entries().get(file);
  if (!entry) return true;
  entry.users -= 1;
  if (entry.users > 0) return false;
  entry.closing = setTimeout(() => {
    entries().delete(file);
    if (!entry.current) return;
    forgetLedger(entry.current);
    void entry.current.close();
  }, CLOSE_AFTER_MS);
  entry.closing.unref();
  return true;
}

/** Closes every ledger now: for tests, which leave nothing behind. */
export async function closeLedgers(): Promise<void> {
  for (const [file, entry] of entries()) {
    if (entry.closing) clearTimeout(entry.closing);
    entries().delete(file);
    const ledger = await entry.ledger.catch(() => null);
    if (!ledger) continue;
    forgetLedger(ledger);
    await ledger.close();
  }
}
