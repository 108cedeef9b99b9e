/** A shop's catalogue of made-up articles: the same for the same mark, other prices for another. */
import { seeded } from '../../simulators/random';

/** As many articles as the Export Feed that this was first made for had: 79 requests of 500. */
export const ARTICLES = 39_184;

export interface Article {
  sku: string;
  price: string;
  status: 0 | 1;
}

export function articles(mark: number, count: number): Article[] {
  const random = seeded(mark);
  return Array.from({ length: count }, (_, index) => ({
    sku: `62910${String(index * 7 + 10_000_000)}`,
    price: (1 + Math.floor(random() * 99_900) / 100).toFixed(2),
    status: random() < 0.9 ? 1 : 0,
  }));
}

/** The Export Feed. */
export function csvOf(list: Article[]): string {
  return `sku,selling_price,stock_status\n${list.map(({ sku, price, status }) => `${sku},${price},${status}\n`).join('')}`;
}
