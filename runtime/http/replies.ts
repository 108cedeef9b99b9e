/** Answers over HTTP: always JSON with `message`, never a stack trace. */
import type { ServerResponse } from 'node:http';
import { InvalidInputError, OverloadError, ShelfwireError, StorageError } from '../../core/errors';

/** A request that is answered before any flow sees it. */
export class HttpProblem extends ShelfwireError {
  readonly status: number;
  /** Seconds, for 429 and 503. */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, message: string, retryAfter: number | null = null) {
    super(code, message, { retryable: retryAfter !== null });
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export interface Reply {
  status: number;
  /** An object with `message`; none = no body (204). */
  body?: { message: string } & Record<string, unknown>;
  retryAfter?: number | null;
}

/** The answer to an error; what is not one of ours says nothing of the inside. */
export function replyOf(thrown: unknown): Reply {
  if (thrown instanceof HttpProblem)
    return { status: thrown.status, body: { message: thrown.message }, retryAfter: thrown.retryAfter };
  if (thrown instanceof OverloadError)
    return { status: 503, body: { message: thrown.message }, retryAfter: thrown.retryAfter };
  if (thrown instanceof StorageError) return { status: 503, body: { message: thrown.message }, retryAfter: 5 };
  if (thrown instanceof InvalidInputError) return { status: 400, body: { message: thrown.message } };
  return {
    status: 500,
    body: { message: 'Something went wrong here; nothing is known to be stored. Send it again.' },
  };
}

/** What every answer of ours carries: it is data, never a page, and nobody's to keep. */
export function setSafeHeaders(res: ServerResponse): void {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  res.removeHeader('X-Powered-By');
}

/**
 * Answers once: does nothing when an answer has left already or the client is gone.
 * @param whenRead ends the answer once the rest of the request was read; default at once
 */
export function send(res: ServerResponse, reply: Reply, whenRead?: (end: () => void) => void): void {
  if (res.headersSent || res.writableEnded || res.destroyed) return;
  res.statusCode = reply.status;
  if (reply.retryAfter) res.setHeader('Retry-After', String(Math.max(1, Math.ceil(reply.retryAfter))));
  setSafeHeaders(res);
  const bytes = reply.body ? Buffer.from(JSON.stringify(reply.body)) : null;
  if (bytes) {
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.setHeader('Content-Length', bytes.length);
  }
  if (whenRead) {
    if (bytes) res.write(bytes);
    whenRead(() => res.end());
  } else if (bytes) res.end(bytes);
  else res.end();
}
