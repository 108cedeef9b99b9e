/** A validator of a node's property: a number in a range; blank counts as the default. Catalogue key `error.range`. */
export function inRange(min: number, max: number, whole = false) {
  return function (
    this: { _?(key: string, values?: Record<string, unknown>): string },
    value: unknown,
  ): boolean | string {
    if (value === undefined || value === null || value === '') return true;
    const number = Number(value);
    if (number >= min && number <= max && (!whole || Number.isInteger(number))) return true;
    return this._?.(whole ? 'error.whole' : 'error.range', { min, max }) ?? false;
  };
}
