/**
 * Why a pasted request does not verify, step by step, and what to change: the check itself is the Verifier's; when it says
 * no, near settings and near bodies are tried, and the one that fits is named. Neither a secret nor the expected signature
 * is part of what is told.
 */
import { ConfigError } from '../errors';
import { nearBodies, type PastedHeaders } from './pasted';
import { PRESETS } from './presets';
import { basicOf, sameText, tokenOf } from './shared-secret';
import { decodeTag, elements } from './tags';
import { headerText } from './template';
import { ALGORITHMS, ENCODINGS, type Scheme, SECRET_ENCODINGS, type SignedRequest, type Verdict } from './types';
import { DIGEST_BYTES, type Secrets, Verifier } from './verify';

/** In the order in which they are checked. */
export const STEPS = ['setup', 'header', 'form', 'parts', 'match', 'time'] as const;
export type Step = (typeof STEPS)[number];

export interface Explanation {
  verified: boolean;
  /** The step that differs; `done` when none does. */
  step: Step | 'done';
  /** Stable; the dialog has a text for each (`verify.<code>`). */
  code: string;
  values: Record<string, string | number>;
  /** Settings with which the request verifies (or comes further). */
  fix: Partial<Scheme> | null;
}

export interface PastedRequest extends PastedHeaders {
  body: string;
  /** Our address as the sender knows it, with path and query, or null. */
  url: string | null;
}

/** Beyond this, near bodies are tried with the settings as they are only. */
const LARGE = 65_536;

export function explain(scheme: Scheme, secrets: Secrets, pasted: PastedRequest, now: () => number): Explanation {
  const check = (settings: Scheme, body = pasted.body, own = secrets): Verdict =>
    new Verifier(settings, own, now).verify(requestOf(pasted, body));
  let verdict: Verdict;
  try {
    verdict = check(scheme);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return { verified: false, step: 'setup', code: 'setup', values: { reason: thrown.message }, fix: null };
  }
  if (verdict.ok) return done(verdict.key === 'previous' ? 'verified_previous' : 'verified');
  const { code } = verdict;
  const header = { header: scheme.header };
  if (code === 'time_too_old' || code === 'time_in_future')
    return no('time', code, { seconds: verdict.seconds ?? 0, tolerance: scheme.tolerance });
  if (code === 'time_malformed') return no('time', code, { source: scheme.timestamp });
  if (code === 'secret_expired') return no('match', code);
  if (scheme.kind !== 'hmac') return explainShared(scheme, secrets, pasted, code);

  const fits = (settings: Scheme, body?: string, own?: Secrets): boolean => {
    try {
      return check({ ...settings, tolerance: 0 }, body, own).ok;
    } catch {
      return false;
    }
  };
  if (code === 'signature_missing') return explainHeader(scheme, pasted, fits);
  if (code === 'signature_malformed') {
    const value = headerText(requestOf(pasted, ''), scheme.header) ?? '';
    const forms = formsOf(value);
    const form = forms.find((each) => fitsSome({ ...scheme, ...each }, pasted.body, fits)) ?? forms[0];
    if (!form) return no('form', looksCut(value) ? 'signature_cut' : 'signature_malformed', { ...header });
    const differs = (['prefix', 'encoding', 'algorithm'] as const).find((name) => form[name] !== scheme[name])!;
    return no('form', `${differs}_other`, { ...header, set: scheme[differs], found: form[differs] }, form);
  }
  if (code !== 'signature_mismatch')
    return no('parts', code, {
      source: code === 'time_missing' ? scheme.timestamp : code === 'id_missing' ? scheme.id : scheme.signed,
      reason: verdict.message,
    });
  return explainMismatch(scheme, secrets, pasted, fits);
}

type Fits = (settings: Scheme, body?: string, own?: Secrets) => boolean;

function explainMismatch(scheme: Scheme, secrets: Secrets, pasted: PastedRequest, fits: Fits): Explanation {
  const near = nearBodies(pasted.body).find(({ text }) => fits(scheme, text));
  if (near) return done(`body_${near.change}`);
  const bare = { ...secrets, current: secrets.current.trim() };
  if (bare.current !== secrets.current && fitsSome(scheme, pasted.body, fits, bare))
    return no('match', 'secret_blanks');
  for (const secretEncoding of SECRET_ENCODINGS) {
    if (secretEncoding === scheme.secretEncoding) continue;
    if (fitsSome({ ...scheme, secretEncoding }, pasted.body, fits))
      return no(
        'match',
        'secret_encoding_other',
        { found: secretEncoding, set: scheme.secretEncoding },
        {
          secretEncoding,
        },
      );
  }
  if (scheme.signed.includes('{url}') && pasted.url !== null) {
    for (const url of nearUrls(pasted.url)) {
      if (
        new Verifier({ ...scheme, tolerance: 0 }, secrets, Date.now).verify(requestOf({ ...pasted, url }, pasted.body))
          .ok
      )
        return no('match', 'url_other', { set: pasted.url, found: url });
    }
  }
  for (const other of otherContents(scheme)) {
    if (fitsSome({ ...scheme, ...other }, pasted.body, fits))
      return no('match', 'signed_other', { found: other.signed, set: scheme.signed }, other);
  }
  return no('match', 'signature_mismatch');
}

