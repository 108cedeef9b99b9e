/** Gathers what becomes of each item of a message while it is pushed, and says it in the operator's words. */
import type { Answer, Reach } from '../ledger/ledger';
import type { Piece } from './match';
import type { FailedPart, PushError, PushResult, RefusedItem } from './result';
import type { Ticket, TicketEntry } from './ticket';
import { type Fate, tell } from './words';

/** Why something failed; `detail` is the system's or the platform's own text. */
export type Failure = Omit<PushError, 'message'> & { detail: string };

export function failure(code: string, detail = '', more: Partial<Failure> = {}): Failure {
  return { code, detail, statusCode: null, retryable: false, retryAfter: null, reach: 'not_reachable', ...more };
}

export function entriesOf(pieces: readonly Piece[]): TicketEntry[] {
  return pieces.map(({ entry }) => entry).filter((entry) => entry !== null);
}

export class Report {
  private readonly ticket: Ticket;
  private readonly accepted: Piece[] = [];
  private readonly failed: FailedPart[] = [];
  private readonly lost: Piece[] = [];
  private readonly refused: { piece: Piece; refusal: RefusedItem }[] = [];
  private readonly foreign: unknown[] = [];
  private success: Answer | null = null;
  /** Of the refusals: status and reach of the answer that named them. */
  private refusing: number | null = null;
  private duration = 0;

  constructor(ticket: Ticket) {
    this.ticket = ticket;
  }

  /** The ticket for some of its pieces; its chunk only stays while they are all of them. */
  ticketOf(pieces: readonly Piece[]): Ticket {
    const ticket = { ...this.ticket, entries: entriesOf(pieces) };
    if (ticket.entries.length !== this.ticket.entries.length) delete ticket.chunk;
    return ticket;
  }

  get hasAccepted(): boolean {
    return this.accepted.length > 0;
  }

  took(duration_ms: number): void {
    this.duration += duration_ms;
  }

  accept(pieces: readonly Piece[], answer: Answer): void {
    this.accepted.push(...pieces);
    this.success = answer;
  }

  refuse(piece: Piece, refusal: RefusedItem, statusCode: number | null): void {
    this.refused.push({ piece, refusal });
    this.refusing = statusCode;
  }

  /** These were not refused after all: the platform says the same of every item. */
  takeBack(code: string, message: string): Piece[] {
    const same = this.refused.filter(({ refusal }) => refusal.code === code && refusal.message === message);
    for (const each of same) this.refused.splice(this.refused.indexOf(each), 1);
    return same.map(({ piece }) => piece);
  }

  lose(pieces: readonly Piece[]): void {
    this.lost.push(...pieces);
  }

  notSent(items: readonly unknown[]): void {
    this.foreign.push(...items);
  }

  fail(
    pieces: readonly Piece[],
    fate: Fate,
    why: Failure,
    ticket = this.ticketOf([]),
    refused: RefusedItem[] = [],
  ): void {
    const { detail: _, ...error } = why;
    const items = pieces.map(({ item }) => item);
    this.failed.push({ items, ticket, error: { ...error, message: this.words(why, items.length, fate) }, refused });
  }

  /** The sentence for the history and the outlet's status. */
  words(why: Failure, count: number, fate: Fate = 'waiting'): string {
    const { outlet_name: name, store_id } = this.ticket;
    const shop = name && name !== store_id ? `${name} (${store_id})` : store_id;
    return tell({ code: why.code, shop, count, fate, detail: why.detail });
  }

  result(): PushResult {
    if (this.lost.length > 0) this.fail(this.lost, 'elsewhere', failure('lease_lost'));
    const list = this.refused.map(({ refusal }) => refusal);
    const [first] = list;
    if (first) {
      const pieces = this.refused.map(({ piece }) => piece);
      const reach: Reach = 'ok';
      const why = failure('items_refused', `${first.sku}: ${first.code}, ${first.message}`, {
        statusCode: this.refusing,
        reach,
      });
      this.fail(pieces, 'kept', why, this.ticketOf([]), list);
    }
    return { accepted: this.acceptedPart(), failed: this.failed, foreign: this.foreign };
  }

  private acceptedPart(): PushResult['accepted'] {
    if (!this.success || this.accepted.length === 0) return null;
    const { statusCode, message } = this.success;
    return {
      items: this.accepted.map(({ item }) => item),
      ticket: this.ticketOf(this.accepted),
      response: { statusCode: statusCode ?? 0, message, duration_ms: this.duration },
    };
  }
}
