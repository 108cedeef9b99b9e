/**
 * The HTTP client of delivery. Redirects are never followed (the key must not travel), answers are read up to a limit,
 * and for every failure it is known whether the request can have left: only then may the outcome be open.
 */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import axios, { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { guardedLookup, isForbiddenHost, isLoopbackHost } from './addresses';
import { ANSWER_LIMIT, type HttpClient, type HttpFault, type HttpNoAnswer, type HttpRequest } from './http';

export interface ClientOptions {
  /** Milliseconds, monotonic. */
  now?: () => number;
  answerLimit?: number;
  /** Trusted certificates beside the system's (tests). */
  ca?: string;
}

export interface AxiosClient {
  request: HttpClient;
  /** Closes idle connections. */
  close(): void;
}

/**
 * What axios does for Node.js. Its layers above this merge settings, transform contents and run interceptors, of which
 * nothing is used here; for a push of a single item they took twice as long as the request itself.
 */
const send = axios.getAdapter('http') as (config: InternalAxiosRequestConfig) => Promise<AxiosResponse<Readable>>;

export function axiosClient(options: ClientOptions = {}): AxiosClient {
  const now = options.now ?? (() => performance.now());
  const limit = options.answerLimit ?? ANSWER_LIMIT;
  const agents = {
    httpAgent: new http.Agent({ keepAlive: true }),
    httpsAgent: new https.Agent({ keepAlive: true, ...(options.ca === undefined ? {} : { ca: options.ca }) }),
  };

  const request: HttpClient = async (req) => {
    const start = now();
    const state = { sent: false, statusCode: null as number | null, tooLong: false };
    const stop = new AbortController();
    const { signal } = stop;
    let late = false;
    const timeout = setTimeout(() => {
      late = true;
      stop.abort();
    }, req.timeout);
    const aborted = () => stop.abort();
    req.signal?.addEventListener('abort', aborted, { once: true });
    if (req.signal?.aborted) aborted();
    const url = URL.parse(req.url);
    const loopback = url !== null && isLoopbackHost(url);
    try {
      if (req.loopbackOnly && !loopback)
        throw Object.assign(new Error('not this machine'), { code: 'ADDRESS_REFUSED' });
      // An address that is no name is not looked up, so it is judged here; names are judged by what they lead to.
      if (url && isForbiddenHost(url))
        throw Object.assign(new Error('link-local addresses are never reached'), { code: 'ADDRESS_REFUSED' });
      const response = await send({
        url: req.url,
        method: req.method,
        headers: AxiosHeaders.from(req.headers),
        ...(req.body === undefined ? {} : { data: Buffer.from(req.body) }),
        ...agents,
        ...(loopback ? { proxy: false as const } : {}),
        transport: watched(() => {
          state.sent = true;
        }),
        lookup: guardedLookup(req.loopbackOnly ?? false) as never,
        maxRedirects: 0,
        // Unpacked here: axios takes a packed answer that was cut for a whole one.
        decompress: false,
        maxBodyLength: Number.POSITIVE_INFINITY,
        responseType: 'stream',
        validateStatus: () => true,
        signal,
      });
      state.statusCode = response.status;
      const tooLong = () => {
        state.tooLong = true;
      };
      const body = await unpacked(await read(response.data, limit, signal, tooLong), response, limit, tooLong);
      return {
        answered: true,
        statusCode: response.status,
        statusText: response.statusText,
        headers: flat(response.headers),
        body,
        duration_ms: Math.round(now() - start),
      };
    } catch (thrown) {
      const fault = state.tooLong
        ? 'answer_too_long'
        : late
          ? 'timeout'
          : req.signal?.aborted
            ? 'aborted'
            : faultOf(thrown, state.sent);
      return noAnswer(fault, thrown, state, Math.round(now() - start), req);
    } finally {
      clearTimeout(timeout);
      req.signal?.removeEventListener('abort', aborted);
    }
  };

  return {
    request,
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

/** Node's own client, telling when the connection stands: from then on the request may have arrived. */
function watched(onSent: () => void) {
  return {
    request(options: https.RequestOptions, handle: (res: http.IncomingMessage) => void): http.ClientRequest {
      const secure = options.protocol === 'https:';
      const req = (secure ? https : http).request(options, handle);
      let interim = 0;
      req.on('information', () => {
        interim += 1;
        if (interim > MAX_INTERIM) req.destroy(unreadable('interim answers without end'));
      });
      // Node ends a request with this, so that destroying it would tell nobody.
      req.on('upgrade', (_res, socket) => {
        socket.destroy();
        req.emit('error', unreadable('another protocol was offered'));
      });
      req.on('socket', (socket: Socket) => {
        const stands = secure ? (socket as TLSSocket).authorized : !socket.connecting && !socket.destroyed;
        if (req.reusedSocket || stands) onSent();
        else socket.once(secure ? 'secureConnect' : 'connect', onSent);
      });
      return req;
    },
  };
}

/** The bytes that were packed for the way; a packed answer that ends too early is an error, not a short answer. */
async function unpacked(
  bytes: Buffer,
  { headers }: AxiosResponse,
  limit: number,
  tooLong: () => void,
): Promise<Buffer> {
  const encoding = String(headers['content-encoding'] ?? '').toLowerCase();
  // Servers also say of nothing at all that it is packed: a 204 is as good as any.
  if (encoding === '' || encoding === 'identity' || bytes.length === 0) return bytes;
  const unpack = UNPACK[encoding];
  if (!unpack) throw unreadable(`packed as ${encoding.slice(0, 50)}`);
  try {
    return await unpack(bytes, { maxOutputLength: limit });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') tooLong();
    throw thrown;
  }
}

type Unpack = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const UNPACK: Record<string, Unpack> = {
  gzip: promisify<Buffer, object, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, object, Buffer>(gunzip),
  deflate: promisify<Buffer, object, Buffer>(inflate),
  br: promisify<Buffer, object, Buffer>(brotliDecompress),
};

/** Interim answers (1xx) that are passed over. */
const MAX_INTERIM = 100;

function unreadable(why: string): Error {
  return Object.assign(new Error(why), { code: 'ANSWER_UNREADABLE' });
}

async function read(stream: Readable, limit: number, signal: AbortSignal, tooLong: () => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  const abort = () => stream.destroy(new Error('aborted'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const part of stream) {
      size += (part as Buffer).length;
      if (size > limit) {
        tooLong();
        throw new Error(`the answer is longer than ${limit} bytes`);
      }
      parts.push(part as Buffer);
    }
  } finally {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  }
  return Buffer.concat(parts);
}

const NOT_FOUND = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA']);
const TLS =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;
const UNREADABLE = /^(ANSWER_UNREADABLE|HPE_|Z_|ERR_BROTLI|ERR__ERROR_|ERR_PADDING)/;
const MISBUILT = new Set([
  'ERR_INVALID_CHAR',
  'ERR_INVALID_URL',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_UNESCAPED_CHARACTERS',
]);

function faultOf(thrown: unknown, sent: boolean): HttpFault {
  const { code = '' } = thrown as NodeJS.ErrnoException;
  if (code === 'ADDRESS_REFUSED') return 'address_refused';
  // HTTP that is none, a head that does not end, a body that is not packed as it says.
  if (UNREADABLE.test(code)) return 'answer_unreadable';
  if (sent) return 'connection_lost';
  if (NOT_FOUND.has(code)) return 'name_not_found';
  if (TLS.test(code)) return 'tls';
  if (MISBUILT.has(code) || code === 'ERR_BAD_REQUEST' || code === 'ERR_BAD_OPTION_VALUE') return 'bad_request';
  return 'connection_refused';
}

function noAnswer(
  fault: HttpFault,
  thrown: unknown,
  state: { sent: boolean; statusCode: number | null },
  duration: number,
  req: HttpRequest,
): HttpNoAnswer {
  const { code, message } = thrown as NodeJS.ErrnoException;
  const text = [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return {
    answered: false,
    sent: state.sent,
    fault,
    detail: fault === 'timeout' ? `no complete answer within ${req.timeout / 1000} s` : text.slice(0, 300),
    statusCode: state.statusCode,
    duration_ms: duration,
  };
}

function flat(headers: object): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && value !== null) out[name.toLowerCase()] = String(value);
  }
  return out;
}
