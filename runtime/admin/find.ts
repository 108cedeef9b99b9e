/** What the admin routes look up, and the limits of what they are asked. */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import type { Ledger, PushRecord } from '../../core/ledger/ledger';
import type { PushType } from '../../core/pushing/ticket';
import { everyOutlet, type OutletInLedger, oneOutlet } from '../every-outlet';
import { openLedgers } from '../ledgers';
import type { OfLedger } from './types';

/** The ledger that has the outlet. @throws ShelfwireError `unknown_outlet` */
export async function ledgerOfOutlet(id: string): Promise<OutletInLedger> {
  const found = await oneOutlet(id);
  if (found) return found;
  throw new ShelfwireError(
    'unknown_outlet',
    `There is no outlet ${id}. It may have been renamed or removed; reload the list.`,
  );
}

export function anyLedger(): Ledger {
  const ledger = openLedgers()[0];
  if (!ledger) throw new ShelfwireError('unknown_ledger', 'No ledger is open. Deploy a flow that has one.');
  return ledger;
}

/**
 * The ledger that somebody names, or the only one.
 *
 * @throws InvalidInputError `ledger_needed`: numbers and codes of one ledger mean something else in another
 */
export function ledgerNamed(id: unknown): Ledger {
  const ledgers = openLedgers();
  if (ledgers.length < 2 && !id) return anyLedger();
  const named = ledgers.find(({ info }) => info.id === id);
  if (named) return named;
  throw new InvalidInputError(
    'ledger_needed',
    'Several ledgers are open, and it is not said which of them is meant; or the one that is named is not open any more. Nothing was changed. Reload the list, or name the "ledger" that stands in its rows.',
    'ledger',
  );
}

/** Tells of several open ledgers which one it is. */
export const markOf = ({ info }: Ledger): OfLedger => (openLedgers().length > 1 ? { ledger: info.id } : {});

/** Ledgers in the order in which they are asked about a store: first the one to which its outlets belong. */
export async function ledgersOfStore(storeId: string): Promise<Ledger[]> {
  const ledgers = openLedgers();
  if (ledgers.length < 2) return ledgers;
  const own = (await everyOutlet())
    .filter(({ summary }) => summary.store_id === storeId)
    .sort((a, b) => Number(b.summary.enabled) - Number(a.summary.enabled));
  return [...new Set([...own.map(({ ledger }) => ledger), ...ledgers])];
}

export function limitOf(given: string | undefined, usual: number): number {
  if (!given) return usual;
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new InvalidInputError('limit_invalid', 'limit must be a whole number from 1 to 1000.', 'limit');
  return limit;
}

/** A push because somebody pressed a button. */
export function pushFor(ledger: Ledger, outlet: string, user: string, type: PushType = 'partial'): Promise<PushRecord> {
  return ledger.startPush({ outlet, type, trigger: 'manual', created_by: `user:${user}` });
}
