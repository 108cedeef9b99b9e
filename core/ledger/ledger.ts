/**
 * The ledger: the durable truth per (store, SKU), what each outlet's platform was sent and has confirmed, and why.
 * One interface for every storage; the rules it keeps are pure functions in `core/stock` and `core/pushing`.
 * Each method resolves only after its effect is committed to disk, and rejects with a StorageError when it is not.
 */

import type { PushTrigger, PushType, Ticket, TicketEntry } from '../pushing/ticket';
import type { Refusal, StockEvent } from '../stock/event';

export type LedgerKind = 'demo' | 'live';

/** An item at an outlet is in exactly one of these. */
export type ItemState = 'in_sync' | 'waiting' | 'sending' | 'held' | 'refused' | 'incomplete';
export const ITEM_STATES: readonly ItemState[] = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete'];
export type StateCounts = Record<ItemState, number>;

/** received = accepted + duplicate + stale + refused, always. */
export interface EventCounts {
  received: number;
  accepted: number;
  duplicate: number;
  stale: number;
  refused: number;
}

/** What the platform gets of an item. */
export type OutletField = 'selling_price' | 'stock_status' | 'quantity';

// ---------------------------------------------------------------- incoming

/** Input as it was received, kept when something in it was refused. */
export interface RawInput {
  bytes: Uint8Array;
  contentType?: string;
  /** Where it came in: a path or a topic. */
  origin?: string;
}

export interface RecordBatch {
  /** Scope of the event ids: `paradigm`, `mipos`, `catalogue`, `mqtt:<account>`, or the event's source. */
  sender: string;
  events: StockEvent[];
  /** What the receiver could not read as an event (authentic, so kept and counted). `index` positions are the sender's. */
  refusals?: Refusal[];
  /** Positions of `events` in what the sender sent; default 0, 1, 2, … */
  indexes?: number[];
  raw?: RawInput;
  codes?: 'as-is' | 'look-up';
  /** Seconds; an event dated further ahead of our clock is refused. */
  maxFuture?: number;
  /** Further codes to link before looking up: catalogue columns. */
  links?: CodeLink[];
}

export type EventOutcome = 'accepted' | 'duplicate' | 'stale' | 'refused';

export interface RecordResult extends EventCounts {
  /** One per event of the batch, in order. */
  outcomes: EventOutcome[];
  refusals: Refusal[];
}

/** The store maps of the receivers: sender → the sender's name of a location → store_id. */
export type Locations = Record<string, Record<string, string>>;

/** A sender's own code for a SKU: barcode, paradigm, mipos, … */
export interface CodeLink {
  source: string;
  code: string;
  sku: string;
}

// ---------------------------------------------------------------- outlets

export interface OutletDefinition {
  /** `<platform>:<store_id>`. */
  outlet: string;
  platform: string;
  store_id: string;
  name: string;
  enabled: boolean;
  fields: OutletField[];
  /** Decimal text: in stock means quantity above it. */
  threshold: string;
  /** The resolved address; null when a variable in it is not set: everything is held. */
  endpoint: string | null;
  concurrency: number;
  /** Milliseconds. */
  timeout: number;
}

/** How the outlet's platform answered last. */
export type Reach = 'unknown' | 'ok' | 'not_reachable' | 'key_refused' | 'fault';

export interface OutletSummary {
  id: string;
  name: string;
  store_id: string;
  platform: string;
  enabled: boolean;
  paused: boolean;
  /** `user:<name>`, or `restore` while the ledger may be older than what the platform has. */
  paused_by: string | null;
  /** Who paused it and what ends it, in words; null while it is not paused. */
  paused_why: string | null;
  connected: boolean;
  reach: Reach;
  /** Why: the last outage in words. */
  reach_message: string | null;
  /** ISO time before which nothing is sent; null = now. */
  not_before: string | null;
  counts: StateCounts;
  oldest_waiting_s: number | null;
  last_success_at: string | null;
  /** The mapping changed since values were confirmed: the operator should push everything once. */
  mapping_changed: boolean;
}

// ---------------------------------------------------------------- pushing

export interface StartPush {
  outlet: string;
  type: PushType;
  trigger: PushTrigger;
  created_by: string;
  /** Chosen by the caller when the id was already told to somebody; else made here. */
  id?: string;
}

