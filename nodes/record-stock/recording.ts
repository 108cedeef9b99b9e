/** What one message of a flow brings to the ledger: its events, and what the receiver could not read of the request behind it. */
import { ShelfwireError } from '../../core/errors';
import type { Ledger, RecordResult } from '../../core/ledger/ledger';
import { sumOf } from '../../core/ledger/sum';
import type { Refusal, StockEvent } from '../../core/stock/event';
import type { Message } from '../../runtime/red';
import { type InboundRequest, pathOf } from '../../runtime/requests';

export interface RecordRules {
  codes: 'as-is' | 'look-up';
  /** Seconds. */
  maxFuture: number;
}

/** Sender of events that an operator's own flow makes. */
const OWN_FLOW = 'flow';

/** @throws ShelfwireError `not_events` */
export function eventsOf(payload: unknown): StockEvent[] {
  if (Array.isArray(payload)) return payload as StockEvent[];
  if (typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload)) return [payload as StockEvent];
  throw new ShelfwireError(
    'not_events',
    'msg.payload is neither a stock event nor a list of them, so nothing was recorded. Look at what the flow before record stock makes of it.',
  );
}

/** @param whole this node also records what the receiver could not read: one does */
export function recordIn(
  ledger: Ledger,
  events: StockEvent[],
  request: InboundRequest | undefined,
  whole: boolean,
  msg: Message,
  { codes, maxFuture }: RecordRules,
): Promise<RecordResult> {
  if (!request) return ledger.record({ ...sourcesOf(events), events, codes, maxFuture });
  const indexes = indexesOf(events, request, msg);
  const senders = request.sendersOf(events);
  const refusals = whole ? request.takeRefusals() : [];
  const batch = {
    sender: request.sender,
    ...(senders && { senders }),
    events,
    ...(refusals.length > 0 && { refusals }),
    codes,
    maxFuture,
    ...(indexes && { indexes }),
  };
  const first = request.record((raw) => ledger.record(raw ? { ...batch, raw } : batch));
  const rest = whole && request.hasRefusals && request.isLast(events.length, msg.parts);
  return rest ? withRest(first, ledger, request) : first;
}

/** Of very many refusals the rest: in pieces, so that others' events are committed in between, and all before the answer. */
async function withRest(first: Promise<RecordResult>, ledger: Ledger, request: InboundRequest): Promise<RecordResult> {
  const results = [await first];
  while (request.hasRefusals)
    results.push(await ledger.record({ sender: request.sender, events: [], refusals: request.takeRefusals() }));
  return sumOf(results);
}

/** For an answer that records nothing. */
export function allRefusals(request: InboundRequest): Refusal[] {
  const all: Refusal[] = [];
  while (request.hasRefusals) for (const refusal of request.takeRefusals()) all.push(refusal);
  return all;
}

/**
 * Ids are scoped to their sender; events of an operator's own flow say themselves where they come from, each for itself:
 * an event must not come twice when it comes in other company.
 */
function sourcesOf(events: StockEvent[]): { sender: string; senders?: string[] } {
  const senders = events.map((event) => (typeof event?.source === 'string' && event.source) || OWN_FLOW);
  const [sender = OWN_FLOW] = senders;
  return senders.every((each) => each === sender) ? { sender } : { sender: OWN_FLOW, senders };
}

/** Positions in what the sender sent, where they are others than here; a part of a split list starts where its part does. */
export function indexesOf(events: StockEvent[], request: InboundRequest, msg: Message): number[] | undefined {
  const { indexes } = request;
  const start = pathOf(msg.parts).reduce((sum, { index, len }) => sum + index * (len ?? 1), 0);
  if (start === 0 && !indexes) return undefined;
  const found = events.map((_, position) => indexes?.[start + position] ?? start + position);
  return found.every((index, position) => index === position) ? undefined : found;
}
