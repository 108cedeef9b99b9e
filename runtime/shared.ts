/**
 * What must live as long as the process and not as long as a deploy: open ledgers, brokers, routes. Kept on globalThis,
 * since Node-RED may load this pack's files more than once (a second copy of the package, a test).
 */
const KEY = Symbol.for('@shelfwire/shared');

type Shared = Map<string, unknown>;

export function shared<T>(name: string, make: () => T): T {
  const holder = globalThis as { [KEY]?: Shared };
  holder[KEY] ??= new Map();
  const map = holder[KEY];
  if (!map.has(name)) map.set(name, make());
  return map.get(name) as T;
}
