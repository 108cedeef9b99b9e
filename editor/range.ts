/**
 * A validator of a node's property: a number in a range; blank counts as the default. Catalogue keys `error.range`, `error.whole`.
 * Node-RED takes a text as a reason only from a validator that declares two parameters; else any text counts as valid.
 */
export function inRange(min: number, max: number, whole = false) {
  return function (
    this: { _?(key: string, values?: Record<string, unknown>): string },
    value: unknown,
    _options?: unknown,
  ): boolean | string {
    if (value === undefined || value === null || value === '') return true;
    const number = Number(value);
    if (number >= min && number <= max && (!whole || Number.isInteger(number))) return true;
    return this._?.(whole ? 'error.whole' : 'error.range', { min, max }) ?? false;
  };
}
