/**
 * What the parts of the SQLite ledger share during a transaction: the database, the clock, the outlets (kept in memory,
 * since every event asks for them), and what is to be told after the commit.
 */
import { randomUUID } from 'node:crypto';
import { InvalidInputError } from '../../errors';
import type { EventCounts, LedgerKind, OutletField, PushRecord, Reach, SettledRequest } from '../ledger';
import { Database, type Row } from './database';
import type { Hold } from './hold';
import { Ids } from './ids';

export const STATE = { in_sync: 0, waiting: 1, sending: 2, held: 3, refused: 4, incomplete: 5, unanswered: 6 } as const;
export type State = (typeof STATE)[keyof typeof STATE];
/** The column of `outlets` that counts a state; what waits for an outcome counts as waiting. */
const COUNTED = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete', 'waiting'] as const;

const EVENT_COUNTS = ['received', 'accepted', 'duplicate', 'stale', 'refused'] as const;

export interface Outlet {
  id: number;
  key: string;
  owner: string;
  platform: string;
  store_id: string;
  name: string;
  enabled: boolean;
  paused: boolean;
  /** `user:<name>`, or `restore`; null while it is not paused. */
  paused_by: string | null;
  fields: OutletField[];
  threshold: string;
  /** Row of `endpoints`; null while a variable of the address is not set. */
  endpoint: number | null;
  concurrency: number;
  timeout: number;
  mapping: string | null;
  mapping_changed: boolean;
  reach: Reach;
  reach_message: string | null;
  failures: number;
  not_before: number | null;
  last_success_at: number | null;
  lost_leases: number;
  /** Streak of isolated refusals with one answer: `{signature, items}` as JSON. */
  isolated: string | null;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** The same scale, but never set back or forward while the process lives: for leases and waiting times. */
  steady(): number;
  /** An id nobody can guess or meet twice. Those made later sort later: an index of them grows at its end, not everywhere. */
  id(): string;
}

/** Counts on, whatever the wall clock does; the same for all threads of a machine. */
const monotonic = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** What the steady clock counts from when it starts at what the wall clock says now. */
export const monotonicOrigin = (): number => Date.now() - monotonic();

export const clockFrom = (origin: number): Clock => ({
  now: () => Date.now(),
  steady: () => Math.round(origin + monotonic()),
  id: () => Date.now().toString(36) + randomUUID().replaceAll('-', '').slice(12),
});

/** What the outside learns once the transaction is committed. */
export interface News {
  changed: string[];
  settled: string[];
  finished: PushRecord[];
  requests: SettledRequest[];
}

export class Context {
  readonly db: Database;
  readonly clock: Clock;
  readonly outletsByKey = new Map<string, Outlet>();
  readonly outletsById = new Map<number, Outlet>();
  readonly outletsByStore = new Map<string, Outlet[]>();
  readonly stores = new Ids();
  readonly senders = new Ids();
  readonly changed = new Set<string>();
  readonly settled = new Set<string>();
  finished: PushRecord[] = [];
  requests: SettledRequest[] = [];
  /** By outlet: requests in a row without a good answer. Not stored: what it leads to (reach, not_before) is. */
  readonly misses = new Map<number, number>();
  /** By push that is under way: how often its messages came back since anything of it was settled, and the last message that was out then. Not stored: a start is a new chance. */
  readonly rounds = new Map<number, { settled: number; last: number; times: number }>();
  /** The ledger may be older than what the platforms have; null = it is not. */
  hold: Hold | null = null;
  /** By outlet: the first item that was not told anew since. */
  readonly oldItems = new Map<number, number>();
  private change = 0;
  private readonly tally = new Map<number, Map<string, number>>();
  /** By sender. */
  private readonly events = new Map<number, EventCounts>();

  constructor(file: string, kind: LedgerKind, clock: Clock) {
    this.clock = clock;
    this.db = new Database(file, kind, clock.now());
    try {
      this.reload();
    } catch (thrown) {
      this.db.close();
      throw thrown;
    }
  }

  /** @throws InvalidInputError `unknown_outlet` */
  outletNamed(key: string): Outlet {
    const outlet = this.outletsByKey.get(key);
    if (outlet) return outlet;
    throw new InvalidInputError(
      'unknown_outlet',
      `There is no outlet ${key}. Add it to the table of outlets and deploy.`,
    );
  }

  now(): number {
    return this.clock.now();
  }

  steady(): number {
    return this.clock.steady();
  }

