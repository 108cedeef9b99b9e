/** What the forms of all receivers of HTTP share: the address to enter at the sender, and how its times are read. */
import { InvalidInputError } from '../core/errors';
import { formatInstant, isTimeZone, parseInstant } from '../core/stock/time';
import { pathPattern } from '../runtime/http/paths';

/** A time as senders without zones write it. */
const SAMPLE = '2025-08-01 22:30:00';
const ZONES = 'shelfwire-time-zones';

/** Keeps a time's parts in order inside a text that runs from right to left. */
const apart = (text: string) => `\u2066${text}\u2069`;

interface Translator {
  _?(key: string, values?: Record<string, unknown>): string;
}

/** Validator of `path`. (Node-RED takes a text as a reason only from a validator of two parameters.) Catalogue key `error.path`. */
export function validPath(this: Translator, value: unknown, _options?: unknown): boolean | string {
  const text = String(value ?? '').trim();
  // What stands for a variable is known only where Node-RED runs.
  if (text === '' || text.includes('${')) return true;
  try {
    pathPattern(text);
    return true;
  } catch {
    return this._?.('error.path') ?? false;
  }
}

/** Validator of `timeZone`. Catalogue key `error.timeZone`. */
export function validTimeZone(this: Translator, value: unknown, _options?: unknown): boolean | string {
  const text = String(value ?? '').trim();
  return text === '' || text.includes('${') || isTimeZone(text) || (this._?.('error.timeZone') ?? false);
}

/** Shows the whole address below the path. */
export function showAddress(): void {
  const path = $('#node-input-path');
  const shown = $('#shelfwire-address');
  const root = (RED.settings.httpNodeRoot ?? '/').replace(/\/$/, '');
  const update = () => {
    const text = path.val().trim() || path.attr('placeholder') || '';
    shown.text(`${window.location.origin}${root}${text.startsWith('/') ? '' : '/'}${text}`);
  };
  path.on('input change', update);
  update();
}

/**
 * Offers the zones and shows how a sample is read. Catalogue keys `tip.zoneSample`, `tip.zoneUnknown`.
 * @param serverZone the zone that counts when none is entered
 */
export function showTimeZone(node: EditorNode, serverZone: unknown): void {
  const input = $('#node-input-timeZone');
  const shown = $('#shelfwire-time-zone-sample');
  if ($(`#${ZONES}`).length === 0) {
    const list = $('<datalist></datalist>').attr('id', ZONES).insertAfter(input);
    for (const zone of Intl.supportedValuesOf('timeZone')) $('<option></option>').attr('value', zone).appendTo(list);
  }
  const fallback = typeof serverZone === 'string' ? serverZone : '';
  input.attr({ list: ZONES, placeholder: fallback });
  const update = () => {
    const zone = input.val().trim() || fallback;
    try {
      const read = formatInstant(parseInstant(SAMPLE, zone));
      shown.text(node._('tip.zoneSample', { sample: apart(SAMPLE), read: apart(read), zone: apart(zone) }));
    } catch (thrown) {
      shown.text(thrown instanceof InvalidInputError || thrown instanceof RangeError ? node._('tip.zoneUnknown') : '');
    }
  };
  input.on('input change', update);
  update();
}
