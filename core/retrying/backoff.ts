/** When to try again: exponential back-off with jitter; what the platform asks for wins when it is longer. Pure. */
import { parseHttpDate } from '../http-date';

export interface Backoff {
  /** How many times in all, the first included. */
  attempts: number;
  /** Seconds before the second attempt. */
  delay: number;
  /** The delay grows by this. */
  factor: number;
  /** Seconds; the delay grows no further. */
  maxDelay: number;
  /** Share of the delay, 0 to 1, by which it varies at random either way, so that outlets do not all return at once. */
  jitter: number;
}

/** A wait longer than this is the ledger's business, which keeps it through a restart; in seconds. */
export const LONGEST_WAIT = 900;

/**
 * Milliseconds to wait after attempt number `attempt` (from 1) failed.
 * @param retryAfter seconds the platform asked for, or null
 * @param random 0 ≤ x < 1
 */
export function delayAfter(attempt: number, backoff: Backoff, retryAfter: number | null, random: () => number): number {
  const plain = Math.min(backoff.delay * backoff.factor ** (attempt - 1), backoff.maxDelay);
  const varied = Math.min(plain * (1 - backoff.jitter + 2 * backoff.jitter * random()), backoff.maxDelay);
  return Math.round(Math.max(varied, retryAfter ?? 0) * 1000);
}

/** What a failed message gets: another try after `wait` ms, or nothing more, with the reason. */
export type Decision =
  | { retry: true; wait: number }
  | { retry: false; why: 'final' | 'probe' | 'attempts' | 'too_long' };

export function decide(
  failed: { retryable: boolean; retryAfter: number | null; attempt: number; probe: boolean },
  backoff: Backoff,
  random: () => number,
): Decision {
  if (!failed.retryable) return { retry: false, why: 'final' };
  if (failed.probe) return { retry: false, why: 'probe' };
  if (failed.attempt >= backoff.attempts) return { retry: false, why: 'attempts' };
  const wait = delayAfter(failed.attempt, backoff, failed.retryAfter, random);
  return wait > LONGEST_WAIT * 1000 ? { retry: false, why: 'too_long' } : { retry: true, wait };
}

/**
 * Seconds that a `Retry-After` header asks for: a number of seconds or an HTTP date; null when it says nothing readable.
 * @param now milliseconds since epoch
 */
export function parseRetryAfter(header: string | undefined | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = parseHttpDate(text);
  return at === null ? null : Math.max(0, Math.ceil((at - now) / 1000));
}
