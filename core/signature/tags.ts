/** Signatures as they stand in a header: found by their prefix, and read strictly. */
import type { Encoding } from './types';

/** More than any rotation of secrets needs, few enough that nobody can make us try many. */
const MAX_TAGS = 16;

/**
 * Every text in `value` that follows `prefix` at the start or after a comma, semicolon or blank. With `v1=` and
 * `t=1,v1=aa,v1=bb` that is `aa`, `bb`; with `v1,` and `v1,aa v1a,bb` it is `aa`. Without prefix the whole value is one.
 */
export function elements(value: string, prefix: string): string[] {
  if (prefix === '') return [value.trim()];
  const found: string[] = [];
  for (let at = value.indexOf(prefix); at >= 0 && found.length < MAX_TAGS; at = value.indexOf(prefix, at + 1)) {
    if (at > 0 && !/[\s,;]/.test(value[at - 1]!)) continue;
    found.push(/^[^\s,;]*/.exec(value.slice(at + prefix.length))![0]);
  }
  return found;
}

const HEX = /^[0-9a-fA-F]+$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The bytes of a tag of exactly `length` bytes in its whole, canonical form; else null: a cut tag is no tag. */
export function decodeTag(text: string, encoding: Encoding, length: number): Buffer | null {
  if (encoding === 'hex') {
    return text.length === length * 2 && HEX.test(text) ? Buffer.from(text, 'hex') : null;
  }
  if (text.length !== Math.ceil(length / 3) * 4 || !BASE64.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? bytes : null;
}
