/**
 * Waits for a condition instead of sleeping: resolves with the first truthy value, rejects with the last failure.
 * @param check may throw or return a falsy value while the condition does not hold yet
 * @param timeout milliseconds
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeout = 10_000,
  what = 'condition',
): Promise<NonNullable<T>> {
  const end = Date.now() + timeout;
  let last: unknown = new Error(`${what} did not hold within ${timeout} ms`);
  for (;;) {
    try {
      const value = await check();
      if (value) return value as NonNullable<T>;
    } catch (thrown) {
      last = thrown;
    }
    if (Date.now() > end) throw last;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
