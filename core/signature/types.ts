/**
 * What a signature scheme is made of, what is checked with it, and what comes out. A scheme is plain data: presets.ts
 * holds those of known senders, an operator can put together any other.
 */
export const ALGORITHMS = ['sha256', 'sha512', 'sha1'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
export const ENCODINGS = ['hex', 'base64'] as const;
export type Encoding = (typeof ENCODINGS)[number];
export const SECRET_ENCODINGS = ['utf8', 'hex', 'base64'] as const;
export type SecretEncoding = (typeof SECRET_ENCODINGS)[number];

/** `hmac` proves sender and content; `token` and `basic` only that the sender knows a secret. */
export type SchemeKind = 'hmac' | 'token' | 'basic';

export interface Scheme {
  kind: SchemeKind;
  algorithm: Algorithm;
  encoding: Encoding;
  /** Name of the header with the signature (or the token). */
  header: string;
  /** What stands before each signature in the header: `sha256=`, `v1,`, `v1=`; '' = the header is the signature. */
  prefix: string;
  /** Template of the signed bytes, see template.ts. */
  signed: string;
  secretEncoding: SecretEncoding;
  /** Seconds by which a signed time may differ from our clock, in both directions; 0 = not checked. */
  tolerance: number;
  /** Where the signed time stands: `header:<name>`, `json:<path>`, `signature:<name>` (an element of the signature header); '' = none. */
  timestamp: string;
  /** Where the signed id or nonce stands, likewise; '' = none. */
  id: string;
}

/** A request as the check sees it; nothing of it is trusted. */
export interface SignedRequest {
  /** Exactly the bytes that were on the wire. */
  body: Uint8Array;
  method: string;
  /** Path and query as they were sent. */
  target: string;
  /** The address under which the sender reaches us, with path and query; null when `publicUrl` is not set. */
  url: string | null;
  /** As of Node: names in lower case. */
  headers: Record<string, string | string[] | undefined>;
}

export type RejectCode =
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_mismatch'
  | 'secret_expired'
  | 'time_missing'
  | 'time_malformed'
  | 'time_too_old'
  | 'time_in_future'
  | 'id_missing'
  | 'value_missing'
  | 'body_not_json'
  | 'url_unknown'
  | 'token_missing'
  | 'token_wrong';

/** Why it is not proven, in words without secrets. */
export interface Rejection {
  ok: false;
  code: RejectCode;
  message: string;
  /** By how much a signed time is off. */
  seconds?: number;
}

export interface Proof {
  ok: true;
  key: 'current' | 'previous';
  /** Set when a time or an id is signed: what this very request is remembered by, and until when (ms since epoch). */
  once: { key: string; until: number } | null;
}

export type Verdict = Proof | Rejection;

export function reject(code: RejectCode, message: string, seconds?: number): Rejection {
  return { ok: false, code, message, ...(seconds === undefined ? {} : { seconds }) };
}
