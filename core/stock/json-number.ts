/** A number of a JSON text that keeps every digit. */
import { InvalidInputError } from '../errors';
import { MAX_DIGITS } from './decimal';

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
    const { source } = this;
    // Nearly every number: few characters and no exponent.
    if (source.length <= MAX_DIGITS && !/[eE]/.test(source)) return source;
    const [, sign = '', whole = '', fraction = '', exponent] = NUMBER.exec(source) ?? [];
    if (exponent === undefined && whole.length + fraction.length <= MAX_DIGITS) return source;
    const shift = Number(exponent ?? 0);
    const point = whole.length + shift;
    const digits = whole + fraction;
    const length = Math.max(point, digits.length) - Math.min(point - 1, 0);
    if (!(length <= MAX_DIGITS)) {
      const shown = source.length > 60 ? `${source.slice(0, 60)}…` : source;
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
