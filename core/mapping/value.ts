/**
 * One value on its way into a body: read as the decimal it stands for, converted, and refused rather than altered.
 * Used by the node and by the editor's preview, so nothing of Node.js in here.
 */
import { canonicalDecimal, isDecimal } from '../stock/decimal';

export type ValueType = '' | 'text' | 'number' | 'integer' | 'boolean';
export const VALUE_TYPES: readonly ValueType[] = ['', 'text', 'number', 'integer', 'boolean'];

/** Why a value cannot be mapped; `remedy` says what the operator can do. Never leaves `core/mapping` as an exception. */
export class RefusedValue extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, what: string, remedy: string) {
    super(what);
    this.code = code;
    this.remedy = remedy;
  }
}

/** The shortest decimal text of a JavaScript number, without an exponent; null for NaN and infinities. */
export function numberText(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  const text = String(value);
  const at = text.indexOf('e');
  if (at < 0) return text;
  const [, sign = '', whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.slice(0, at)) ?? [];
  const digits = whole + part;
  const point = whole.length + Number(text.slice(at + 1));
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, '0')}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The number whose shortest text is exactly this decimal, or null when there is none (too many digits). */
export function exactNumber(decimal: string): number | null {
  const value = Number(decimal);
  const text = numberText(value);
  if (text === null || !isDecimal(text)) return null;
  // `-0` would be written as `0`: the same decimal, but not the same number.
  return text === decimal || canonicalDecimal(text) === canonicalDecimal(decimal) ? value + 0 : null;
}

/** What a value says as text: for lookup tables and keys; null for what is no scalar. */
export function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'boolean' ? String(value) : null;
}

/** A value as it may be shown in a message: short, on one line. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : written(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A flow may have made what is no JSON: a big integer, a cycle. */
function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}

/**
 * Converts one value. @throws RefusedValue `not_a_number`, `not_boolean`, `not_text`, `decimals_cut`, `not_exact`
 * @param decimals number of decimals wanted; undefined = as many as there are. Text is padded, nothing is ever cut.
 */
export function convert(value: unknown, type: ValueType, decimals: number | undefined): unknown {
  switch (type) {
    case 'boolean':
      return toBoolean(value);
    case 'integer':
      return toNumber(value, 0);
    case 'number':
      return toNumber(value, decimals);
    case 'text':
      return toText(value, decimals);
    default:
      if (typeof value === 'number') return toNumber(value, decimals);
      return decimals === undefined ? value : toText(value, decimals);
  }
}

function toBoolean(value: unknown): boolean {
  const text = scalarText(value);
  if (text === '1' || text === 'true') return true;
  if (text === '0' || text === 'false') return false;
  throw new RefusedValue(
    'not_boolean',
    `${shown(value)} is neither yes nor no`,
    'Only 0, 1, true and false become a boolean; use a lookup table for anything else.',
  );
}

function toNumber(value: unknown, decimals: number | undefined): number {
  const decimal = withDecimals(decimalOf(value), decimals);
  const number = exactNumber(decimal);
  if (number !== null) return number;
  throw new RefusedValue(
    'not_exact',
    `${decimal} has more digits than a JSON number carries without changing it`,
    'Send it as text (type text), or correct the value at its source.',
  );
}

function toText(value: unknown, decimals: number | undefined): string {
  if (decimals !== undefined) return withDecimals(decimalOf(value), decimals);
  const text = scalarText(value);
  if (text !== null) return text;
  throw new RefusedValue('not_text', `${shown(value)} is no text`, 'Build the text with an expression.');
}

function decimalOf(value: unknown): string {
  const text = typeof value === 'boolean' ? String(Number(value)) : scalarText(value);
  if (text !== null && isDecimal(text)) return text;
  throw new RefusedValue(
    'not_a_number',
    `${shown(value)} is not a decimal number`,
    'Choose another type for this field, or correct the value at its source.',
  );
}

/** The same decimal with exactly this number of decimals. @throws RefusedValue `decimals_cut` */
function withDecimals(decimal: string, decimals: number | undefined): string {
  if (decimals === undefined) return decimal;
  const [whole = '', part = ''] = canonicalDecimal(decimal).split('.');
  if (part.length <= decimals) return decimals === 0 ? whole : `${whole}.${part.padEnd(decimals, '0')}`;
  throw new RefusedValue(
    'decimals_cut',
    `${decimal} has ${part.length} decimals and only ${decimals} may be sent`,
    'Allow more decimals in the field mapper, or correct the value at its source.',
  );
}
