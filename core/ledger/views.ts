/** What people and figures are told of the ledger. */
import type { StockEvent } from '../stock/event';
import type { ChunkRecord, ItemState, Outcome, OutletValues, Reach } from './delivery';
import type { EventCounts, EventOutcome } from './incoming';

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
  /** Null: nothing is kept, only who did it is written down. */
  name: string | null;
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