/** Values of an item as the outlet is to get them: decimal text in canonical form (no trailing zeros). */
export interface OutletValues {
  selling_price?: string;
  stock_status?: 0 | 1;
  quantity?: string;
}

export interface TakenItem extends OutletValues {
  sku: string;
}

export interface Take {
  /** `entries` in the order of `items`. */
  ticket: Ticket;
  items: TakenItem[];
}

export interface BeginSend {
  ticket: Ticket;
  /** Exactly the encoded body that will leave. */
  body: Uint8Array;
  idempotencyKey: string;
  endpoint: string;
  /** Milliseconds the request may take. */
  timeout: number;
  /** After an answered failure: leave out items that have newer values by now. */
  dropNewer: boolean;
}

export type BeginSendResult =
  /** Committed: send it. `lease` replaces the lease of every entry. */
  | { send: true; chunk: string; lease: number }
  /** The chunk's outcome is unknown: send exactly this instead. */
  | { send: true; chunk: string; lease: number; repeat: { body: Uint8Array; idempotencyKey: string } }
  /** Nothing was committed. Build the body again without these (or give up when none is left). */
  | { send: false; lost: number[]; newer: number[] }
  /** The outlet is paused, disabled, gone, its endpoint changed, or its platform is to be left alone: everything was given back. */
  | { send: false; lost: number[]; newer: number[]; stop: string };

export interface Answer {
  statusCode: number | null;
  message: string;
  duration_ms: number;
}

export interface ItemRefusal {
  item: number;
  code: string;
  message: string;
}

/** What became of a committed request. */
export type Outcome =
  /** 2xx: everything but `refused` is confirmed. */
  | { kind: 'accepted'; refused: ItemRefusal[] }
  /** Not 2xx, but the answer named items: those are refused, the rest keeps its lease and is to be sent again. */
  | { kind: 'named'; refused: ItemRefusal[] }
  /** A single item was isolated by halving and the answer named nobody. Three alike and none accepted: an outlet fault. */
  | { kind: 'isolated'; refusal: ItemRefusal }
  /** The form was refused (400, 409, 413, 415, 422, …): the entries keep their lease, the caller halves. */
  | { kind: 'split'; code: string; message: string }
  /** An outage that was answered, or a request that never left. `uncertain`: the platform may have applied it.
   *  With `holdUntil` (ms since epoch) the entries keep their lease for a retry; without it they are given back and the push has failed. */
  | {
      kind: 'outage';
      code: string;
      message: string;
      reach: Reach;
      uncertain: boolean;
      retryAfter: number | null;
      holdUntil: number | null;
    }
  /** Nobody knows whether it was applied: only this body is sent until it is answered or counts as dead. */
  | { kind: 'unknown'; code: string; message: string; holdUntil: number | null };

export interface SettleResult {
  /** Three isolated refusals with the same answer and none accepted: nothing is refused, everything was given back. */
  fault: boolean;
  /** The breaker is open: nothing is held for a retry, everything was given back. */
  open?: boolean;
  /** The push has ended with this. */
  finished: PushRecord | null;
}

export type PushStatus = 'running' | 'success' | 'partial' | 'failed';

export interface PushRecord {
  id: string;
  outlet: string;
  outlet_name: string;
  store_id: string;
  platform: string;
  type: PushType;
  trigger: PushTrigger;
  created_by: string;
  started_at: string;
  finished_at: string | null;
  item_count: number;
  confirmed: number;
  refused: number;
  status: PushStatus;
  response_code: number | null;
  response_message: string | null;
  error_details: string | null;
  /** Number of requests; `push(id)` has them in full. */
  chunks: number;
}

export interface ChunkRecord {
  id: string;
  started_at: string;
  finished_at: string | null;
  item_count: number;
  attempts: number;
  status: 'sending' | 'unknown' | 'accepted' | 'failed' | 'split';
  response_code: number | null;
  response_message: string | null;
  duration_ms: number | null;
  refused: { sku: string; code: string; message: string }[];
}

// ---------------------------------------------------------------- asking

/** Items or input that somebody has to look at, by reason. */
export interface LedgerProblem {
  /** The platform refused items; a flow dropped items; items lack a price or a count; input was refused. */
  kind: 'refused' | 'held' | 'incomplete' | 'input';
  outlet: string | null;
  sender: string | null;
  code: string | null;
  /** At least: what is counted is bounded. */
  count: number;
  /** One of their messages. */
  message: string | null;
  last_at: string | null;
}

