/** What webhooks of all vendors share: one event or a list in JSON, good ones kept beside refused ones. */
import { InvalidInputError } from '../core/errors';
import { isDecimal } from '../core/stock/decimal';
import type { Refusal, StockEvent } from '../core/stock/event';
import { deriveEventId } from '../core/stock/event-id';
import { isJsonObject, type JsonObject, type JsonValue, parseExactJson, textMember } from '../core/stock/exact-json';

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

/**
 * @param skuKey name of the vendor's product field, for the report of refusals
 * @param readItem gives null for an event that the settings leave out; throws InvalidInputError
 * @throws InvalidInputError when the body as a whole cannot be read
 */
export function readWebhook(
  bytes: Uint8Array,
  skuKey: string,
  readItem: (item: JsonObject) => StockEvent | null,
): WebhookContent {
  const body = parseExactJson(bytes);
  const items: JsonValue[] = Array.isArray(body) ? body : [body];
  if (items.length > MAX_EVENTS)
    throw new InvalidInputError('too_many', `The body has more than ${MAX_EVENTS} events. Send it in smaller pieces.`);
  const content: WebhookContent = { events: [], refusals: [], indexes: [], filtered: 0 };
  for (const [index, item] of items.entries()) {
    try {
      if (!isJsonObject(item))
        throw new InvalidInputError('not_an_event', 'This is not an event: an object with named fields is expected.');
      const event = readItem(item);
      if (event === null) content.filtered += 1;
      else {
        content.events.push(event);
        content.indexes.push(index);
      }
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      content.refusals.push({ index, sku: skuOf(item, skuKey), code: thrown.code, message: thrown.message });
    }
  }
  return content;
}

function skuOf(item: JsonValue, key: string): string | null {
  try {
    return (isJsonObject(item) && textMember(item, key)) || null;
  } catch {
    return null;
  }
}

/** @throws InvalidInputError `missing_field`, `not_text` */
export function requiredText(item: JsonObject, key: string): string {
  const text = textMember(item, key);
  if (text === undefined) throw new InvalidInputError('missing_field', `"${key}" is missing.`, key);
  return text;
}

/** Decimal text of a number or a text. @throws InvalidInputError `not_decimal`, `number_out_of_range`, `not_text` */
export function decimalMember(item: JsonObject, key: string): string | undefined {
  const text = textMember(item, key);
  if (text !== undefined && !isDecimal(text))
    throw new InvalidInputError('not_decimal', `"${key}" is not a decimal number. Send it like 12.40.`, key);
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

/** The event with an id of all that makes it unique; one without store gets its id once it has one. */
export function identified(event: StockEvent): StockEvent {
  return event.store_id === '' ? event : { event_id: deriveEventId(event), ...event };
}
