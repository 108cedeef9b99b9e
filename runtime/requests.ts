/**
 * One handle per received request, whatever brought it (a webhook, a feed, a scanner's message). The receiver makes it
 * and knows the dialect of answers; hmac verify marks it; record stock claims it and gives the result; if nobody does
 * within `wait`, it is answered "not stored, send again". Handles hang on the request object itself, which Node-RED
 * keeps by reference when it clones messages, so that no message property can claim a verification.
 */
import type { RawInput, RecordResult } from '../core/ledger/ledger';
import { sumOf } from '../core/ledger/sum';
import type { Refusal, StockEvent } from '../core/stock/event';
import type { Message, Parts } from './red';
import { isReceivedId, RequestIds } from './request-ids';
import { shared } from './shared';

/** Events in one message. A longer list goes on in several: a second wire costs a copy of the whole message. */
export const MAX_MESSAGE_EVENTS = 1_000;

/** What became of a request; the receiver's dialect turns it into an answer. */
export type Settlement =
  | { kind: 'recorded'; result: RecordResult }
  /** Not proven who sent it (401): nothing changed. */
  | { kind: 'unauthorized'; message: string }
  /** Not stored for want of room, disk or a flow that takes it (503 + Retry-After, no PUBACK). */
  | { kind: 'unavailable'; message: string; retryAfter: number };

export interface Verification {
  /** The scheme or way: `mipos`, `token`, `bearer`, `device`. */
  by: string;
  /** Which of the two live secrets it was. */
  key: 'current' | 'previous';
}

export interface RequestOptions {
  /** Scope of event ids: see RecordBatch.sender. */
  sender: string;
  /** Scope of one event's id, where the request brings those of several senders. */
  senderOf?: ((event: StockEvent) => string) | undefined;
  raw: RawInput;
  /** Content the receiver could not read as events; kept and reported by record stock. */
  refusals?: Refusal[];
  /** Position of each event in what was sent; default 0, 1, 2, … */
  indexes?: number[] | undefined;
  /** The whole body was not readable (malformed JSON): a 400 instead of a 422. */
  malformed?: boolean;
  unsigned: 'refuse' | 'allow';
  /** The sender says that its numbers are made up (a simulator): only a demo ledger takes them. */
  simulated?: boolean;
  /** Milliseconds until an unclaimed request is answered 503. */
  wait: number;
  respond: (settlement: Settlement) => void;
}

export class InboundRequest {
  readonly sender: string;
  readonly raw: RawInput;
  private unread: Refusal[];
  readonly malformed: boolean;
  readonly indexes: number[] | undefined;
  readonly simulated: boolean;
  private readonly senderOf: ((event: StockEvent) => string) | null;
  verified: Verification | null = null;
  private readonly unsignedAllowed: boolean;
  /** Dropped with the answer: it holds the sender's connection, and answered requests are remembered for a while. */
  private respond: ((settlement: Settlement) => void) | null;
  private readonly timer: NodeJS.Timeout;
  private claimedBy: string | null = null;
  private settlement: Settlement | null = null;
  private readonly waiting: ((settlement: Settlement) => void)[] = [];
  /** What is known of a request that came in several messages, or was split. */
  private parts: { seen: Map<string, RecordResult>; pieces: Map<string, Pieces> } | null = null;
  /** Messages and events that the receiver makes of it. */
  private messages = 1;
  private events = 0;
  private comeEvents = 0;
  private recordedEvents = 0;
  private last: Promise<unknown> | null = null;
  private rawKept = false;

  constructor(options: RequestOptions) {
    this.sender = options.sender;
    this.senderOf = options.senderOf ?? null;
    this.raw = options.raw;
    this.unread = options.refusals ?? [];
    this.malformed = options.malformed ?? false;
    this.indexes = options.indexes;
    this.simulated = options.simulated ?? false;
    this.unsignedAllowed = options.unsigned === 'allow';
    this.respond = options.respond;
    this.timer = setTimeout(() => {
      this.settle({
        kind: 'unavailable',
        message: 'No flow recorded this in time. Nothing is known to be stored; send it again.',
        retryAfter: 5,
      });
    }, options.wait);
    this.timer.unref();
  }

  /** Proven, or the receiver takes unsigned input. */
  get trusted(): boolean {
    return this.verified !== null || this.unsignedAllowed;
  }

