/**
 * Settings of an outlet that were changed without a deploy, laid over the table of outlets. The newest change wins: each
 * is kept with what the table said then, so a deploy that says something else by now is newer and ends it.
 */

/** A shop as the table of an outlets node says it. */
export interface OutletRow {
  store_id: string;
  name: string;
  push_enabled: boolean;
  auto: boolean;
  /** '' = the common one. */
  endpoint: string;
  /** Name of a key in the credentials, or `${NAME}`; '' = the shop's own key when there is one, else the common one. */
  keyRef: string;
  /** `keyRef` was a variable that Node-RED has replaced already: it is the key itself, and never shown. */
  keyGiven: boolean;
}

export type Switch = 'push_enabled' | 'auto';
export const SWITCHES: readonly Switch[] = ['push_enabled', 'auto'];

interface Laid<T> {
  value: T;
  /** What the table said; null = it had no such row. */
  was: boolean | null;
}

/** As it is stored, by outlet. */
export interface OutletChange {
  /** Id of the outlets node whose shop it is. */
  node: string;
  /** A branch that is in no table. */
  added?: { name: string };
  push_enabled?: Laid<boolean>;
  auto?: Laid<boolean>;
  /** Nothing is sent any more; everything known of it is kept. */
  closed?: Laid<true>;
  /** Sealed `OwnKey`. */
  key?: string;
}

/** A key that was entered here. */
export interface OwnKey {
  key: string;
  secret: string;
  /** Digest of the key that the table gave then. */
  was: string;
}

export interface LaidRow extends OutletRow {
  added: boolean;
  closed: boolean;
  /** What differs from the table because of a change here. */
  changed: string[];
}

/** A change that a deploy has ended. */
export interface Ended {
  store_id: string;
  what: string;
  /** The same as `new`: the table says by now what was changed here. */
  old: string | null;
  new: string | null;
}

export const word = (on: boolean): string => (on ? 'on' : 'off');

/** @param changes of this table's shops, by store */
export function layOver(
  table: readonly OutletRow[],
  changes: ReadonlyMap<string, OutletChange>,
): { rows: LaidRow[]; left: Map<string, OutletChange>; ended: Ended[] } {
  const chosen = new Map<string, OutletRow>();
  for (const row of table) {
    const other = chosen.get(row.store_id);
    if (!other || (row.push_enabled && !other.push_enabled)) chosen.set(row.store_id, row);
  }
  const left = new Map(changes);
  const ended: Ended[] = [];
  const rows = table.map((row): LaidRow => {
    const change = changes.get(row.store_id);
    if (!change || chosen.get(row.store_id) !== row) return { ...row, added: false, closed: false, changed: [] };
    const valid = stillValid(row, change, ended);
    if (Object.keys(valid).length > 1) left.set(row.store_id, valid);
    else left.delete(row.store_id);
    return laid(row, valid);
  });
  for (const [store_id, change] of changes) {
    if (chosen.has(store_id)) continue;
    if (change.added) {
      const { name } = change.added;
      const row = { store_id, name, push_enabled: false, auto: true, endpoint: '', keyRef: '', keyGiven: false };
      rows.push({ ...laid(row, change), added: true });
    } else {
      // The row was taken out of the table.
      left.delete(store_id);
      ended.push({ store_id, what: 'row', old: 'changed', new: null });
    }
  }
  return { rows, left, ended };
}

function laid(row: OutletRow, change: OutletChange): LaidRow {
  const closed = change.closed !== undefined;
  return {
    ...row,
    push_enabled: !closed && (change.push_enabled?.value ?? row.push_enabled),
    auto: change.auto?.value ?? row.auto,
    added: false,
    closed,
    changed: [...SWITCHES, 'closed' as const, 'key' as const].filter((name) => change[name] !== undefined),
  };
}

function stillValid(row: OutletRow, change: OutletChange, ended: Ended[]): OutletChange {
  const { added, ...valid } = change;
  if (added) ended.push({ store_id: row.store_id, what: 'added', old: added.name, new: row.name });
  for (const name of SWITCHES) {
    const laidOver = valid[name];
    if (!laidOver || laidOver.was === row[name]) continue;
    ended.push({ store_id: row.store_id, what: name, old: word(laidOver.value), new: word(row[name]) });
    delete valid[name];
  }
  if (valid.closed && valid.closed.was !== row.push_enabled) {
    ended.push({ store_id: row.store_id, what: 'closed', old: 'closed', new: word(row.push_enabled) });
    delete valid.closed;
  }
  return valid;
}
