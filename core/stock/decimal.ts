/**
 * Exact decimals. A quantity or price is decimal text from the wire to the wire ("12.40" never becomes 12.399999);
 * sums and comparisons go through scaled integers.
 */
import { InvalidInputError } from '../errors';

/** More digits than any currency or scale needs, few enough that nobody can make a sum expensive. */
export const MAX_DIGITS = 40;

/** A sum may have the digits of one number before the point, those of another behind it, and what is carried. */
const MAX_SUM_LENGTH = 3 * MAX_DIGITS;

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
/** What most senders write: nothing is to be changed on it. */
const NORMAL = /^(?:0|-?[1-9]\d*)(?:\.\d+)?$/;
const CANONICAL = /^(?:0|-?[1-9]\d*|(?:0|-?[1-9]\d*)\.\d*[1-9])$/;

export interface Scaled {
  units: bigint;
  scale: number;
}

/** True for `12`, `-6`, `+30`, `12.40`; false for `1e3`, `.5`, `5.`, ` 5`, `` and for more than 40 digits. */
export function isDecimal(text: string): boolean {
  return text.length <= MAX_DIGITS + 2 && DECIMAL.test(text);
}

/** Also of a sum, which nobody may be stopped by. @throws InvalidInputError `not_decimal` */
function parseDecimal(text: string): Scaled {
  if (text.length > MAX_SUM_LENGTH || !DECIMAL.test(text)) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    throw new InvalidInputError(
      'not_decimal',
      `"${shown}" is not a decimal number of at most ${MAX_DIGITS} digits. Write it like 12.40 or -6.`,
    );
  }
  const point = text.indexOf('.');
  if (point < 0) return { units: BigInt(text.startsWith('+') ? text.slice(1) : text), scale: 0 };
  const digits = text.slice(text.startsWith('+') ? 1 : 0, point) + text.slice(point + 1);
  return { units: BigInt(digits), scale: text.length - point - 1 };
}

/** Text of a scaled integer with exactly `scale` decimals. */
function formatDecimal({ units, scale }: Scaled): string {
  if (scale === 0) return units.toString();
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** The one text of a value: no plus sign, no leading or trailing zeros, no `-0`. @throws InvalidInputError `not_decimal` */
export function canonicalDecimal(text: string): string {
  if (text.length <= MAX_DIGITS && CANONICAL.test(text)) return text;
  let { units, scale } = parseDecimal(text);
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n;
    scale -= 1;
  }
  return formatDecimal({ units, scale });
}

/** The same value with the sender's number of decimals, but no plus sign and no leading zeros: `+030.50` is `30.50`. */
export function normalDecimal(text: string): string {
  if (text.length <= MAX_DIGITS && NORMAL.test(text)) return text;
  return formatDecimal(parseDecimal(text));
}

/** Negative, zero or positive, as for sort. */
export function compareDecimal(a: string, b: string): number {
  const [left, right] = align(parseDecimal(a), parseDecimal(b));
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Exact sum with as many decimals as the longer operand. */
export function addDecimal(a: string, b: string): string {
  const left = parseDecimal(a);
  const right = parseDecimal(b);
  const [x, y] = align(left, right);
  return formatDecimal({ units: x + y, scale: Math.max(left.scale, right.scale) });
}

export function negateDecimal(text: string): string {
  const { units, scale } = parseDecimal(text);
  return formatDecimal({ units: -units, scale });
}

function align(a: Scaled, b: Scaled): [bigint, bigint] {
  const scale = Math.max(a.scale, b.scale);
  return [a.units * 10n ** BigInt(scale - a.scale), b.units * 10n ** BigInt(scale - b.scale)];
}
