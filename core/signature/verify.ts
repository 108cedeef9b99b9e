/**
 * Proves who sent a request: an HMAC over the exact bytes received, or a shared token or password. Full-length tags only,
 * compared in constant time against two live secrets, so that a secret can be changed without losing a request.
 */
import {
  createHash,
  createHmac,
  createSecretKey,
  type Hash,
  type Hmac,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { InvalidInputError } from '../errors';
import { runThrough, type Steps } from '../steps';
import { exactJson, type JsonValue } from '../stock/exact-json';
import { parseInstant } from '../stock/time';
import { checkScheme } from './scheme';
import { decodeSecret } from './secret';
import { basicOf, sameText, tokenOf } from './shared-secret';
import { decodeTag, elements } from './tags';
import { compileTemplate, headerText, readSource, type Template } from './template';
import { type Proof, type Rejection, reject, type Scheme, type SignedRequest, type Verdict } from './types';

export interface Secrets {
  current: string;
  /** The secret before the last change; '' = none. */
  previous: string;
  /** Milliseconds since epoch after which the previous secret is not accepted; null = until it is removed. */
  previousUntil: number | null;
}

type Key = 'current' | 'previous';

/** How long a request with a signed id but no limited time is remembered. */
const DAY_MS = 86_400_000;
export const DIGEST_BYTES = { sha256: 32, sha512: 64, sha1: 20 } as const;

export class Verifier {
  private readonly scheme: Scheme;
  private readonly template: Template;
  /** Secrets as prepared keys: to prepare one for every request would cost several times the signature itself. */
  private readonly keys: { key: Key; hmac: KeyObject; text: string }[];
  /** A value of the body is signed, so it has to be read. */
  private readonly readsJson: boolean;
  private readonly previousUntil: number;
  private readonly now: () => number;

  /**
   * @param now milliseconds since epoch
   * @throws ConfigError when the scheme does not fit together or a secret is missing or unreadable
   */
  constructor(scheme: Scheme, secrets: Secrets, now: () => number) {
    checkScheme(scheme);
    this.scheme = scheme;
    this.template = compileTemplate(scheme.signed);
    this.readsJson = [...this.template.names, scheme.timestamp, scheme.id].some((name) => name.startsWith('json:'));
    this.now = now;
    this.previousUntil = secrets.previousUntil ?? Number.POSITIVE_INFINITY;
    const encoding = scheme.kind === 'hmac' ? scheme.secretEncoding : 'utf8';
    const prepared = (key: Key, text: string, which: string) => ({
      key,
      hmac: createSecretKey(decodeSecret(text, encoding, which)),
      text,
    });
    this.keys = [prepared('current', secrets.current, 'secret')];
    if (secrets.previous !== '') this.keys.push(prepared('previous', secrets.previous, 'previous secret'));
  }

  verify(request: SignedRequest): Verdict {
    return runThrough(this.steps(request));
  }

  /** The same in steps, for bodies of any length. */
  *steps(request: SignedRequest): Steps<Verdict> {
    return this.scheme.kind === 'hmac' ? yield* this.signature(request) : this.sharedSecret(request);
  }

  private sharedSecret(request: SignedRequest): Verdict {
    const value = headerText(request, this.scheme.header);
    const given = this.scheme.kind === 'basic' ? basicOf(value) : tokenOf(value, this.scheme.prefix);
    if (given === undefined)
      return reject(
        'token_missing',
        `The header ${this.scheme.header} with the ${this.what} is missing or not readable.`,
      );
    return this.judge((key) => sameText(given, key.text), 'token_wrong', `The ${this.what} is not the right one.`);
  }

  private get what(): string {
    return this.scheme.kind === 'basic' ? 'name and password' : 'token';
  }

  private *signature(request: SignedRequest): Steps<Verdict> {
    const { header, prefix, encoding, algorithm } = this.scheme;
    const value = headerText(request, header);
    if (value === undefined || value.trim() === '')
      return reject('signature_missing', `The header ${header} with the signature is missing.`);
    const tags = elements(value, prefix)
      .map((text) => decodeTag(text, encoding, DIGEST_BYTES[algorithm]))
      .filter((tag) => tag !== null);
    if (tags.length === 0)
      return reject(
        'signature_malformed',
        `The header ${header} holds no whole ${algorithm} signature in ${encoding}${prefix ? ` after "${prefix}"` : ''}.`,
      );
    const json = this.readsJson ? yield* jsonOf(request.body) : undefined;
    const timestamp = this.signedValue('timestamp', value, request, json);
    if (typeof timestamp === 'object' && timestamp !== null) return timestamp;
    const id = this.signedValue('id', value, request, json);
    if (typeof id === 'object' && id !== null) return id;
    const signed = this.template.render({ request, json, id, timestamp });
    if (!Array.isArray(signed)) return signed;

    const expected = new Map<Key, Buffer>();
    for (const { key, hmac } of this.keys) expected.set(key, yield* digestOf(createHmac(algorithm, hmac), signed));
    let matched: Buffer | null = null;
    const verdict = this.judge(
      ({ key }) => {
        const own = expected.get(key)!;
        // No early end: every tag is compared with every secret.
        let same = false;
        for (const tag of tags) same = timingSafeEqual(tag, own) || same;
        if (same) matched = own;
        return same;
      },
      'signature_mismatch',
      'The signature does not match: another secret, or the content was changed on the way.',
    );
    if (!verdict.ok || (timestamp === null && id === null)) return verdict;
    return yield* this.inTime(verdict, timestamp, matched!, request);
  }

  /** Compares with every secret; tells which one fitted. */
  private judge(fits: (key: (typeof this.keys)[number]) => boolean, code: Rejection['code'], message: string): Verdict {
    let found: Key | null = null;
    for (const key of this.keys) if (fits(key)) found ??= key.key;
    if (found === null) return reject(code, message);
    if (found === 'previous' && this.now() > this.previousUntil)
      return reject('secret_expired', 'The previous secret was used, which is no longer accepted. Use the new secret.');
    return { ok: true, key: found, once: null };
  }

  /** Text of the signed time or id, null when the scheme has none. */
  private signedValue(
    which: 'timestamp' | 'id',
    signature: string,
    request: SignedRequest,
    json: JsonValue | undefined,
  ): string | null | Rejection {
    const source = this.scheme[which];
    if (source === '') return null;
    const code = which === 'id' ? 'id_missing' : 'time_missing';
    if (source.startsWith('signature:')) {
      const found = elements(signature, `${source.slice('signature:'.length)}=`);
      return found.length === 1 && found[0] !== '' ? found[0]! : reject(code, `The signature header has no ${which}.`);
    }
    const value = readSource(source, request, json);
    if (typeof value === 'string' && value !== '') return value;
    return reject(code, `The signed ${which} (${source}) is missing.`);
  }

  private *inTime(proof: Proof, timestamp: string | null, matched: Buffer, request: SignedRequest): Steps<Verdict> {
    const now = this.now();
    const tolerance = this.scheme.tolerance * 1000;
    let until = now + DAY_MS;
    if (timestamp !== null && tolerance > 0) {
      const sent = readTime(timestamp);
      if (sent === null) return reject('time_malformed', 'The signed time is not a time.');
      if (sent < now - tolerance)
        return reject(
          'time_too_old',
          `The request was signed ${seconds(now - sent)} s ago; ${this.scheme.tolerance} s are allowed. Is a clock wrong?`,
          seconds(now - sent),
        );
      if (sent > now + tolerance)
        return reject(
          'time_in_future',
          `The request was signed ${seconds(sent - now)} s ahead of our clock; ${this.scheme.tolerance} s are allowed. Is a clock wrong?`,
          seconds(sent - now),
        );
      until = sent + tolerance;
    }
    // Two different contents may share a signature only where the body is not signed: it has to be told apart as well.
    const tag = matched.toString('base64');
    const key = this.template.names.includes('body')
      ? tag
      : `${tag}:${(yield* digestOf(createHash('sha256'), [request.body])).toString('base64')}`;
    return { ...proof, once: { key, until } };
  }
}

/** Bytes that are hashed in one step. */
const STEP = 512 * 1024;

function* digestOf(hash: Hash | Hmac, parts: readonly Uint8Array[]): Steps<Buffer> {
  for (const part of parts) {
    if (part.length <= STEP) hash.update(part);
    else
      for (let at = 0; at < part.length; at += STEP) {
        hash.update(part.subarray(at, at + STEP));
        yield;
      }
  }
  return hash.digest();
}

/** Undefined when it is no JSON. */
function* jsonOf(body: Uint8Array): Steps<JsonValue | undefined> {
  try {
    return yield* exactJson(body);
  } catch {
    return undefined;
  }
}

const seconds = (ms: number) => Math.ceil(ms / 1000);

/** Unix seconds (up to 11 digits), milliseconds (12 to 14) or ISO 8601 with a zone, as milliseconds; else null. */
function readTime(text: string): number | null {
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  try {
    return parseInstant(text) / 1000;
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return null;
    throw thrown;
  }
}