/** The same address with the other protocol, with and without a slash at its end. */
function nearUrls(url: string): string[] {
  const other = url.replace(/^http(s?):/, (_, s: string) => (s ? 'http:' : 'https:'));
  return [url, other]
    .flatMap((each) => [each.replace(/\/$/, ''), each.replace(/\/?$/, '/')])
    .filter((each) => each !== url);
}

/** What other senders sign: `{timestamp}.{body}`, `{url}{body}`. */
function otherContents(scheme: Scheme): Pick<Scheme, 'signed' | 'timestamp' | 'id'>[] {
  const known = Object.values(PRESETS).filter(({ kind }) => kind === 'hmac');
  return known
    .filter(({ signed }) => signed !== scheme.signed)
    .map(({ signed, timestamp, id }) => ({ signed, timestamp, id }));
}

/** The signature's header is not there: is it under another name? */
function explainHeader(scheme: Scheme, pasted: PastedRequest, fits: Fits): Explanation {
  const candidates = Object.entries(pasted.headers)
    .map(([name, value]) => ({ name, written: pasted.written[name] ?? name, forms: formsOf(value) }))
    .filter(({ forms }) => forms.length > 0)
    .sort((a, b) => Number(alike(b.name, scheme.header)) - Number(alike(a.name, scheme.header)));
  for (const { written, forms } of candidates) {
    for (const form of forms) {
      const fix = { header: written, ...form };
      if (fitsSome({ ...scheme, ...fix }, pasted.body, fits))
        return no('header', 'header_other', { header: scheme.header, found: written }, fix);
    }
  }
  const [first] = candidates;
  if (!first) return no('header', 'signature_missing', { header: scheme.header });
  // Known by name, or the only thing that looks like a signature; whether it fits is not said.
  const fix = { header: first.written, ...first.forms[0]! };
  return no('header', 'header_candidate', { header: scheme.header, found: first.written }, fix);
}

function explainShared(scheme: Scheme, secrets: Secrets, pasted: PastedRequest, code: string): Explanation {
  const value = headerText(requestOf(pasted, ''), scheme.header);
  const header = { header: scheme.header };
  if (value === undefined) return no('header', 'token_missing', header);
  if (code === 'token_wrong') {
    const given = scheme.kind === 'basic' ? basicOf(value) : tokenOf(value, scheme.prefix);
    if (given !== undefined && sameText(given, secrets.current.trim())) return no('match', 'secret_blanks');
    if (scheme.kind === 'basic' && given?.includes(':') && !secrets.current.includes(':'))
      return no('match', 'basic_without_name');
    return no('match', 'token_wrong');
  }
  if (scheme.kind === 'basic') return no('form', 'basic_malformed', header);
  const blank = value.indexOf(' ');
  const prefix = blank < 0 ? '' : value.slice(0, blank + 1);
  return no('form', 'prefix_other', { ...header, set: scheme.prefix, found: prefix }, { prefix });
}

function fitsSome(scheme: Scheme, body: string, fits: Fits, own?: Secrets): boolean {
  if (fits(scheme, body, own)) return true;
  return body.length <= LARGE && nearBodies(body).some(({ text }) => fits(scheme, text, own));
}

type Form = Pick<Scheme, 'prefix' | 'encoding' | 'algorithm'>;

/** How a header's value can be read as a whole signature. */
function formsOf(value: string): Form[] {
  const prefixes = ['', ...[...value.matchAll(/(?:^|[\s,;])([A-Za-z0-9_.-]{1,40}[=,])/g)].map((match) => match[1]!)];
  const found: Form[] = [];
  for (const prefix of new Set(prefixes))
    for (const text of elements(value, prefix))
      for (const algorithm of ALGORITHMS)
        for (const encoding of ENCODINGS)
          if (decodeTag(text, encoding, DIGEST_BYTES[algorithm])) found.push({ prefix, encoding, algorithm });
  return found;
}

/** The beginning or a piece of a signature, as logs shorten long values. */
const looksCut = (value: string): boolean => /^[\w+/=.,-]{8,}(?:…|\.\.\.)?$/.test(value.trim());

/** `X_Signature`, `Signature` and `X-Signature` are told as one name. */
function alike(a: string, b: string): boolean {
  const plain = (name: string) =>
    name
      .toLowerCase()
      .replace(/^(http[-_])?(x[-_])?/, '')
      .replace(/[^a-z0-9]/g, '');
  return plain(a) === plain(b);
}

function requestOf({ headers, method, target, url }: PastedRequest, body: string): SignedRequest {
  return { body: Buffer.from(body), method: method ?? 'POST', target: target ?? '/', url, headers };
}

const done = (code: string): Explanation => ({ verified: true, step: 'done', code, values: {}, fix: null });

const no = (
  step: Step,
  code: string,
  values: Explanation['values'] = {},
  fix: Partial<Scheme> | null = null,
): Explanation => ({ verified: false, step, code, values, fix });