  /** Numbers the changes of wants: what waits longest has the smallest. */
  nextChange(): number {
    this.change += 1;
    return this.change;
  }

  get lastChange(): number {
    return this.change;
  }

  countState(outlet: Outlet, from: State | null, to: State | null, items = 1): void {
    const counts = this.tally.get(outlet.id) ?? new Map<string, number>();
    this.tally.set(outlet.id, counts);
    if (from !== null) counts.set(COUNTED[from], (counts.get(COUNTED[from]) ?? 0) - items);
    if (to !== null) counts.set(COUNTED[to], (counts.get(COUNTED[to]) ?? 0) + items);
  }

  countEvents(sender: number, counts: EventCounts): void {
    const sum = this.events.get(sender);
    if (sum) for (const name of EVENT_COUNTS) sum[name] += counts[name];
    else this.events.set(sender, { ...counts });
  }

  updateOutlet(outlet: Outlet, changes: Partial<Omit<Outlet, 'id' | 'key' | 'fields'>>): void {
    const different = Object.entries(changes).filter(([column, value]) => outlet[column as keyof Outlet] !== value);
    if (different.length === 0) return;
    this.db.run(
      `UPDATE outlets SET ${different.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`,
      ...different.map(([, value]) => (typeof value === 'boolean' ? Number(value) : (value as string | number | null))),
      outlet.id,
    );
    Object.assign(outlet, changes);
  }

  setHold(hold: Hold | null): void {
    this.hold = hold;
    this.oldItems.clear();
    if (hold) this.db.setMeta('hold', JSON.stringify(hold));
    else this.db.run("DELETE FROM meta WHERE key = 'hold'");
  }

  /** Runs an operation; what it kept in memory is undone with it when it fails. */
  transaction<T>(work: () => T): T {
    try {
      return this.db.transaction(() => {
        const result = work();
        this.flush();
        return result;
      });
    } catch (thrown) {
      this.reload();
      throw thrown;
    }
  }

  takeNews(): News {
    const news: News = {
      changed: [...this.changed],
      settled: [...this.settled],
      finished: this.finished,
      requests: this.requests,
    };
    this.changed.clear();
    this.settled.clear();
    this.finished = [];
    this.requests = [];
    return news;
  }

  private flush(): void {
    for (const [outlet, counts] of this.tally) {
      const moved = [...counts].filter(([, by]) => by !== 0);
      if (moved.length === 0) continue;
      const set = moved.map(([column]) => `${column} = ${column} + ?`).join(', ');
      this.db.run(`UPDATE outlets SET ${set} WHERE id = ?`, ...moved.map(([, by]) => by), outlet);
    }
    this.tally.clear();
    for (const [sender, { received, accepted, duplicate, stale, refused }] of this.events) {
      this.db.run(
        'UPDATE senders SET received = received + ?, accepted = accepted + ?, duplicate = duplicate + ?, stale = stale + ?, refused = refused + ? WHERE id = ?',
        received,
        accepted,
        duplicate,
        stale,
        refused,
        sender,
      );
    }
    this.events.clear();
    if (String(this.change) !== this.storedChange) {
      this.storedChange = String(this.change);
      this.db.setMeta('change', this.storedChange);
    }
  }

  private storedChange = '0';

  reload(): void {
    this.takeNews();
    this.tally.clear();
    this.events.clear();
    this.stores.forget();
    this.senders.forget();
    this.storedChange = this.db.meta('change') ?? '0';
    this.change = Number(this.storedChange);
    this.hold = JSON.parse(this.db.meta('hold') ?? 'null') as Hold | null;
    this.oldItems.clear();
    this.outletsByKey.clear();
    this.outletsById.clear();
    this.outletsByStore.clear();
    for (const row of this.db.all('SELECT * FROM outlets')) this.cacheOutlet(outletOf(row));
  }

  cacheOutlet(outlet: Outlet): void {
    this.outletsByKey.set(outlet.key, outlet);
    this.outletsById.set(outlet.id, outlet);
    this.outletsByStore.set(outlet.store_id, [...(this.outletsByStore.get(outlet.store_id) ?? []), outlet]);
  }
}

function outletOf(row: Row): Outlet {
  return {
    ...(row as unknown as Outlet),
    enabled: row.enabled === 1,
    paused: row.paused === 1,
    mapping_changed: row.mapping_changed === 1,
    fields: String(row.fields).split(',') as OutletField[],
  };
}
