/** What webhooks of all vendors share: one event or a list in JSON, good ones kept beside refused ones. */
import { InvalidInputError } from '../core/errors';
import type { Steps } from '../core/steps';
import { isDecimal, MAX_DIGITS } from '../core/stock/decimal';
import type { Refusal, StockEvent } from '../core/stock/event';
import { deriveEventId } from '../core/stock/event-id';
import {
  decodeUtf8,
  exactJsonItems,
  isJsonObject,
  type JsonItem,
  type JsonObject,
  type JsonValue,
  named,
  textMember,
} from '../core/stock/exact-json';
import { type Check, reasonsOf } from '../core/stock/faults';
import { shownSku } from '../core/stock/shown-sku';
import { type Instant, parseInstant } from '../core/stock/time';

export interface WebhookContent {
  events: StockEvent[];
  refusals: Refusal[];
  /** Position of each event in what was sent. */
  indexes: number[];
  /** Events that the settings leave out. */
  filtered: number;
}

/** More events than this in one body are refused as a whole. */
const MAX_EVENTS = 100_000;
/** Events in one step. */
const STEP = 50;

/**
 * @param skuKey name of the vendor's product field, for the report of refusals
 * @param readItem gives null for an event that the settings leave out; throws InvalidInputError
 * @param checks one for each field, asked of an item that is refused
 * @throws InvalidInputError when the body as a whole cannot be read
 */
export function* readWebhook(
  bytes: Uint8Array,
  skuKey: string,
  readItem: (item: JsonObject) => StockEvent | null,
  checks: (item: JsonObject) => Check[] = () => [],
): Steps<WebhookContent> {
  const content: WebhookContent = { events: [], refusals: [], indexes: [], filtered: 0 };
  let index = -1;
  for (const item of exactJsonItems(yield* decodeUtf8(bytes))) {
    if (item === null) {
      yield;
      continue;
    }
    index += 1;
    if (index === MAX_EVENTS)
      throw new InvalidInputError(
        'too_many',
        `The body has more than ${MAX_EVENTS} events. Send it in smaller pieces.`,
      );
    if (index % STEP === STEP - 1) yield;
    try {
      const event = readItem(objectOf(item));
      if (event === null) content.filtered += 1;
      else {
        content.events.push(event);
        content.indexes.push(index);
      }
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      const { value, fault } = item;
      const reasons = reasonsOf(thrown, !fault && isJsonObject(value) ? checks(value) : []);
      content.refusals.push({ index, sku: skuOf(value, skuKey), ...reasons });
    }
  }
  return content;
}

/** @throws InvalidInputError `not_an_event`, `duplicate_key` */
function objectOf({ value, fault }: JsonItem): JsonObject {
  if (fault) throw fault;
  if (isJsonObject(value)) return value;
  throw new InvalidInputError('not_an_event', 'This is not an event. Send an object with named fields.');
}

function skuOf(item: JsonValue, key: string): string | null {
  try {
    return isJsonObject(item) ? shownSku(textMember(item, key)) : null;
  } catch {
    return null;
  }
}

/** @throws InvalidInputError `missing_field`, `not_text` */
export function requiredText(item: JsonObject, key: string): string {
  const text = textMember(item, key);
  if (text === undefined) throw new InvalidInputError('missing_field', `"${key}" is missing. Send it as text.`, key);
  return text;
}

/** Decimal text of a number or a text. @throws InvalidInputError `not_decimal`, `number_out_of_range`, `not_text` */
export function decimalMember(item: JsonObject, key: string): string | undefined {
  const text = textMember(item, key);
  if (text !== undefined && !isDecimal(text))
    throw new InvalidInputError(
      'not_decimal',
      `"${key}" is not a decimal number of at most ${MAX_DIGITS} digits. Send it like 12.40.`,
      key,
    );
  return text;
}

/** The same where an unreadable value does no harm: what was before, which only orders events of one time. */
export function softDecimalMember(item: JsonObject, key: string): string | undefined {
  try {
    return decimalMember(item, key);
  } catch {
    return undefined;
  }
}

/** When it happened. @throws InvalidInputError `missing_field`, `not_text`, `not_a_time`, naming the field */
export function instantMember(item: JsonObject, key: string, timeZone: string): Instant {
  const text = requiredText(item, key);
  return named(key, () => parseInstant(text, timeZone));
}

/** The event with an id of all that makes it unique; one without store gets its id once it has one. */
export function identified(event: StockEvent): StockEvent {
  return event.store_id === '' ? event : { event_id: deriveEventId(event), ...event };
}
