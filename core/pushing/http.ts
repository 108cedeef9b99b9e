/**
 * What delivery needs of HTTP: one request, one complete answer, or why there is none. The client is an argument of
 * everything in this folder, so that rules are tested without a network.
 */
export interface HttpRequest {
  url: string;
  method: 'POST' | 'PUT' | 'GET' | 'HEAD' | 'OPTIONS';
  headers: Record<string, string>;
  body?: Uint8Array;
  /** Milliseconds for the whole exchange: name, connection, request and complete answer. */
  timeout: number;
  /** Aborts the exchange; what was already written counts as sent. */
  signal?: AbortSignal;
  /** Only addresses of this machine may be reached (demo ledgers). */
  loopbackOnly?: boolean;
}

/** A complete answer. */
export interface HttpAnswer {
  answered: true;
  statusCode: number;
  statusText: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
  duration_ms: number;
}

/** Why there is no complete answer. */
export type HttpFault =
  | 'name_not_found'
  | 'connection_refused'
  | 'tls'
  | 'address_refused'
  | 'bad_request'
  | 'timeout'
  | 'connection_lost'
  | 'answer_too_long'
  | 'answer_unreadable'
  | 'aborted';

export interface HttpNoAnswer {
  answered: false;
  /** True once the connection stood: the platform may have got the request and may have applied it. */
  sent: boolean;
  fault: HttpFault;
  /** The system's own text; no secrets. */
  detail: string;
  /** Status of an answer that broke off, when its head had come. */
  statusCode: number | null;
  duration_ms: number;
}

export type HttpResult = HttpAnswer | HttpNoAnswer;
/** Never rejects. */
export type HttpClient = (request: HttpRequest) => Promise<HttpResult>;

/** More than any platform's answer to 500 items needs; what is longer is cut and counts as no complete answer. */
export const ANSWER_LIMIT = 1024 * 1024;