  get open(): boolean {
    return this.settlement === null;
  }

  /** It is known that nothing of it, or not all, will be stored: the sender comes again. */
  get failed(): boolean {
    return this.settlement !== null && this.settlement.kind !== 'recorded';
  }

  get claimed(): boolean {
    return this.claimedBy !== null;
  }

  /** True for the first record stock node that asks, and for the same node again (parts of a split message). */
  claim(nodeId: string): boolean {
    this.claimedBy ??= nodeId;
    return this.claimedBy === nodeId;
  }

  /** Told by the receiver before it sends anything. */
  expect(messages: number, events: number): void {
    this.messages = messages;
    this.events = events;
  }

  /**
   * Whose ids those of the events are, where they are not all of the request's sender: an event that a flow has put beside
   * others keeps its own, or it would be another one when it is sent again.
   */
  sendersOf(events: readonly StockEvent[]): string[] | undefined {
    const { on } = marks();
    const senderOf = (event: StockEvent) => (isObject(event) ? (on(event) ?? this) : this).scopeOf(event);
    return events.some((event) => senderOf(event) !== this.sender) ? events.map(senderOf) : undefined;
  }

  private scopeOf(event: StockEvent): string {
    return this.senderOf ? this.senderOf(event) : this.sender;
  }

  /** What the receiver could not read, to be recorded with the request's messages: a piece of it, until nothing is left. */
  takeRefusals(): Refusal[] {
    return this.unread.splice(0, MAX_MESSAGE_EVENTS);
  }

  get hasRefusals(): boolean {
    return this.unread.length > 0;
  }

  /** To be asked once for each message while there are refusals: whether no more comes after it, so that the rest of them is its own. */
  isLast(events: number, parts: Parts | undefined): boolean {
    this.comeEvents += events;
    const [first] = pathOf(parts);
    const isLastPart = first?.count === this.messages && first.index === this.messages - 1;
    return this.messages === 1 || isLastPart || this.comeEvents >= this.events;
  }

  /**
   * Records one message of it. Messages of a list that came in several go one after the other, so that one large list
   * does not fill the ledger's queue; the original is given along until something refused needs it.
   */
  record(act: (raw: RawInput | undefined) => Promise<RecordResult>): Promise<RecordResult> {
    if (this.messages === 1) return act(this.raw);
    const result = (this.last ?? Promise.resolve()).then(() => act(this.rawKept ? undefined : this.raw));
    this.last = result.then(
      ({ refused }) => {
        if (refused > 0) this.rawKept = true;
      },
      () => {},
    );
    return result;
  }

  /** Gives the result of one message; what was sent or split in parts is answered after the last. */
  recorded(result: RecordResult, parts: Parts | undefined): void {
    const several = this.messages > 1;
    if (!several && !parts) {
      this.settle({ kind: 'recorded', result });
      return;
    }
    this.parts ??= { seen: new Map(), pieces: new Map() };
    const { seen, pieces } = this.parts;
    const path = pathOf(parts);
    const key = path.map(({ id, index }) => `${id}:${index}`).join('/') || `#${seen.size}`;
    if (!seen.has(key)) {
      this.recordedEvents += result.outcomes.length;
      // What is being stored has not been forgotten: the next part is waited for, not all of them at once.
      if (this.open) this.timer.refresh();
    }
    seen.set(key, result);
    // A flow may take the parts off and join the list again: then its events tell.
    if (this.isWhole(path, pieces) || (several && this.recordedEvents >= this.events))
      this.settle({ kind: 'recorded', result: sumOf([...seen.values()]) });
  }

  private isWhole(path: Parts[], known: Map<string, Pieces>): boolean {
    const [first] = path;
    if (!first) return false;
    const pieces = known.get(first.id) ?? new Pieces();
    known.set(first.id, pieces);
    return pieces.add(path) && (this.messages === 1 || first.count === this.messages);
  }

  /** Answers, once. Later calls do nothing. */
  settle(settlement: Settlement): void {
    if (this.settlement) return;
    this.settlement = settlement;
    clearTimeout(this.timer);
    this.respond?.(settlement);
    this.respond = null;
    for (const listener of this.waiting) listener(settlement);
    this.waiting.length = 0;
  }

