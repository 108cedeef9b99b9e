/**
 * JSON read without losing a digit. `JSON.parse` turns 1.000000000000000005 into 1 and 1e400 into Infinity; here every
 * number keeps the text it was sent as.
 */
import { InvalidInputError } from '../errors';
import { runThrough, type Steps } from '../steps';
import { decodeSteps } from './decode';
import { JsonNumber, type JsonObject, type JsonValue } from './json-number';
import { JsonReader } from './json-reader';

export { JsonNumber, type JsonObject, type JsonValue } from './json-number';

/** Characters read in one step: a fraction of a millisecond. */
const STEP = 8 * 1024;
/** Values in one item of a list: enough for any event or product, few enough to hold in memory. */
const MAX_ITEM_VALUES = 10_000;

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
  return runThrough(exactJson(content));
}

/** The same in steps, for texts of any length. */
export function* exactJson(content: Uint8Array | string): Steps<JsonValue> {
  const text = typeof content === 'string' ? content : yield* decodeUtf8(content);
  const reader = new JsonReader(text, { items: false, most: Number.POSITIVE_INFINITY });
  for (let met = reader.advance(STEP); met !== 'end'; met = reader.advance(STEP)) if (met === 'more') yield;
  if (reader.fault) throw reader.fault;
  return reader.value;
}

/** An item of a list; `fault` when it is sound JSON and yet not clear what it means. */
export interface JsonItem {
  value: JsonValue;
  fault: InvalidInputError | null;
}

/**
 * The items of a JSON list one by one; what is no list is the one item. Null is a step without an item, where others may
 * be let in.
 * @throws InvalidInputError as parseExactJson, but for `duplicate_key`, naming the item; also `item_too_large`
 */
export function* exactJsonItems(text: string): Generator<JsonItem | null, void, void> {
  const reader = new JsonReader(text, { items: true, most: MAX_ITEM_VALUES });
  for (let met = reader.advance(STEP); met !== 'end'; met = reader.advance(STEP))
    yield met === 'value' ? { value: reader.value, fault: reader.fault } : null;
}

/** @throws InvalidInputError `invalid_utf8` */
export function* decodeUtf8(bytes: Uint8Array): Steps<string> {
  try {
    return yield* decodeSteps(new TextDecoder('utf-8', { fatal: true }), bytes);
  } catch {
    throw new InvalidInputError('invalid_utf8', 'The body is not text in UTF-8. Send it in UTF-8.');
  }
}

/**
 * A member as text: a text as it is, a number as its digits (`1` and `"1"` are the same shop). Absent, null and empty
 * are undefined.
 * @throws InvalidInputError `not_text` naming the field, for an object, a list, a boolean or text that is not Unicode
 */
export function textMember(object: JsonObject, key: string): string | undefined {
  const value = member(object, key);
  if (value === undefined || value === null || value === '') return undefined;
  if (value instanceof JsonNumber) return named(key, () => value.decimal);
  if (typeof value !== 'string')
    throw new InvalidInputError('not_text', `"${key}" is neither a text nor a number. Send it as text.`, key);
  if (!value.isWellFormed())
    throw new InvalidInputError(
      'not_text',
      `"${key}" holds half of a character (a lone surrogate). Send whole characters.`,
      key,
    );
  return value;
}

/** What `read` gives; its refusal says which field it is about. */
export function named<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    throw new InvalidInputError(thrown.code, `"${field}": ${thrown.message}`, field);
  }
}
