/** For senders that cannot sign: a token in a header, or a name and password (RFC 7617). Compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** True when the texts are equal; takes the same time wherever they differ and whatever their lengths. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();

/**
 * The token of a header value: what follows `prefix` (in any letter case, as RFC 9110 has it for `Bearer`), or undefined.
 */
export function tokenOf(value: string | undefined, prefix: string): string | undefined {
  if (value === undefined || value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return undefined;
  const token = value.slice(prefix.length).trim();
  return token === '' ? undefined : token;
}

/** `name:password` of a Basic header value, or undefined. */
export function basicOf(value: string | undefined): string | undefined {
  const encoded = tokenOf(value, 'Basic ');
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Node reads on over what is no base64; only the whole, canonical text counts.
  return bytes.toString('base64') === encoded ? bytes.toString('utf8') : undefined;
}

/** True when the request carries the bearer token; an empty token never matches. */
export function hasBearer(authorization: string | undefined, token: string): boolean {
  const given = tokenOf(authorization, 'Bearer ');
  return given !== undefined && token !== '' && sameText(given, token);
}
