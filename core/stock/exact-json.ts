/**
 * JSON read without losing a digit. `JSON.parse` turns 1.000000000000000005 into 1 and 1e400 into Infinity; here every
 * number keeps the text it was sent as. Source-text access of the reviver is in Node from 22.13 on.
 */
import { InvalidInputError } from '../errors';
import { MAX_DIGITS } from './decimal';

/** Deeper nesting than any payload needs, shallow enough for the parser's recursion. */
const MAX_DEPTH = 64;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A number of a JSON text, told apart from a text that looks like one. */
export class JsonNumber {
  /** Exactly as sent: `12.40`, `1e3`, `-0`. */
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /**
   * The exact value without exponent: `12.40`, `1000`.
   * @throws InvalidInputError `number_out_of_range` when writing it out takes more than 40 digits
   */
  get decimal(): string {
    const [, sign = '', whole = '', fraction = '', exponent] = NUMBER.exec(this.source) ?? [];
    if (exponent === undefined && whole.length + fraction.length <= MAX_DIGITS) return this.source;
    const shift = Number(exponent ?? 0);
    const point = whole.length + shift;
    const digits = whole + fraction;
    const length = Math.max(point, digits.length) - Math.min(point - 1, 0);
    if (!(length <= MAX_DIGITS)) {
      const shown = this.source.length > 60 ? `${this.source.slice(0, 60)}…` : this.source;
      throw new InvalidInputError(
        'number_out_of_range',
        `The number ${shown} has more than ${MAX_DIGITS} digits. Send it like 12.40.`,
      );
    }
    const padded = digits.padStart(digits.length + Math.max(0, 1 - point), '0').padEnd(Math.max(point, 1), '0');
    const cut = Math.max(point, 1);
    const integer = padded.slice(0, cut).replace(/^0+(?=\d)/, '');
    return `${sign}${integer}${cut < padded.length ? `.${padded.slice(cut)}` : ''}`;
  }

  toString(): string {
    return this.source;
  }

  /** So that a value shown or logged is the text that was sent. */
  toJSON(): string {
    return this.source;
  }
}

export type JsonValue = null | boolean | string | JsonNumber | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** The member `key`, or undefined; never something inherited. */
export function member(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/**
 * Reads one JSON text. A byte order mark is tolerated; `__proto__` is a key like any other.
 * @param content bytes in UTF-8, or text
 * @throws InvalidInputError `invalid_utf8`, `malformed_json`, `too_deep`, or `duplicate_key` (which of the two values
 *   was meant nobody can know)
 */
export function parseExactJson(content: Uint8Array | string): JsonValue {
  const text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decodeUtf8(content);
  const keys = countKeys(text);
  let seen = 0;
  const revive = function (this: unknown, _key: string, value: unknown, context: { source?: string }): unknown {
    if (typeof value === 'number') return new JsonNumber(context.source as string);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber))
      seen += Object.keys(value).length;
    return value;
  };
  let value: JsonValue;
  try {
    value = JSON.parse(text, revive as (this: unknown, key: string, value: unknown) => unknown) as JsonValue;
  } catch (thrown) {
    throw malformed(text, thrown);
  }
  if (seen !== keys) {
    throw new InvalidInputError(
      'duplicate_key',
      'An object in the body names the same key twice, so it is not clear which value is meant. Send each key once.',
    );
  }
  return value;
}

/** @throws InvalidInputError `invalid_utf8` */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidInputError('invalid_utf8', 'The body is not text in UTF-8. Send it in UTF-8.');
  }
}

/** Number of keys in the text (colons outside of strings); a malformed text gives any number. @throws InvalidInputError `too_deep` */
function countKeys(text: string): number {
  let keys = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 34: // "
        i = endOfString(text, i);
        break;
      case 58: // :
        keys++;
        break;
      case 91: // [
      case 123: // {
        if (++depth > MAX_DEPTH)
          throw new InvalidInputError(
            'too_deep',
            `The body is nested more than ${MAX_DEPTH} levels deep. Send it flatter.`,
          );
        break;
      case 93: // ]
      case 125: // }
        depth--;
        break;
    }
  }
  return keys;
}

/** Position of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 92) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

/** The parser's own message quotes the body, which may hold anything; only the place is told. */
function malformed(text: string, thrown: unknown): InvalidInputError {
  const at = /at position (\d+)/.exec(thrown instanceof Error ? thrown.message : '')?.[1];
  const where = text.trim() === '' ? 'it is empty' : at ? `see character ${Number(at) + 1}` : 'it ends too early';
  return new InvalidInputError('malformed_json', `The body is not valid JSON: ${where}.`);
}

/**
 * A member as text: a text as it is, a number as its digits (`1` and `"1"` are the same shop). Absent, null and empty
 * are undefined.
 * @throws InvalidInputError `not_text` naming the field, for an object, a list, a boolean or text that is not Unicode
 */
export function textMember(object: JsonObject, key: string): string | undefined {
  const value = member(object, key);
  if (value === undefined || value === null || value === '') return undefined;
  if (value instanceof JsonNumber) return value.decimal;
  if (typeof value !== 'string') throw new InvalidInputError('not_text', `"${key}" has to be a text or a number.`, key);
  if (!value.isWellFormed())
    throw new InvalidInputError('not_text', `"${key}" holds half of a character (a lone surrogate).`, key);
  return value;
}
