/**
 * The outlets of all open ledgers, each once. When an account was moved to another ledger, the one before still knows its
 * outlets, switched off, for as long as something else keeps that open: then the ledger of their node tells.
 */
import type { Ledger, OutletSummary } from '../core/ledger/ledger';
import { openLedgers } from './ledgers';
import { nodeOfOutlet } from './outlets';

export interface OutletInLedger {
  ledger: Ledger;
  summary: OutletSummary;
}

const outletsOf = async (ledger: Ledger): Promise<OutletInLedger[]> =>
  (await ledger.outlets()).map((summary) => ({ ledger, summary }));

export async function everyOutlet(): Promise<OutletInLedger[]> {
  return oncePerId((await Promise.all(openLedgers().map(outletsOf))).flat());
}

/**
 * One of them, also while another ledger cannot be read.
 *
 * @returns undefined when there is none
 */
export async function oneOutlet(id: string): Promise<OutletInLedger | undefined> {
  const asked = await Promise.allSettled(openLedgers().map(outletsOf));
  const all = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [found] = await oncePerId(all.filter(({ summary }) => summary.id === id));
  const failed = asked.find((answer) => answer.status === 'rejected');
  if (!found && failed) throw failed.reason;
  return found;
}

async function oncePerId(all: OutletInLedger[]): Promise<OutletInLedger[]> {
  const found = new Map<string, OutletInLedger>();
  for (const each of all) {
    const { id } = each.summary;
    const other = found.get(id);
    if (!other || (await isRather(each, other))) found.set(id, each);
  }
  return [...found.values()];
}

async function isRather(each: OutletInLedger, other: OutletInLedger): Promise<boolean> {
  if (each.summary.enabled !== other.summary.enabled) return each.summary.enabled;
  const own = await nodeOfOutlet(each.summary.id)
    ?.ledger()
    .catch(() => null);
  return own === each.ledger;
}
