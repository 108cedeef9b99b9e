/** What `shelfwire-ledger check` tells: whether the file is sound, and both sums of the promises, read in one transaction. */
import type { DatabaseSync } from 'node:sqlite';
import { toShelfwireError } from '../../errors';
import { type EventCounts, ITEM_STATES, type StateCounts } from '../ledger';
import { checkSchema } from './verify';

export interface LedgerReport {
  /** In words; none = it is sound. */
  problems: string[];
  schema: number | null;
  kind: string | null;
  events: EventCounts | null;
  outlets: { outlet: string; name: string; paused: boolean; items: number; counts: StateCounts }[];
}

const EVENTS =
  'SELECT coalesce(sum(received), 0) AS received, coalesce(sum(accepted), 0) AS accepted, coalesce(sum(duplicate), 0) AS duplicate, coalesce(sum(stale), 0) AS stale, coalesce(sum(refused), 0) AS refused FROM senders';
/** By outlet, as the rows are; state 6 waits for the outcome of a request. */
const ITEMS = `SELECT count(*) AS total, sum(state = 0) AS in_sync, sum(state IN (1, 6)) AS waiting, sum(state = 2) AS sending, sum(state = 3) AS held,
  sum(state = 4) AS refused, sum(state = 5) AS incomplete FROM outlet_items WHERE outlet = ?`;

/** @param db a connection of its own; a ledger in use is read as it is at one moment */
export function reportOn(file: string, db: DatabaseSync): LedgerReport {
  const report: LedgerReport = { problems: [], schema: null, kind: null, events: null, outlets: [] };
  try {
    db.exec('PRAGMA busy_timeout = 5000; BEGIN');
    checkSchema(file, db);
    report.schema = Number(db.prepare('PRAGMA user_version').get()!.user_version);
    report.kind = String(db.prepare("SELECT value FROM meta WHERE key = 'kind'").get()?.value);
    const damage = db.prepare('PRAGMA integrity_check(10)').all();
    report.problems = damage.map((row) => String(row.integrity_check)).filter((text) => text !== 'ok');
    if (report.problems.length === 0) addSums(db, report);
  } catch (thrown) {
    report.problems.push(toShelfwireError(thrown).message);
  }
  return report;
}

function addSums(db: DatabaseSync, report: LedgerReport): void {
  report.events = { ...db.prepare(EVENTS).get()! } as unknown as EventCounts;
  for (const { name } of db
    .prepare('SELECT name FROM senders WHERE received <> accepted + duplicate + stale + refused')
    .all())
    report.problems.push(`The events of ${name} do not add up.`);
  const counted = db.prepare(ITEMS);
  const held = db.prepare('SELECT count(*) AS n FROM items i JOIN stores s ON s.id = i.store WHERE s.store_id = ?');
  for (const outlet of db.prepare('SELECT * FROM outlets ORDER BY key').all()) {
    const actual = counted.get(outlet.id!)!;
    const counts = Object.fromEntries(ITEM_STATES.map((state) => [state, Number(outlet[state])])) as StateCounts;
    for (const state of ITEM_STATES) {
      const real = Number(actual[state] ?? 0);
      if (real !== counts[state])
        report.problems.push(
          `Outlet ${outlet.key}: ${counts[state]} items are counted as ${state}, there are ${real}.`,
        );
    }
    const items = Number(held.get(outlet.store_id!)!.n);
    if (items !== Number(actual.total))
      report.problems.push(`Outlet ${outlet.key}: its shop has ${items} items, the outlet ${actual.total}.`);
    report.outlets.push({
      outlet: String(outlet.key),
      name: String(outlet.name),
      paused: outlet.paused === 1,
      items,
      counts,
    });
  }
}
