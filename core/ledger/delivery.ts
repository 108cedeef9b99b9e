/** Outlets, and what is sent to them: from a push that starts to the outcome of each request. */
import type { PushTrigger, PushType, Ticket } from '../pushing/ticket';

/** An item at an outlet is in exactly one of these. */
export type ItemState = 'in_sync' | 'waiting' | 'sending' | 'held' | 'refused' | 'incomplete';
export const ITEM_STATES: readonly ItemState[] = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete'];
export type StateCounts = Record<ItemState, number>;

/** What the platform gets of an item. */
export type OutletField = 'selling_price' | 'stock_status' | 'quantity';

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

/** What makes a ledger possibly older than what the platforms have. */
export type HoldReason = 'backup' | 'salvage' | 'copy';

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
  /** Of `paused_why`, for who says it in another language: why the ledger may be old, and when it was opened first (ISO time). */
  hold: { why: HoldReason; since: string } | null;
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
  /** A single item was isolated by halving and the answer named nobody. Three alike and none accepted: an outlet fault.
   *  `proven`: others of the same message were accepted, so the form is right. */
  | { kind: 'isolated'; refusal: ItemRefusal; proven: boolean }
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
  | { kind: 'unknown'; code: string; message: string; retryAfter?: number | null; holdUntil: number | null };

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
