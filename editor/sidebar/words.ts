/** Texts of the sidebar's catalogue, and times and numbers as people of that language write them. */

const CATALOGUE = '@shelfwire/node-red-shelfwire/shelfwire:';

export function _(key: string, values?: Record<string, unknown>): string {
  return RED._(CATALOGUE + key, values);
}

/** The text, or the fallback where the catalogue has none (a code that a newer server knows). */
export function textOr(key: string, fallback: string): string {
  const text = _(key);
  return text === key || text.endsWith(`:${key}`) ? fallback : text;
}

/**
 * What the server said. It speaks English and names shop and item; in another language the catalogue says it by the code,
 * where it has it. What a platform said stays as it was said.
 */
export function said(code: string | null | undefined, message: string): string {
  if (!code || language().startsWith('en')) return message;
  return textOr(`said.${code}`, textOr(`test.${code}`, message));
}

/**
 * Why an item is not sent. What a flow did to it is ours to say; the code of a refusal is the platform's own, and may read
 * like one of ours.
 */
export function reasonOf(code: string | null, message: string | null): string | null {
  return code === 'dropped_by_flow' ? said(code, message ?? '') : message;
}

/** A name keeps its own direction, and leaves that of the sentence around it alone. */
export const isolated = (name: string | null): string => (name === null ? '' : `\u2068${name}\u2069`);

/** Of the texts: Node-RED's own `lang()` knows only the languages of its core. */
const language = () => textOr('language', 'en-US');

export const isRightToLeft = (): boolean => _('direction') === 'rtl';

export const count = (value: number): string => value.toLocaleString(language());

const UNITS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3_600, 60, 'minute'],
  [86_400, 3_600, 'hour'],
  [Number.POSITIVE_INFINITY, 86_400, 'day'],
];

/** "2 min. ago". */
export function ago(iso: string | null): string {
  if (iso === null) return _('time.never');
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1000);
  if (seconds < 5) return _('time.now');
  const [, per, unit] = UNITS.find(([limit]) => seconds < limit)!;
  return new Intl.RelativeTimeFormat(language(), { style: 'short' }).format(-Math.floor(seconds / per), unit);
}

/** "14 sec", "3 min", "2 hr". */
export function lasting(seconds: number): string {
  const [, per, unit] = UNITS.find(([limit]) => seconds < limit)!;
  return new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'short' }).format(
    Math.max(seconds > 0 && per === 1 ? 1 : 0, Math.floor(seconds / per)),
  );
}

/** Date and time of day, to the second. */
export function moment(iso: string | null): string {
  if (iso === null) return '';
  return new Date(iso).toLocaleString(language(), { dateStyle: 'medium', timeStyle: 'medium' });
}
