/**
 * Looks at the ledger after every commit, as another reader of the file, in one transaction: both sums, what belongs to
 * leases, and whether what is called in sync, incomplete or refused is.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Oracle, type Shown, shows, textOf } from './oracle';
import type { Sites } from './sites';

const STATES = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete', 'waiting'] as const;
const [IN_SYNC, SENDING, REFUSED, INCOMPLETE] = [0, 2, 4, 5];

interface ItemRow {
  outlet: string;
  sku: string;
  state: number;
  lease: number | null;
  s_price: string | null;
  s_status: number | null;
  s_quantity: string | null;
}

export class Watch {
  private readonly oracle: Oracle;
  private readonly sites: Sites;
  private database: DatabaseSync | null = null;
  private items!: StatementSync;
  private outlets!: StatementSync;
  private senders!: StatementSync;
  private leases!: StatementSync;
  private left!: StatementSync;

  constructor(oracle: Oracle, sites: Sites) {
    this.oracle = oracle;
    this.sites = sites;
  }

  open(file: string): void {
    const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
    this.database?.close();
    const database = new DatabaseSync(file, { readOnly: true });
    this.database = database;
    this.items = database.prepare(
      'SELECT o.key AS outlet, i.sku, r.state, r.lease, r.s_price, r.s_status, r.s_quantity FROM outlet_items r JOIN outlets o ON o.id = r.outlet JOIN items i ON i.id = r.item',
    );
    this.outlets = database.prepare('SELECT * FROM outlets');
    this.senders = database.prepare(
      'SELECT sum(received) AS received, sum(accepted) AS accepted, sum(duplicate) AS duplicate, sum(stale) AS stale, sum(refused) AS refused FROM senders',
    );
    this.leases = database.prepare(
      'SELECT l.id, l.remaining, (SELECT count(*) FROM outlet_items r WHERE r.lease = l.id) AS held FROM leases l',
    );
    this.left = database.prepare(
      "SELECT (SELECT count(*) FROM pushes WHERE finished_at IS NULL) + (SELECT count(*) FROM leases) + (SELECT count(*) FROM chunks WHERE status IN ('sending', 'unknown')) AS count",
    );
  }

  close(): void {
    this.database?.close();
    this.database = null;
  }

  /** @returns what is wrong */
  check(): string[] {
    if (!this.database) return [];
    this.database.exec('BEGIN');
    try {
      const rows = this.items.all() as unknown as ItemRow[];
      return [...this.sums(rows), ...this.leasesOf(rows), ...rows.flatMap((row) => this.item(row))];
    } finally {
      this.database.exec('COMMIT');
    }
  }

  states(): { outlet: string; sku: string; state: (typeof STATES)[number] }[] {
    const rows = this.items.all() as unknown as ItemRow[];
    return rows.map(({ outlet, sku, state }) => ({ outlet, sku, state: STATES[state]! }));
  }

  paused(): string[] {
    return this.outlets.all().flatMap(({ key, paused }) => (paused === 1 ? [key as string] : []));
  }

  /** Pushes, leases and requests that are not over. */
  unfinished(): number {
    return (this.left.get() as { count: number }).count;
  }

  private sums(rows: ItemRow[]): string[] {
    const problems: string[] = [];
    const { counts } = this.oracle;
    const told = this.senders.get() as Record<string, number | null>;
    for (const [name, count] of Object.entries(counts))
      if ((told[name] ?? 0) !== count) problems.push(`${told[name]} events ${name}, it should be ${count}`);
    for (const outlet of this.outlets.all()) {
      const own = rows.filter((row) => row.outlet === outlet.key);
      const skus = this.oracle.skus(outlet.store_id as string).length;
      if (own.length !== skus) problems.push(`${outlet.key} has ${own.length} items, it should have ${skus}`);
      for (const state of new Set(STATES)) {
        const count = own.filter((row) => STATES[row.state] === state).length;
        if (outlet[state] !== count)
          problems.push(`${outlet.key}: ${outlet[state]} are counted ${state}, ${count} are`);
      }
    }
    return problems;
  }

  private leasesOf(rows: ItemRow[]): string[] {
    const problems = this.leases
      .all()
      .filter(({ remaining, held }) => remaining !== held)
      .map(({ id, remaining, held }) => `lease ${id} counts ${remaining} items and holds ${held}`);
    for (const { outlet, sku, state, lease } of rows)
      if ((lease !== null) !== (state === SENDING))
        problems.push(`${outlet} ${sku}: state ${state} with lease ${lease}`);
    return problems;
  }

  private item(row: ItemRow): string[] {
    const { outlet, sku, state } = row;
    const wanted = this.oracle.wanted(outlet, sku);
    if (state === INCOMPLETE && wanted) return [`${outlet} ${sku} is called incomplete and is ${textOf(wanted)}`];
    if (state === REFUSED && !this.sites.mayBeRefused(outlet, sku))
      return [`${outlet} ${sku} is called refused and nobody refused it`];
    if (state === REFUSED && !(wanted && shows(sentOf(row), wanted)))
      return [`${outlet} ${sku} is called refused, but what was refused is ${textOf(sentOf(row))}`];
    if (state !== IN_SYNC || !this.sites.reliable) return [];
    const shown = this.sites.shown(outlet, sku);
    if (wanted && shows(shown, wanted)) return [];
    return [
      `${outlet} ${sku} is called in sync: the platform shows ${shown && textOf(shown)}, it should be ${wanted && textOf(wanted)}`,
    ];
  }
}

const sentOf = ({ s_price, s_status, s_quantity }: ItemRow): Shown => ({
  ...(s_price !== null && { selling_price: Number(s_price) }),
  ...(s_status !== null && { stock_status: s_status }),
  ...(s_quantity !== null && { quantity: Number(s_quantity) }),
});
