/**
 * What a signature scheme is made of, and the check that its parts fit together. A scheme is plain data: presets.ts holds
 * those of known senders, an operator can put together any other.
 */
import { ConfigError } from '../errors';
import { compileTemplate } from './template';

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
}

export interface Proof {
  ok: true;
  key: 'current' | 'previous';
  /** Set when a time or an id is signed: what this very request is remembered by, and until when (ms since epoch). */
  once: { key: string; until: number } | null;
}

export type Verdict = Proof | Rejection;

export function reject(code: RejectCode, message: string): Rejection {
  return { ok: false, code, message };
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SOURCE = /^(header|json|signature):(.+)$/;

/** @throws ConfigError naming the property that is wrong and the remedy */
export function checkScheme(scheme: Scheme): void {
  if (!HEADER_NAME.test(scheme.header))
    throw new ConfigError(
      `"${scheme.header}" is not the name of a header. Write it like X-Signature.`,
      'header_invalid',
    );
  if (scheme.kind !== 'hmac') return;
  oneOf('algorithm', scheme.algorithm, ALGORITHMS);
  oneOf('encoding', scheme.encoding, ENCODINGS);
  oneOf('secretEncoding', scheme.secretEncoding, SECRET_ENCODINGS);
  if (!Number.isFinite(scheme.tolerance) || scheme.tolerance < 0)
    throw new ConfigError('The tolerance has to be a number of seconds, 0 or more.', 'tolerance_invalid');
  const template = compileTemplate(scheme.signed);
  if (template.names.length === 0)
    throw new ConfigError(
      `What is signed ("${scheme.signed}") names no part of the request, so every request would pass. Use for instance {body}.`,
      'signed_invalid',
    );
  for (const [property, placeholder] of [
    ['timestamp', '{timestamp}'],
    ['id', '{id}'],
  ] as const) {
    const source = scheme[property];
    if (source !== '' && !isSource(source))
      throw new ConfigError(
        `"${source}" does not say where the ${property} is. Write header:<name>, json:<path> or signature:<name>.`,
        `${property}_invalid`,
      );
    if (source === '' && template.names.includes(placeholder.slice(1, -1)))
      throw new ConfigError(
        `What is signed contains ${placeholder}, but it is not said where the ${property} is.`,
        `${property}_missing`,
      );
    if (source !== '' && !covered(source, placeholder.slice(1, -1), template.names))
      throw new ConfigError(
        `The ${property} (${source}) is not part of what is signed, so it proves nothing. Add ${placeholder} to what is signed, or leave the ${property} empty.`,
        `${property}_unsigned`,
      );
  }
  if (scheme.tolerance > 0 && scheme.timestamp === '')
    throw new ConfigError(
      'A tolerance needs a signed time. Say where the time is, or set the tolerance to 0.',
      'tolerance_without_time',
    );
}

export function isSource(source: string): boolean {
  const match = SOURCE.exec(source);
  return match !== null && (match[1] === 'json' || HEADER_NAME.test(match[2]!));
}

/** True when changing the value would change the signed bytes. */
function covered(source: string, placeholder: string, names: string[]): boolean {
  if (names.includes(placeholder)) return true;
  return source.startsWith('json:') && (names.includes('body') || names.includes(source));
}

function oneOf(property: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw new ConfigError(`"${value}" is not a known ${property}. Choose one of ${allowed.join(', ')}.`);
}
