/**
 * What the platform must show after a file of sales: computed straight from the file, in the simplest way that is right.
 * Shares no code with Shelfwire and none with the program that plays the file.
 *
 * Each item (country, stock code) opens with the same stock. A row takes its quantity away (a return's is negative, so
 * it adds); the price is that of the latest row, and of several at one time the last in the file. What is below zero
 * shows as 0; in stock is what is above 0.
 */
export interface Expected {
  selling_price: string;
  stock_status: '0' | '1';
  quantity: string;
}

/** @returns items by store, then by SKU */
export function expectedContent(csv: string, opening: number): Map<string, Map<string, Expected>> {
  const [head, ...rows] = parse(csv);
  const column = (name: string) => head!.indexOf(name);
  const [store, sku, quantity, date, price] = ['Country', 'StockCode', 'Quantity', 'InvoiceDate', 'UnitPrice'].map(
    column,
  );
  const stock = new Map<string, Map<string, number>>();
  const prices = new Map<string, Map<string, { date: string; price: string }>>();
  for (const row of rows) {
    const [shop, item] = [row[store!]!, row[sku!]!];
    const shelves = stock.get(shop) ?? new Map<string, number>();
    stock.set(shop, shelves.set(item, (shelves.get(item) ?? opening) - Number(row[quantity!])));
    const tags = prices.get(shop) ?? new Map<string, { date: string; price: string }>();
    const tag = tags.get(item);
    if (!tag || row[date!]! >= tag.date) tags.set(item, { date: row[date!]!, price: row[price!]! });
    prices.set(shop, tags);
  }
  return new Map(
    [...stock].map(([shop, shelves]) => [
      shop,
      new Map(
        [...shelves].map(([item, left]) => [
          item,
          {
            selling_price: shortest(prices.get(shop)!.get(item)!.price),
            stock_status: left > 0 ? '1' : '0',
            quantity: String(Math.max(0, left)),
          },
        ]),
      ),
    ]),
  );
}

/** `2.10` → `2.1`, `3.0` → `3` */
function shortest(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

/** Rows of a CSV text; quoted fields may hold commas and doubled quotes. */
function parse(csv: string): string[][] {
  return csv
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      ),
    );
}
