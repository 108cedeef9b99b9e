/** `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3). */

/** A day: a platform that says more has sent nonsense, and the operator would wait for ever. */
const LONGEST_S = 86_400;

/**
 * @param now milliseconds since epoch
 * @returns seconds from now, rounded up, at most a day; null when there is none or it is not readable
 */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  const text = value?.trim();
  if (!text) return null;
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text)), LONGEST_S);
  if (!/^[A-Za-z]{3}/.test(text)) return null;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return null;
  return Math.min(Math.max(0, Math.ceil((at - now) / 1000)), LONGEST_S);
}
