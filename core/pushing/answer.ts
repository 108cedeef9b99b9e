/**
 * What an answer, or its absence, says about what was sent. The rule behind every row: an outage is not a refusal.
 * Only an answer that names an item says something about that item.
 */
import type { Reach } from '../ledger/ledger';
import { parseRetryAfter } from '../retrying/backoff';
import type { HttpAnswer, HttpFault, HttpResult } from './http';
import { firstText, isRecord, type Named, type NamingProfile, namedItems, type Sent } from './naming';
import type { Redact } from './redact';

export type Verdict =
  /** 2xx: taken, but for `refused`. */
  | { kind: 'accepted'; refused: Named[] }
  /** Not a success, but it named items: those are refused, the rest is to be sent again. */
  | { kind: 'named'; refused: Named[] }
  /** The request as a whole was refused and nobody named: halve. */
  | { kind: 'form'; code: string; message: string }
  /** Says nothing about any item. `retryable`: at once; `uncertain`: it may have been applied all the same. */
  | {
      kind: 'outage';
      code: string;
      message: string;
      reach: Reach;
      retryable: boolean;
      uncertain: boolean;
      retryAfter: number | null;
    }
  /** Written, and no complete answer: nobody knows. */
  | { kind: 'unknown'; code: string; message: string; retryAfter: number | null };

/** The body of an answer, read once. */
export interface Parsed {
  shape: 'json' | 'empty' | 'html' | 'text';
  /** The JSON value, or the text. */
  value: unknown;
  /** One line for history and status. */
  summary: string;
}

const MESSAGES = ['message', 'error_description', 'error', 'detail', 'title', 'status'] as const;

/** Characters of an answer that are looked through for what to show. */
const SHOWN = 20_000;
const MAX_DEPTH = 10_000;
const UTF8 = new TextDecoder('utf-8');

/** Judged by the body, whatever its Content-Type says. @param clean cuts secrets out of what is shown */
export function parseBody(body: Uint8Array, clean: Redact = (text) => text): Parsed {
  const text = UTF8.decode(body).trim();
  if (text === '') return { shape: 'empty', value: undefined, summary: '' };
  try {
    if (isTooDeep(text)) throw new SyntaxError('no answer is nested so deep');
    const value: unknown = JSON.parse(text, keepDigits);
    return { shape: 'json', value, summary: oneLine(summaryOf(value) ?? text, clean) };
  } catch {
    return {
      shape: text.startsWith('<') ? 'html' : 'text',
      value: text,
      summary: oneLine(
        clean(text)
          .slice(0, SHOWN)
          .replace(/<[^<>]*>/g, ' '),
        clean,
      ),
    };
  }
}

/** Nesting that costs more to read than anything in it can be worth. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length && depth < MAX_DEPTH; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) depth += 1;
    else if (code === 93 || code === 125) depth -= 1;
  }
  return depth >= MAX_DEPTH;
}

/** Identifiers told as numbers keep every digit. */
const keepDigits = ((_key: string, value: unknown, context: { source?: string }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? context.source
    : value) as (key: string, value: unknown) => unknown;

function summaryOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const direct = firstText(value, MESSAGES);
  if (direct) return direct;
  return isRecord(value.error) ? firstText(value.error, MESSAGES) : undefined;
}

function oneLine(text: string, clean: Redact): string {
  // Secrets go first, so that none is cut in two.
  return clean(clean(text).slice(0, SHOWN).replace(/\s+/g, ' ').trim()).slice(0, 500);
}

export interface Judging {
  sent: Sent;
  profile: NamingProfile;
  /** Cuts secrets out of the platform's words. */
  clean?: Redact;
  /** Result of the outlet's own success expression over the body of a 2xx; undefined = none is set. */
  success?: boolean | undefined;
  /** Milliseconds since epoch. */
  now: number;
}

