type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Tells `after` of every call of a method, without a hook in what is measured. */
export function wrap(
  prototype: object,
  name: string,
  after: (self: unknown, args: unknown[], result: unknown) => void,
): void {
  const methods = prototype as Record<string, Method>;
  const original = methods[name]!;
  methods[name] = function (this: unknown, ...args: unknown[]) {
    const result = original.apply(this, args);
    after(this, args, result);
    return result;
  };
}
