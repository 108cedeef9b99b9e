/** What is recorded, and what became of it. */
import type { Refusal, StockEvent } from '../stock/event';

/** received = accepted + duplicate + stale + refused, always. */
export interface EventCounts {
  received: number;
  accepted: number;
  duplicate: number;
  stale: number;
  refused: number;
}

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
  /** The scope of each event's id, where they are not all of one sender. */
  senders?: string[];
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

/** The store map of one receiver: the sender's name of a location → store_id. */
export interface LocationMap {
  sender: string;
  /** Where the receiver takes input, as `RawInput.origin` says it. */
  origin: string;
  stores: Readonly<Record<string, string>>;
}

/** A sender's own code for a SKU: barcode, paradigm, mipos, … */
export interface CodeLink {
  source: string;
  code: string;
  sku: string;
}
