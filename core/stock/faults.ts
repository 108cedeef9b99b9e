/** What is wrong with one item, all at once: whoever mends one field is not to meet the next one at the next try. */
import { InvalidInputError } from '../errors';
import type { Refusal } from './event';

/** Reads one part of an item and throws what is wrong with it. */
export type Check = () => unknown;

/** More are not told of one item. */
const MOST = 10;

/**
 * @param thrown why the item was refused: told first
 * @param checks one for each part, asked only now, so that a good item costs nothing
 */
export function reasonsOf(
  thrown: InvalidInputError,
  checks: readonly Check[],
): Pick<Refusal, 'code' | 'message' | 'also'> {
  const found = new Map([[thrown.message, thrown.code]]);
  for (const check of checks) {
    try {
      check();
    } catch (other) {
      if (!(other instanceof InvalidInputError)) throw other;
      found.set(other.message, other.code);
    }
  }
  const [first, ...also] = [...found].slice(0, MOST).map(([message, code]) => ({ code, message }));
  return also.length === 0 ? first! : { ...first!, also };
}