/** @param parsed body of a complete answer */
export function judge(result: HttpResult, parsed: Parsed | null, judging: Judging): Verdict {
  if (!result.answered) return judgeFault(result.fault, result.detail, result.sent);
  const { statusCode } = result;
  const body = parsed ?? parseBody(result.body, judging.clean);
  const named = AWAY.has(statusCode) ? [] : namedItems(body.value, judging.sent, judging.profile, judging.clean);
  if (statusCode >= 200 && statusCode < 300) return judgeSuccess(result, body, named, judging);
  if (named.length > 0) return { kind: 'named', refused: named };
  const outage = outageOf(statusCode);
  const message = `HTTP ${statusCode}${body.summary === '' ? '' : `: ${body.summary}`}`;
  const retryAfter = askedToWait(result, judging.now);
  if (outage === 'unknown') return { kind: 'unknown', code: 'gateway_timeout', message, retryAfter };
  if (outage) return { kind: 'outage', message, retryAfter, ...outage };
  return { kind: 'form', code: statusCode === 413 ? 'payload_too_large' : `http_${statusCode}`, message };
}

function judgeSuccess(result: HttpAnswer, body: Parsed, named: Named[], { success, now }: Judging): Verdict {
  const apis = body.shape === 'json' || body.shape === 'empty' || (body.shape === 'text' && success === true);
  if (apis && success !== false) return { kind: 'accepted', refused: named };
  if (apis && named.length > 0) return { kind: 'named', refused: named };
  return {
    kind: 'outage',
    ...(apis
      ? {
          code: 'answer_not_success',
          message: `HTTP ${result.statusCode}, but the answer is no success: ${body.summary}`,
        }
      : { code: 'not_an_api', message: `HTTP ${result.statusCode}, but the answer is not JSON: ${body.summary}` }),
    reach: 'not_reachable',
    retryable: false,
    uncertain: true,
    retryAfter: askedToWait(result, now),
  };
}

/** A day: a platform that says more has sent nonsense, and the shop would wait for ever. */
const LONGEST_S = 86_400;

function askedToWait(result: HttpAnswer, now: number): number | null {
  const seconds = parseRetryAfter(result.headers['retry-after'], now);
  return seconds === null ? null : Math.min(seconds, LONGEST_S);
}

/** Answers about who asks or when, never about an item, even where their body lists items. */
const AWAY = new Set([401, 408, 425, 429, 502, 503, 504, 524]);

type OutageRow = { code: string; reach: Reach; retryable: boolean; uncertain: boolean };

/** The row of a status that says nothing about an item; `unknown` when a gateway gave up waiting; null for a refused form. */
function outageOf(status: number): OutageRow | 'unknown' | null {
  if (status === 504 || status === 524) return 'unknown';
  if (status >= 500 || status < 200) return row('platform_error', 'not_reachable', true, true);
  if (status >= 300 && status < 400) return row('redirect', 'not_reachable', false, false);
  switch (status) {
    case 401:
    case 403:
      return row('key_refused', 'key_refused', false, false);
    case 404:
      return row('address_not_found', 'not_reachable', false, false);
    case 405:
      return row('method_refused', 'not_reachable', false, false);
    case 408:
      return row('platform_timeout', 'not_reachable', true, true);
    case 425:
      return row('too_early', 'not_reachable', true, false);
    case 429:
      return row('rate_limited', 'not_reachable', true, false);
    default:
      return null;
  }
}

function row(code: string, reach: Reach, retryable: boolean, uncertain: boolean): OutageRow {
  return { code, reach, retryable, uncertain };
}

const NOT_RETRYABLE: ReadonlySet<HttpFault> = new Set(['tls', 'address_refused', 'bad_request']);

function judgeFault(fault: HttpFault, detail: string, sent: boolean): Verdict {
  if (sent) return { kind: 'unknown', code: fault, message: detail, retryAfter: null };
  return {
    kind: 'outage',
    code: fault,
    message: detail,
    reach: 'not_reachable',
    retryable: !NOT_RETRYABLE.has(fault),
    uncertain: false,
    retryAfter: null,
  };
}
