/** Bodies of requests: the bytes that were on the wire, and what they hold once decompressed. Both within a limit. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { InvalidInputError } from '../../core/errors';
import { shared } from '../shared';
import { Gate } from './gate';
import type { Lease } from './in-flight';
import { HttpProblem } from './replies';

/** A body has to arrive within this time, so that slow senders cannot keep everybody else out. */
const READ_TIMEOUT_MS = 60_000;
/** After an early answer the rest of a body is read and thrown away this long, so that the sender sees the answer. */
const DRAIN_MS = 5_000;

const gunzipped = promisify(gunzip);
const inflated = promisify(inflate);
const unbrotlied = promisify(brotliDecompress);

/** The client went away before its body was complete: there is nobody to answer. */
export class ClientGone extends Error {}

export interface BodyOptions {
  /** Bytes. */
  limit: number;
  lease: Lease;
  timeout?: number;
}

const tooLarge = (limit: number) =>
  new HttpProblem(413, 'too_large', `The body is larger than ${limit} bytes. Send it in smaller pieces.`);
export const overloaded = () =>
  new HttpProblem(503, 'overloaded', 'Too much is arriving at once. Nothing was stored; send it again.', 1);

/**
 * Reads the body as it was on the wire. Declared length is judged before a byte is read, counted length while reading.
 * @throws HttpProblem 413, 503, 408, or 503 `body_already_read`; ClientGone
 */
export function readBody(
  req: IncomingMessage,
  { limit, lease, timeout = READ_TIMEOUT_MS }: BodyOptions,
): Promise<Buffer> {
  const parsed = req as IncomingMessage & { rawBody?: unknown; _body?: unknown; body?: unknown };
  // The host program of an embedded Node-RED may keep the bytes itself.
  if (Buffer.isBuffer(parsed.rawBody)) {
    const raw = parsed.rawBody;
    return raw.length > limit ? Promise.reject(tooLarge(limit)) : Promise.resolve(raw);
  }
  if (parsed._body || parsed.body !== undefined || req.readableEnded) return Promise.reject(alreadyRead());
  const declared = req.headers['content-length'];
  if (declared !== undefined && Number(declared) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(
      () => end(() => reject(new HttpProblem(408, 'too_slow', 'The body did not arrive in time. Send it again.'))),
      timeout,
    );
    lease.reading(() => end(() => reject(overloaded())));
    const end = (act: () => void) => {
      clearTimeout(timer);
      lease.read();
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      act();
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) end(() => reject(tooLarge(limit)));
      else if (!lease.take(chunk.length)) end(() => reject(overloaded()));
      else chunks.push(chunk);
    };
    const onEnd = () => end(() => resolve(Buffer.concat(chunks, length)));
    const onGone = () => end(() => reject(new ClientGone('the client closed the connection')));
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

function alreadyRead(): HttpProblem {
  return new HttpProblem(
    503,
    'body_already_read',
    'The program around Node-RED read this request before Shelfwire could, so its signature cannot be checked. ' +
      'Mount RED.httpNode before any body parser, or keep the bytes in req.rawBody. Nothing was stored.',
    60,
  );
}

/**
 * Reads and drops what is left of a body that was answered early, then calls `done`: closing the connection while a
 * sender still writes would take the answer from it. A sender that does not end is cut off.
 */
export function drain(req: IncomingMessage, done: () => void): void {
  if (req.complete || req.destroyed) {
    done();
    return;
  }
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    done();
    if (!req.complete) req.destroy();
  };
  const timer = setTimeout(end, DRAIN_MS);
  timer.unref();
  req.on('error', end).once('end', end).once('close', end);
  req.resume();
}

/**
 * What the body holds once its Content-Encoding is undone; the same buffer when it has none.
 * @throws HttpProblem 413 when it grows above the limit; InvalidInputError `malformed_encoding`
 */
export async function decodeBody(raw: Buffer, encoding: string, { limit, lease }: BodyOptions): Promise<Buffer> {
  const decoder = DECODERS[encoding];
  if (!decoder || raw.length === 0) return raw;
  const leave = await unpacking().enter(Math.min(limit, raw.length * MAX_RATIO));
  let content: Buffer;
  try {
    content = await decoder(raw, { maxOutputLength: Math.max(limit, 1) });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw new InvalidInputError(
      'malformed_encoding',
      `The body is not ${encoding}, although its Content-Encoding says so. Mend the sender.`,
    );
  } finally {
    leave();
  }
  if (content.length > limit) throw tooLarge(limit);
  if (!lease.take(content.length)) throw overloaded();
  return content;
}

/** What nobody has proven yet is unpacked a few at a time, however many arrive. */
const UNPACKING = 64 * 1024 * 1024;
const MAX_RATIO = 1032;
const unpacking = () => shared('http-unpacking', () => new Gate(UNPACKING));

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const DECODERS: Record<string, Decoder> = {
  gzip: (bytes, options) => gunzipped(bytes, options),
  'x-gzip': (bytes, options) => gunzipped(bytes, options),
  deflate: (bytes, options) => inflated(bytes, options),
  br: (bytes, options) => unbrotlied(bytes, options),
};

/** The request's Content-Encoding. @throws HttpProblem 415 for one that cannot be undone */
export function contentEncoding(req: IncomingMessage): string {
  const encoding = (req.headers['content-encoding'] ?? 'identity').trim().toLowerCase() || 'identity';
  if (encoding === 'identity' || Object.hasOwn(DECODERS, encoding)) return encoding;
  throw new HttpProblem(
    415,
    'unknown_encoding',
    `Content-Encoding ${encoding.slice(0, 40)} is not understood. Send gzip, deflate, br or none.`,
  );
}

/** The request's media type in lower case without parameters; '' when none is given. */
export function mediaType(req: IncomingMessage): string {
  return (req.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** @throws HttpProblem 415 unless the type is absent or one of `types` (`application/json` also allows `+json`) */
export function checkType(req: IncomingMessage, types: readonly string[]): void {
  const type = mediaType(req);
  if (type === '' || types.includes(type)) return;
  if (types.includes('application/json') && type.endsWith('+json')) return;
  throw new HttpProblem(
    415,
    'wrong_type',
    `Content-Type ${type.slice(0, 60)} is not taken here. Send ${types.join(' or ')}.`,
  );
}
