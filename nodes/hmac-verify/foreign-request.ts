/**
 * Requests that core's http in received: the exact bytes it kept in its raw mode, and a handle, so that record stock can
 * answer them as it answers those of our own receivers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { recordedReply } from '../../runtime/http/answers';
import { send } from '../../runtime/http/replies';
import type { Message } from '../../runtime/red';
import { attach, InboundRequest } from '../../runtime/requests';

/** Core's http in waits for ever; a flow that takes longer than this answers 503 instead of nothing. */
const WAIT_MS = 10 * 60_000;

type CoreRequest = IncomingMessage & { body?: unknown; rawBody?: unknown; originalUrl?: string };

/** The bytes of the request, or null when http in has parsed them. */
export function rawBytes(msg: Message): Buffer | null {
  const req = msg.req as CoreRequest | undefined;
  for (const bytes of [req?.rawBody, req?.body, msg.payload]) if (Buffer.isBuffer(bytes)) return bytes;
  return null;
}

/** Path and query as the sender sent them. */
export function targetOf(req: CoreRequest): string {
  return req.originalUrl ?? req.url ?? '/';
}

/** Gives the request a handle; whoever answers first (record stock, hmac verify, a http response node) counts. */
export function handleFor(msg: Message, bytes: Uint8Array): InboundRequest {
  const req = msg.req as CoreRequest;
  const res = (msg.res as { _res?: ServerResponse } | undefined)?._res;
  const path = targetOf(req).split('?', 1)[0]!;
  const contentType = req.headers['content-type'];
  const request = new InboundRequest({
    sender: `http:${path}`,
    raw: { bytes, origin: path, ...(contentType ? { contentType } : {}) },
    unsigned: 'refuse',
    simulated: req.headers['x-shelfwire-simulated'] === '1',
    wait: WAIT_MS,
    respond: (settlement) => {
      if (res) send(res, recordedReply(settlement, { malformed: false }));
    },
  });
  // Answered by somebody else, or the sender has gone: nothing is left to answer.
  res?.once('close', () => {
    const stored = res.writableFinished && res.statusCode < 400;
    if (!request.open) return;
    request.settle(
      stored
        ? {
            kind: 'recorded',
            result: { received: 0, accepted: 0, duplicate: 0, stale: 0, refused: 0, outcomes: [], refusals: [] },
          }
        : {
            kind: 'unavailable',
            message: 'The request was answered with an error, or the sender has gone.',
            retryAfter: 1,
          },
    );
  });
  attach(request, req, [], msg._msgid);
  return request;
}
