/** The page's own texts, numbers and times, in the language of `?lang=` or of the browser. */
import arabicTexts from './locales/ar.json';
import englishTexts from './locales/en-US.json';

type Texts = { [key: string]: string | Texts };

const asked = new URLSearchParams(location.search).get('lang');
const isArabic = [asked ?? navigator.languages[0] ?? 'en'].some((language) => language.toLowerCase().startsWith('ar'));

export const language = isArabic ? 'ar' : navigator.language.startsWith('en') ? navigator.language : 'en';
export const direction = isArabic ? 'rtl' : 'ltr';
const texts: Texts = isArabic ? arabicTexts : englishTexts;

export function _(key: string, values: Record<string, string> = {}): string {
  let found: string | Texts | undefined = texts;
  for (const part of key.split('.')) found = typeof found === 'object' ? found[part] : undefined;
  return typeof found === 'string' ? found.replace(/__(\w+?)__/g, (_all, name: string) => values[name] ?? '') : key;
}

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });

/** At most four characters, whatever the number. */
export const number = (value: number): string =>
  value >= 10_000 ? short.format(value) : value >= 10 || value === 0 ? whole.format(value) : fine.format(value);
export const percent = (value: number): string => share.format(value);
export const timeOfDay = (seconds: number): string => time.format(seconds * 1000);

/** "240 ms", "3.2 s", "12 min". */
export function lasting(ms: number | null): string {
  if (ms === null) return _('unit.none');
  if (ms === 0) return _('unit.s', { value: number(0) });
  const [size, unit] = (
    [
      [86_400_000, 'd'],
      [3_600_000, 'h'],
      [60_000, 'min'],
      [1_000, 's'],
      [0, 'ms'],
    ] as const
  ).find(([least]) => ms >= least)!;
  return _(`unit.${unit}`, { value: number(ms / Math.max(1, size)) });
}
