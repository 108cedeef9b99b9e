/** What a push tells its node: every item of the message leaves by exactly one part, or is waiting in the ledger again. */
import type { Reach } from '../ledger/ledger';
import type { Ticket } from './ticket';

export interface PushError {
  code: string;
  message: string;
  statusCode: number | null;
  /** True when the same message may be tried again: its entries keep their lease meanwhile. */
  retryable: boolean;
  /** Seconds the platform asked for. */
  retryAfter: number | null;
  reach: Reach;
}

export interface RefusedItem {
  sku: string;
  code: string;
  message: string;
}

export interface AcceptedPart {
  items: unknown[];
  ticket: Ticket;
  /** Of the last request; `duration_ms` of all. */
  response: { statusCode: number; message: string; duration_ms: number };
}

export interface FailedPart {
  items: unknown[];
  /** `entries` that are still under a lease; none when everything is settled or given back already. */
  ticket: Ticket;
  error: PushError;
  /** Why each item was refused, when items were. */
  refused: RefusedItem[];
}

export interface PushResult {
  accepted: AcceptedPart | null;
  failed: FailedPart[];
  /** Items of the body that are not on the ticket, or there twice: they were not sent. */
  foreign: unknown[];
}
