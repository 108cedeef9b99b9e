/**
 * What in-store devices publish (DESIGN section 5): one event or a list of
 * `{event_id | seq, device_id, sku | barcode, quantity | quantity_change, occurred_at}`. The store is the topic's, never
 * the content's.
 */
import { InvalidInputError } from '../../core/errors';
import type { Steps } from '../../core/steps';
import { EVERY_STORE, type Refusal, type StockEvent } from '../../core/stock/event';
import { deriveEventId } from '../../core/stock/event-id';
import { type JsonObject, member, textMember } from '../../core/stock/exact-json';
import { formatInstant, type Instant } from '../../core/stock/time';
import { decimalMember, instantMember, readWebhook } from '../webhook';

const SCANNER_SOURCE = 'scanner';

export interface ScannerOptions {
  /** From the topic. */
  storeId: string;
  /** The device account that was proven; null = unknown (external broker). */
  account: string | null;
  /** Zone of times without one. */
  timeZone: string;
}

export interface ScannerMessage {
  /** Scope of the event ids. */
  sender: string;
  /** Without an account: the scope of one event's id, since a gateway may send those of several devices. */
  senderOf?: (event: StockEvent) => string;
  events: StockEvent[];
  refusals: Refusal[];
  /** Position of each event in what was sent. */
  indexes: number[];
  /** The whole message was not readable. */
  malformed: boolean;
  /** The device that sent it: its account, else the one device that all events name, else null. */
  device: string | null;
  /** The latest time in it. */
  newest: Instant | null;
  /** The sender says that its numbers are made up (`"simulated": true`). */
  simulated: boolean;
}

/** What a scanner cannot know; taking such a value silently or dropping it silently would both be wrong. */
const NOT_A_SCANNERS = ['selling_price', 'stock_status', 'enabled'];

/** Never throws: what cannot be read becomes refusals, so that it is kept and acknowledged. */
export function* readScanner(bytes: Uint8Array, options: ScannerOptions): Steps<ScannerMessage> {
  const derived = new Map<string, number>();
  let only: string | null | undefined;
  let newest: Instant | null = null;
  let simulated = false;
  const readItem = (item: JsonObject): StockEvent => {
    if (member(item, 'simulated') === true) simulated = true;
    const device = deviceOf(item);
    only = only === undefined || only === device ? device : null;
    const { event, instant } = readEvent(item, options);
    if (newest === null || instant > newest) newest = instant;
    event.event_id ??= idOf(event, textMember(item, 'seq'), derived);
    return event;
  };
  const message = { events: [] as StockEvent[], refusals: [] as Refusal[], indexes: [] as number[], malformed: false };
  try {
    const { events, refusals, indexes } = yield* readWebhook(bytes, 'sku', readItem);
    Object.assign(message, { events, refusals, indexes });
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    message.malformed = true;
    message.refusals.push({ index: 0, sku: null, code: thrown.code, message: thrown.message });
  }
  return {
    ...message,
    ...(options.account === null
      ? {
          sender: senderOf(options.storeId, only ?? null),
          senderOf: (event: StockEvent) => senderOf(options.storeId, event?.device_id ?? null),
        }
      : { sender: `mqtt:${options.account}` }),
    device: options.account ?? only ?? null,
    newest,
    simulated,
  };
}

function senderOf(storeId: string, device: string | null): string {
  return device === null ? `mqtt:${storeId}` : `mqtt:${storeId}/${device}`;
}

function deviceOf(item: JsonObject): string | null {
  try {
    return textMember(item, 'device_id') ?? null;
  } catch {
    return null;
  }
}

function readEvent(item: JsonObject, options: ScannerOptions): { event: StockEvent; instant: Instant } {
  if (options.storeId === EVERY_STORE)
    throw new InvalidInputError(
      'UNKNOWN_STORE',
      `The topic names the store "${EVERY_STORE}", which stands for all of them. Let the device publish to its own store's topic.`,
      'store_id',
    );
  const store = textMember(item, 'store_id');
  if (store !== undefined && store !== options.storeId)
    throw new InvalidInputError(
      'store_mismatch',
      `The event says store "${store.slice(0, 60)}" but came on the topic of store "${options.storeId}". It was not recorded but is kept. Let the device publish to its own store's topic.`,
      'store_id',
    );
  for (const key of NOT_A_SCANNERS)
    if (member(item, key) !== undefined && member(item, key) !== null)
      throw new InvalidInputError(
        'not_a_scanner_field',
        `"${key}" is not taken from scanners, which report quantities. Send it by a feed or webhook.`,
        key,
      );
  const instant = instantMember(item, 'occurred_at', options.timeZone);
  const event = {
    event_id: textMember(item, 'event_id'),
    source: SCANNER_SOURCE,
    event_type: textMember(item, 'event_type') ?? 'SCAN',
    reference_id: textMember(item, 'reference_id'),
    device_id: textMember(item, 'device_id') ?? options.account ?? undefined,
    store_id: options.storeId,
    sku: textMember(item, 'sku'),
    barcode: textMember(item, 'barcode'),
    quantity: decimalMember(item, 'quantity'),
    quantity_change: decimalMember(item, 'quantity_change'),
    occurred_at: formatInstant(instant),
  };
  if (event.sku === undefined && event.barcode === undefined)
    throw new InvalidInputError('missing_field', '"sku" or "barcode" is missing. Send one of them as text.', 'sku');
  if (event.quantity === undefined && event.quantity_change === undefined)
    throw new InvalidInputError(
      'missing_field',
      '"quantity" or "quantity_change" is missing. Send one of them.',
      'quantity',
    );
  const given: Record<string, string> = {};
  for (const [key, value] of Object.entries(event)) if (value !== undefined) given[key] = value;
  return { event: given as unknown as StockEvent, instant };
}

/**
 * Without an id of the sender's own: all that makes the event unique, with the device's running number. A number alone
 * would not do: after a reset the device counts from 1 again. The same number twice is the same event twice.
 */
function idOf(event: StockEvent, seq: string | undefined, derived: Map<string, number>): string {
  if (seq === undefined) return numbered(deriveEventId(event), derived);
  return deriveEventId({ ...event, reference_id: JSON.stringify([event.reference_id ?? null, 'seq', seq]) });
}

/** Equal events without id or number in one message are as many scans; sent again, each gets the same id again. */
function numbered(id: string, derived: Map<string, number>): string {
  const nth = (derived.get(id) ?? 0) + 1;
  derived.set(id, nth);
  return nth === 1 ? id : `${id}#${nth}`;
}
