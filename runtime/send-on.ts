/**
 * Sends what a receiver has read into the flow: as one message, or a long list in several with `msg.parts` (as core's
 * split makes them), one in a turn of the event loop.
 */
import { randomUUID } from 'node:crypto';
import type { StockEvent } from '../core/stock/event';
import type { Message } from './red';
import { receivedId } from './request-ids';
import { attach, type InboundRequest, MAX_MESSAGE_EVENTS } from './requests';
import { turn } from './slices';

/**
 * @param req what stands for the request in the messages
 * @param message makes the message around a part of the events; what is large of it belongs to the first part only
 */
export function sendOn(
  request: InboundRequest,
  req: object,
  { events }: { events: StockEvent[] },
  message: (events: StockEvent[], first: boolean) => Message,
  send: (msg: Message) => void,
): Promise<void> | void {
  const _msgid = receivedId();
  const count = Math.ceil(events.length / MAX_MESSAGE_EVENTS);
  if (count > 1)
    return sendParts(request, req, events, count, (part, first) => ({ _msgid, ...message(part, first) }), send);
  attach(request, req, events, _msgid);
  send({ _msgid, ...message(events, true) });
}

async function sendParts(
  request: InboundRequest,
  req: object,
  events: StockEvent[],
  count: number,
  message: (events: StockEvent[], first: boolean) => Message,
  send: (msg: Message) => void,
): Promise<void> {
  request.expect(count, events.length);
  const id = randomUUID();
  const len = MAX_MESSAGE_EVENTS;
  for (let index = 0; index < count; index++) {
    // Not proven, or not storable: the rest need not go the same way.
    if (request.failed) return;
    const part = events.slice(index * len, (index + 1) * len);
    const msg = message(part, index === 0);
    attach(request, req, part, msg._msgid);
    send({ ...msg, parts: { id, type: 'array', index, count, len } });
    await turn();
  }
}
