/**
 * What the shops' systems told, and what follows from it: the simplest program that is right, sharing no code with
 * Shelfwire. No two events are of one time, so a time names an event.
 */
export interface Told {
  /** Milliseconds since 1970. */
  at: number;
  store: string;
  sku: string;
  price?: number;
  level?: number;
  change?: number;
}

export interface Shown {
  selling_price: string;
  stock_status: string;
  quantity: string;
}

/** What a platform shows in the end, by `store sku`: the latest price, the latest level and what moved after it. */
export function expectedOf(told: Iterable<Told>): Map<string, Shown> {
  const items = new Map<string, Told[]>();
  for (const one of told) {
    const key = `${one.store} ${one.sku}`;
    const list = items.get(key);
    if (list) list.push(one);
    else items.set(key, [one]);
  }
  const shown = new Map<string, Shown>();
  for (const [key, list] of items) {
    const price = latest(list.filter((one) => one.price !== undefined));
    const level = latest(list.filter((one) => one.level !== undefined));
    if (!price || !level) continue;
    const moved = list.filter((one) => one.change !== undefined && one.at > level.at);
    const quantity = moved.reduce((sum, one) => sum + one.change!, level.level!);
    shown.set(key, {
      selling_price: String(price.price),
      stock_status: quantity > 0 ? '1' : '0',
      quantity: String(Math.max(0, quantity)),
    });
  }
  return shown;
}

function latest(list: Told[]): Told | undefined {
  return list.reduce<Told | undefined>((best, one) => (best && best.at > one.at ? best : one), undefined);
}
