/**
 * The ledger: the durable truth per (store, SKU), what each outlet's platform was sent and has confirmed, and why.
 * One interface for every storage; the rules it keeps are pure functions in `core/stock` and `core/pushing`.
 * Each method resolves only after its effect is committed to disk, and rejects with a StorageError when it is not.
 */
import type { Ticket, TicketEntry } from '../pushing/ticket';
import type {
  Answer,
  BeginSend,
  BeginSendResult,
  ChunkRecord,
  ItemRefusal,
  ItemState,
  Outcome,
  OutletDefinition,
  OutletSummary,
  OutletValues,
  PushRecord,
  PushStatus,
  Reach,
  SettleResult,
  StartPush,
  Take,
} from './delivery';
import type { CodeLink, EventCounts, LocationMap, RecordBatch, RecordResult } from './incoming';
import type {
  FoundItem,
  IncomingEvent,
  ItemRow,
  ItemStory,
  LedgerProblem,
  Measured,
  OutletActivity,
  OutletPace,
  Page,
  PushedItem,
  RefusedInput,
  SentRequest,
  SettingChange,
  WrittenChange,
} from './views';

export * from './delivery';
export * from './incoming';
export * from './views';

export type LedgerKind = 'demo' | 'live';

export interface LedgerEvents {
  /** Items became waiting at these outlets. */
  changed: (outlets: string[]) => void;
  /** A message of the outlet was settled wholly: the next may leave. */
  settled: (outlet: string) => void;
  pushFinished: (push: PushRecord) => void;
  /** These methods were called and committed: what shows their effect may be read again. */
  committed: (methods: string[]) => void;
  /** What to count of that; not of every commit. */
  measured: (measured: Measured) => void;
  /** Nothing can be stored (the disk is full, the file damaged, the thread ended): calls are refused as a StorageError until `resumed`. */
  interrupted: (error: Error) => void;
  resumed: () => void;
}

export interface LedgerInfo {
  /** Made with the file; tickets name it. */
  id: string;
  kind: LedgerKind;
  schemaVersion: number;
  createdAt: string;
  /** The file may be older than what the platforms have, so their outlets are held: why, and what ends it. */
  held: string | null;
}

export interface Ledger {
  readonly info: LedgerInfo;

  record(batch: RecordBatch): Promise<RecordResult>;
  link(links: CodeLink[]): Promise<number>;
  /** Takes a refused input up again, through the same checks; newer data wins. `locations` give a store to what was `UNKNOWN_STORE`. */
  replay(id: number, locations?: readonly LocationMap[]): Promise<RecordResult>;

  /** Declares the outlets of one account (`owner`); what it declared before and is missing now is disabled. */
  defineOutlets(owner: string, outlets: OutletDefinition[]): Promise<void>;
  /** @throws InvalidInputError `unknown_outlet` */
  setPaused(outlet: string, paused: boolean, by: string): Promise<void>;

  startPush(push: StartPush): Promise<PushRecord>;
  /** The next message of this outlet, or null: nothing to take, all slots in use, or too early (`not_before`). */
  take(outlet: string, limit: number): Promise<Take | null>;
  /**
   * The next message of each of these outlets, in this order, until there are `limit` items in all: no long work at once,
   * however many have something. `rest`: who may have more: first whose turn did not come.
   */
  takeInTurn(outlets: string[], limit: number): Promise<{ taken: Take[]; rest: string[] }>;
  /** Outlets at which `take` may have something now: a push is running, or the platform is to be probed. */
  due(): Promise<string[]>;
  /** Takes named SKUs for a list without ticket, so that nothing else is sent for them meanwhile; they are waiting afterwards (incomplete when nobody told of them yet). All or, when any is `busy`, none. */
  claim(outlet: string, skus: string[]): Promise<{ ticket: Ticket; busy: string[] }>;
  /** Keeps entries that wait in a node of ours: extends their leases. */
  renew(outlet: string, entries: TicketEntry[], until: number): Promise<void>;
  beginSend(request: BeginSend): Promise<BeginSendResult>;
  settle(chunk: string, outcome: Outcome, answer: Answer): Promise<SettleResult>;
  /** Entries that cannot be sent as they are (mapper, not exact): refused, with the reason. */
  refuse(ticket: Ticket, refused: ItemRefusal[]): Promise<void>;
  /** In the ticket but not in the body: waiting again; the third time held `dropped_by_flow`. */
  dropped(ticket: Ticket, entries: TicketEntry[]): Promise<void>;
  /** Gives entries back: waiting again. With `failure`: the attempts are used up and the push has failed. */
  giveBack(
    ticket: Ticket,
    failure?: { code: string; message: string; statusCode: number | null; reach: Reach; retryAfter: number | null },
  ): Promise<SettleResult>;
  /** Messages that were taken at these outlets and of which no request has been begun: waiting again. Such a message, should it still come, finds its lease gone. */
  recall(outlets: string[]): Promise<void>;
  /** Refused or held items are tried again: all, those of a push, or those named. */
  retryItems(outlet: string, filter: { push?: string; skus?: string[]; code?: string }): Promise<number>;
  /** Named items are sent once more, whatever was confirmed. @returns how many; those on their way are left alone */
  sendAgain(outlet: string, skus: string[]): Promise<number>;