  /** Tells what became of the request; at once when it was answered already. */
  onSettled(listener: (settlement: Settlement) => void): void {
    if (this.settlement) listener(this.settlement);
    else this.waiting.push(listener);
  }
}

/** Which parts of a whole are there; each may have been split again. */
class Pieces {
  private readonly known = new Map<number, Pieces>();
  private complete = 0;
  private whole = false;

  /** @returns true when nothing is missing any more */
  add([first, ...rest]: Parts[]): boolean {
    if (!first || this.whole) return true;
    const piece = this.known.get(first.index) ?? new Pieces();
    this.known.set(first.index, piece);
    const before = piece.whole;
    piece.whole = piece.add(rest);
    if (piece.whole && !before) this.complete += 1;
    return this.complete >= (first.count ?? Number.POSITIVE_INFINITY);
  }
}

/** The parts of a message from the outermost to the innermost split. */
export function pathOf(parts: Parts | undefined): Parts[] {
  const path: Parts[] = [];
  for (let one = parts; one && path.length < 10; one = one.parts) path.unshift(one);
  return path;
}

/** Requests of core's http in (no handle of ours) that hmac verify has proven. */
const proven = () => shared('proven-requests', () => new WeakMap<object, Verification>());

/** Marks the *request* behind a message as proven; without a request (an operator's own message) nothing is marked. */
export function markVerified(msg: Message, verification: Verification): void {
  const request = requestOf(msg);
  if (request) request.verified = verification;
  else if (msg.req) proven().set(msg.req, verification);
}

/**
 * May the content of this message be recorded? A request of ours: when it is proven or its receiver takes unsigned input.
 * A request of core's http in: when it is proven. A message without any request is an operator's own: yes.
 */
export function isTrusted(msg: Message): boolean {
  if (Array.isArray(msg.payload) && holdsUnproven(msg.payload)) return false;
  const request = requestOf(msg);
  if (request) return request.trusted;
  if (isReceivedId(msg._msgid)) return false;
  return !msg.req || proven().has(msg.req);
}

/** An event of a request that nobody has proven is not proven by the company in which a flow has put it. */
function holdsUnproven(events: unknown[]): boolean {
  const { on } = marks();
  return events.some((event) => isObject(event) && on(event)?.trusted === false);
}

/** Its constructor gives back what it is given, so that the fields of the class below go there. */
class Given {
  constructor(content: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return content;
  }
}

/**
 * A private field, put on the request object and on the lists and events that a receiver emits, so that a flow that drops
 * `msg.req` does not launder unsigned input. Nothing of a message can make or copy it, and unlike a weak map's hundred thousand entries it
 * costs the garbage collector nothing.
 */
class Mark extends Given {
  #request: InboundRequest;

  private constructor(content: object, request: InboundRequest) {
    super(content);
    this.#request = request;
  }

  static put(content: object, request: InboundRequest): void {
    if (#request in content) (content as Mark).#request = request;
    else new Mark(content, request);
  }

  static on(content: object): InboundRequest | undefined {
    return #request in content ? (content as Mark).#request : undefined;
  }
}

/** One class for all copies of this file that Node-RED may have loaded: a private field belongs to its class. */
const marks = () => shared('request-marks', () => ({ put: Mark.put, on: Mark.on }));
const ids = (): RequestIds => shared('request-ids', () => new RequestIds());

/** Ties a handle to the request object, to the events made from it and to the id of the message that carries them. */
export function attach(request: InboundRequest, req: object, events: object[], messageId?: string): void {
  const { put } = marks();
  put(req, request);
  put(events, request);
  for (const event of events) put(event, request);
  if (messageId !== undefined) ids().add(messageId, request);
}

/** The handle behind a message, or undefined for a message that no receiver of ours made. */
export function requestOf(msg: Message): InboundRequest | undefined {
  const { req, payload, _msgid } = msg;
  const marked = markOn(req) ?? markOn(payload) ?? (Array.isArray(payload) ? markOn(payload[0]) : undefined);
  return marked ?? (_msgid === undefined ? undefined : ids().get(_msgid));
}

function markOn(content: unknown): InboundRequest | undefined {
  return isObject(content) ? marks().on(content) : undefined;
}

const isObject = (content: unknown): content is object => typeof content === 'object' && content !== null;
