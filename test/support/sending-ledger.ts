/**
 * A ledger in memory that keeps leases, chunks and the streak of isolated refusals as the real one does, for tests of
 * what sends. Everything it is told is kept for assertions.
 */
import { randomUUID } from 'node:crypto';
import type {
  Answer,
  BeginSend,
  BeginSendResult,
  Ledger,
  LedgerKind,
  Outcome,
  SettleResult,
} from '../../core/ledger/ledger';
import type { Ticket, TicketEntry } from '../../core/pushing/ticket';

export type FakeState = 'sending' | 'confirmed' | 'refused' | 'waiting' | 'unknown';

interface FakeItem {
  sku: string;
  state: FakeState;
  lease: number;
  /** Set by a test: another value came meanwhile. */
  newer: boolean;
}

interface FakeChunk {
  id: string;
  items: number[];
  body: Uint8Array;
  key: string;
  status: 'sending' | 'unknown' | 'failed' | 'accepted' | 'split';
}

export class SendingLedger {
  readonly info: Ledger['info'];
  readonly items = new Map<number, FakeItem>();
  readonly chunks = new Map<string, FakeChunk>();
  readonly outcomes: { chunk: string; outcome: Outcome; answer: Answer }[] = [];
  readonly begun: BeginSend[] = [];
  readonly failures: unknown[] = [];
  readonly droppedEntries: TicketEntry[] = [];
  /** What beginSend answers instead of sending. */
  stop: string | null = null;
  renewals: { entries: TicketEntry[]; until: number }[] = [];
  private lease = 0;
  private isolated: { signature: string; items: Set<number> } = { signature: '', items: new Set() };

  constructor(kind: LedgerKind = 'live') {
    this.info = { id: randomUUID(), kind, schemaVersion: 1, createdAt: '2025-08-01T00:00:00.000Z', held: null };
  }

  /** Takes items as `take` does. */
  ticket(skus: string[], more: Partial<Ticket> = {}): Ticket {
    this.lease += 1;
    const entries = skus.map((sku) => {
      const item = this.items.size + 1;
      this.items.set(item, { sku, state: 'sending', lease: this.lease, newer: false });
      return { sku, item, version: 1, lease: this.lease };
    });
    return {
      id: 'p1',
      ledger: this.info.id,
      outlet: 'pasons:1',
      outlet_name: 'Marina',
      store_id: '1',
      platform: 'pasons',
      type: 'partial',
      trigger: 'manual',
      created_by: 'user:test',
      entries,
      ...more,
    };
  }

  /** SKUs by state. */
  states(): Record<FakeState, string[]> {
    const all: Record<FakeState, string[]> = { sending: [], confirmed: [], refused: [], waiting: [], unknown: [] };
    for (const { sku, state } of this.items.values()) all[state].push(sku);
    return all;
  }

  async beginSend(request: BeginSend): Promise<BeginSendResult> {
    this.begun.push(request);
    const { ticket } = request;
    const lost = ticket.entries.filter((entry) => !this.owns(entry)).map(({ item }) => item);
    if (this.stop !== null) {
      await this.giveBack(ticket);
      return { send: false, lost: ticket.entries.map(({ item }) => item), newer: [], stop: this.stop };
    }
    const old = ticket.chunk === undefined ? undefined : this.chunks.get(ticket.chunk);
    const newer = request.dropNewer ? ticket.entries.filter((entry) => this.items.get(entry.item)?.newer) : [];
    const repeat = old?.status === 'unknown';
    if (!repeat) for (const entry of newer) this.release(entry.item);
    if (lost.length > 0 || (!repeat && newer.length > 0))
      return { send: false, lost, newer: newer.map(({ item }) => item) };
    this.lease += 1;
    for (const { item } of ticket.entries) this.items.get(item)!.lease = this.lease;
    if (repeat) {
      const { body, key } = old;
      return { send: true, chunk: old.id, lease: this.lease, repeat: { body, idempotencyKey: key } };
    }
    const again = old?.key === request.idempotencyKey ? old : undefined;
    const chunk: FakeChunk = {
      id: again?.id ?? `c${this.chunks.size + 1}`,
      items: ticket.entries.map(({ item }) => item),
      body: request.body,
      key: request.idempotencyKey,
      status: 'sending',
    };
    this.chunks.set(chunk.id, chunk);
    return { send: true, chunk: chunk.id, lease: this.lease };
  }

  async settle(id: string, outcome: Outcome, answer: Answer): Promise<SettleResult> {
    this.outcomes.push({ chunk: id, outcome, answer });
    const chunk = this.chunks.get(id)!;
    const done: SettleResult = { fault: false, finished: null };
    switch (outcome.kind) {
      case 'accepted':
      case 'named': {
        const refused = new Set(outcome.refused.map(({ item }) => item));
        for (const item of chunk.items) {
          if (refused.has(item)) this.set(item, 'refused');
          else if (outcome.kind === 'accepted') this.set(item, 'confirmed');
        }
        chunk.status = outcome.kind === 'accepted' ? 'accepted' : 'failed';
        if (outcome.kind === 'accepted') this.isolated = { signature: '', items: new Set() };
        return done;
      }
      case 'split':
        chunk.status = 'split';
        return done;
      case 'isolated': {
        const { item, code, message } = outcome.refusal;
        this.set(item, 'refused');
        chunk.status = 'failed';
        if (outcome.proven) return done;
        const signature = `${answer.statusCode} ${code} ${message}`;
        if (this.isolated.signature !== signature) this.isolated = { signature, items: new Set() };
        this.isolated.items.add(item);
        if (this.isolated.items.size < 3) return done;
        for (const each of this.isolated.items) this.set(each, 'waiting');
        for (const [each, { state }] of this.items) if (state === 'sending') this.release(each);
        return { fault: true, finished: null };
      }
      case 'outage':
        if (chunk.status !== 'unknown') chunk.status = 'failed';
        if (outcome.holdUntil === null) for (const item of chunk.items) this.release(item, chunk.status === 'unknown');
        return done;
      case 'unknown':
        chunk.status = 'unknown';
        if (outcome.holdUntil === null) for (const item of chunk.items) this.release(item, true);
        return done;
    }
  }

  async renew(_outlet: string, entries: TicketEntry[], until: number): Promise<void> {
    this.renewals.push({ entries, until });
  }

  async dropped(_ticket: Ticket, entries: TicketEntry[]): Promise<void> {
    this.droppedEntries.push(...entries);
    for (const entry of entries) if (this.owns(entry)) this.release(entry.item);
  }

  async giveBack(ticket: Ticket, failure?: unknown): Promise<SettleResult> {
    if (failure) this.failures.push(failure);
    for (const entry of ticket.entries) if (this.owns(entry)) this.release(entry.item);
    return { fault: false, finished: null };
  }

  asLedger(): Ledger {
    return this as unknown as Ledger;
  }

  private owns({ item, lease }: TicketEntry): boolean {
    const row = this.items.get(item);
    return row?.state === 'sending' && row.lease === lease;
  }

  private release(item: number, unknown = false): void {
    this.set(item, unknown ? 'unknown' : 'waiting');
  }

  private set(item: number, state: FakeState): void {
    const row = this.items.get(item)!;
    row.state = state;
    row.lease = 0;
  }
}