  counts(): Promise<EventCounts>;
  outlets(): Promise<OutletSummary[]>;
  pushes(query: {
    outlet?: string;
    status?: PushStatus;
    /** `schedule`, `auto`, `api`, a whole `user:<name>`, or `user` for everybody. */
    by?: string;
    /** Started at or after, and before: milliseconds since 1970. */
    since?: number;
    until?: number;
    limit?: number;
    cursor?: string;
  }): Promise<{ pushes: PushRecord[]; cursor: string | null }>;
  push(id: string): Promise<(Omit<PushRecord, 'chunks'> & { chunks: ChunkRecord[] }) | null>;
  items(query: {
    outlet?: string;
    state?: ItemState | 'negative';
    limit?: number;
    cursor?: string;
  }): Promise<Page<ItemRow>>;
  story(storeId: string, sku: string): Promise<ItemStory | null>;
  /** Items by SKU, the beginning of one, or a code; at most 50, the exact ones first. */
  findItems(text: string): Promise<FoundItem[]>;
  request(chunk: string): Promise<SentRequest | null>;
  pushedItems(query: { push: string; cursor?: string }): Promise<Page<PushedItem>>;
  /** Newest first. `sender`, `code`: only these. `open`: only what was not replayed. */
  refused(query: {
    sender?: string;
    code?: string;
    open?: boolean;
    limit?: number;
    cursor?: string;
  }): Promise<Page<RefusedInput>>;
  /** Events as they came, newest first. A page may be short (even empty) while its cursor still leads on. */
  incoming(query: { sender?: string; limit?: number; cursor?: string }): Promise<Page<IncomingEvent>>;
  /** Who has sent something, with the sums of what became of it. */
  senders(): Promise<(EventCounts & { sender: string })[]>;
  problems(): Promise<LedgerProblem[]>;
  /** The Export Feed of a store, page by page, ordered by SKU; an incomplete item has only its `sku` (and pages are told by it). */
  feed(storeId: string, limit: number, after?: string): Promise<(OutletValues & { sku: string })[]>;
  /** Bytes of a named setting kept for other parts (device accounts, cursors of a sync); null = none. */
  getSetting(name: string): Promise<string | null>;
  setSetting(name: string, value: string): Promise<void>;
  /** Settings whose names begin like this, without it. */
  settingsOf(prefix: string): Promise<[name: string, value: string][]>;
  /** Stores (or, with null, removes) a setting and writes down who changed what, in one. */
  change(change: SettingChange): Promise<void>;
  /** What was written down, newest first. */
  changes(query: { subject?: string; limit?: number; cursor?: string }): Promise<Page<WrittenChange>>;
  /** Pushes and errors of each outlet in the last 24 hours. */
  activity(): Promise<OutletActivity[]>;
  /** How the outlet's platform took the last requests; null = nothing was accepted lately. */
  pace(outlet: string): Promise<OutletPace | null>;
  /** True while a change can be stored. */
  writable(): Promise<boolean>;
  /** Removes what arrived more than `keepDays` ago, a bounded piece at a time. @returns rows removed; 0 = nothing left to do */
  prune(keepDays: number): Promise<number>;

  on<E extends keyof LedgerEvents>(event: E, listener: LedgerEvents[E]): void;
  off<E extends keyof LedgerEvents>(event: E, listener: LedgerEvents[E]): void;
  close(): Promise<void>;
}
