/** Looks into a ledger's file from outside, reading only, so that what is measured is not asked while it works. */
import { DatabaseSync } from 'node:sqlite';

/** Events by what became of them, over all senders. */
export interface EventTotals {
  received: number;
  accepted: number;
  duplicate: number;
  stale: number;
  refused: number;
}

export class LedgerFile {
  private readonly db: DatabaseSync;

  constructor(file: string) {
    this.db = new DatabaseSync(file, { readOnly: true });
  }

  events(): EventTotals {
    const sums = ['received', 'accepted', 'duplicate', 'stale', 'refused'].map((name) => `total(${name}) AS ${name}`);
    return { ...this.db.prepare(`SELECT ${sums} FROM senders`).get() } as unknown as EventTotals;
  }

  /** Rows of the events themselves. */
  rows(): number {
    return Number(this.db.prepare('SELECT count(*) AS n FROM events').get()!.n);
  }

  /** Items of a store's outlet in each state. */
  outlet(storeId: string): { in_sync: number; waiting: number; sending: number } {
    const row = this.db.prepare('SELECT in_sync, waiting, sending FROM outlets WHERE store_id = ?').get(storeId);
    return { ...row } as { in_sync: number; waiting: number; sending: number };
  }

  close(): void {
    this.db.close();
  }
}
