/** What the admin routes look up, and the limits of what they are asked. */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import type { Ledger, OutletSummary, PushRecord } from '../../core/ledger/ledger';
import type { PushType } from '../../core/pushing/ticket';
import { openLedgers } from '../ledgers';

/** The ledger that knows the outlet. @throws ShelfwireError `unknown_outlet` */
export async function ledgerOfOutlet(id: string): Promise<{ ledger: Ledger; summary: OutletSummary }> {
  for (const ledger of openLedgers()) {
    const summary = (await ledger.outlets()).find((outlet) => outlet.id === id);
    if (summary) return { ledger, summary };
  }
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