/** An event as it came in, with the item it was about. */
export type IncomingEvent = ItemStory['events'][number];

/** One request as it left, without its headers and its address, which may hold a key. */
export interface SentRequest {
  chunk: string;
  outlet: string;
  idempotencyKey: string;
  /** JSON text. */
  body: string;
}

/** What became of one item in one request of a push. */
export interface PushedItem {
  sku: string;
  chunk: string;
  outcome: ChunkRecord['status'] | 'refused';
  code: string | null;
  message: string | null;
  response_code: number | null;
}

export interface FoundItem {
  store_id: string;
  sku: string;
  quantity: string | null;
  selling_price: string | null;
}

export interface Page<T> {
  rows: T[];
  cursor: string | null;
}

export interface ItemRow extends OutletValues {
  store_id: string;
  sku: string;
  outlet: string;
  state: ItemState;
  reason_code: string | null;
  reason: string | null;
  confirmed: OutletValues | null;
  changed_at: string | null;
}

export interface RefusedInput {
  id: number;
  received_at: string;
  sender: string;
  index: number;
  store_id: string | null;
  sku: string | null;
  code: string;
  message: string;
  event: StockEvent | null;
  replayed_at: string | null;
}

/** Everything known of one (store, SKU): the current values and how they came about. */
export interface ItemStory {
  store_id: string;
  sku: string;
  quantity: string | null;
  quantity_at: string | null;
  selling_price: string | null;
  price_at: string | null;
  stock_status: 0 | 1 | null;
  status_at: string | null;
  /** Movements that wait for a first level. */
  pending_movements: number;
  events: (StockEvent & { received_at: string; sender: string; outcome: EventOutcome })[];
  outlets: {
    outlet: string;
    state: ItemState;
    reason_code: string | null;
    reason: string | null;
    wanted: OutletValues | null;
    sent: OutletValues | null;
    confirmed: OutletValues | null;
    confirmed_at: string | null;
    sends: {
      push: string;
      chunk: string;
      at: string;
      outcome: string;
      values: OutletValues;
      mapped: string | null;
      response_code: number | null;
    }[];
  }[];
}

/** A setting that is changed without a deploy. */
export interface SettingChange {
  name: string;
  /** Null removes it. */
  value: string | null;
  /** `user:<name>`, or `deploy`. */
  by: string;
  /** What it is about: `outlet:<platform>:<store_id>`, `device:<account>`. */
  subject: string;
  /** A word that the sidebar knows. */
  what: string;
  /** Without secrets. */
  old: string | null;
  new: string | null;
}

export interface WrittenChange extends Omit<SettingChange, 'name' | 'value'> {
  id: number;
  at: string;
}

export interface OutletActivity {
  outlet: string;
  /** 24 hours, the oldest first, the current one last. */
  pushes: number[];
  errors: number[];
}

export interface OutletPace {
  /** Items that one request took. */
  items: number;
  /** The flow cuts there: a push needed more than one request. */
  capped: boolean;
  duration_ms: number;
}

/** A request that was settled, for figures. */
export interface SettledRequest {
  outlet: string;
  outcome: Outcome['kind'];
  /** Of an outage. */
  reach: Reach | null;
  duration_ms: number;
  confirmed: number;
  refused: number;
  /** Of each item that was confirmed with something new: milliseconds since it first had something to tell. */
  waited_ms: number[];
}

/** What was committed together. */
export interface Measured {
  /** Of events that were recorded. */
  events: EventCounts;
  /** Milliseconds from each call that records to its commit. */
  record_ms: number[];
  requests: SettledRequest[];
}

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
  /** Takes a refused input up again, through the same checks; newer data wins. `locations` gives a store to what was `UNKNOWN_STORE`. */
  replay(id: number, locations?: Locations): Promise<RecordResult>;

  /** Declares the outlets of one account (`owner`); what it declared before and is missing now is disabled. */
  defineOutlets(owner: string, outlets: OutletDefinition[]): Promise<void>;
  setPaused(outlet: string, paused: boolean, by: string): Promise<void>;

  startPush(push: StartPush): Promise<PushRecord>;
  /** The next message of this outlet, or null: nothing to take, all slots in use, or too early (`not_before`). */
  take(outlet: string, limit: number): Promise<Take | null>;
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
