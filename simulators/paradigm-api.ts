/**
 * The simulated Paradigm's API, in both styles of paging that the real one has; header `x-api-key`.
 *
 *   GET [/api]/Items/GetItems/{skip}/{take}       a bare list
 *   GET [/api]/Items?pageNumber=1&size=100        {items, pageNumber, totalPages, hasNextPage}
 *   both with ?filter=modifiedAt GreatherThanOrEqualTo 2025-08-01T00:00:00Z  (spelt as Paradigm does), `productId Equals X`
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exactNumber } from './exact-json';
import { answer, listen, type RunningServer } from './http-server';
import { numberOf, PRODUCT_COUNT, type Product, product } from './paradigm-products';

export interface ParadigmApiOptions {
  host?: string;
  port?: number;
  apiKey?: string;
  /** How many products there are. */
  products?: number;
}

export interface ParadigmApi extends RunningServer {
  /** Paths with their queries, as they were asked. */
  readonly asked: string[];
  /** Changes a product now; decimal texts. */
  change(productId: string, values: { price?: string; quantity?: string }, at?: Date): void;
  /** The next so many requests are answered with this status. */
  fail(status: number, times: number): void;
  product(productId: string): Product | null;
}

export async function startParadigmApi(options: ParadigmApiOptions = {}): Promise<ParadigmApi> {
  const api = new Api(options);
  const server = await listen((req, res) => api.handle(req, res), options);
  return {
    ...server,
    asked: api.asked,
    change: (id, values, at) => api.change(id, values, at ?? new Date()),
    fail: (status, times) => api.fail(status, times),
    product: (id) => api.byId(id),
  };
}

class Api {
  readonly asked: string[] = [];
  private readonly options: ParadigmApiOptions;
  private readonly count: number;
  private readonly changed = new Map<number, Product>();
  private failing = { status: 500, times: 0 };

  constructor(options: ParadigmApiOptions) {
    this.options = options;
    this.count = options.products ?? PRODUCT_COUNT;
  }

  change(id: string, values: { price?: string; quantity?: string }, at: Date): void {
    const number = numberOf(id, this.count);
    if (number === null) throw new Error(`no product ${id}`);
    const changed = { ...this.at(number), modifiedAt: at.toISOString() };
    if (values.price !== undefined) changed.price = exactNumber(values.price);
    if (values.quantity !== undefined) changed.quantity = exactNumber(values.quantity);
    this.changed.set(number, changed);
  }

  fail(status: number, times: number): void {
    this.failing = { status, times };
  }

  byId(id: string): Product | null {
    const number = numberOf(id, this.count);
    return number === null ? null : this.at(number);
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://localhost');
    this.asked.push(url.pathname + url.search);
    const { apiKey } = this.options;
    if (apiKey !== undefined && req.headers['x-api-key'] !== apiKey)
      return answer(res, 401, { message: 'x-api-key is missing or wrong' });
    if (this.failing.times > 0) {
      this.failing.times -= 1;
      return answer(res, this.failing.status, { message: `Simulated ${this.failing.status}` });
    }
    const path = url.pathname.replace(/^\/api(?=\/)/, '');
    const filter = url.searchParams.get('filter');
    const bare = /^\/Items\/GetItems\/(\d+)\/(\d+)$/.exec(path);
    if (bare) return answer(res, 200, this.slice(filter, Number(bare[1]), Number(bare[2])).items);
    if (path === '/Items') {
      const pageNumber = Math.max(1, Number(url.searchParams.get('pageNumber') ?? 1));
      const size = Math.min(1000, Math.max(1, Number(url.searchParams.get('size') ?? 100)));
      const { items, total } = this.slice(filter, (pageNumber - 1) * size, size);
      const totalPages = Math.ceil(total / size);
      return answer(res, 200, { items, pageNumber, totalPages, hasNextPage: pageNumber < totalPages });
    }
    return answer(res, 404, { message: `${path} is unknown` });
  }

  private slice(filter: string | null, skip: number, take: number): { items: Product[]; total: number } {
    const numbers = this.matching(filter);
    const total = numbers?.length ?? this.count;
    const items: Product[] = [];
    for (let index = skip; index < Math.min(total, skip + take); index++)
      items.push(this.at(numbers ? numbers[index]! : index));
    return { items, total };
  }

  /** Numbers that the filter lets through; null = all. */
  private matching(filter: string | null): number[] | null {
    if (!filter) return null;
    const one = /^\s*(\w+)\s+(Equals|GreatherThanOrEqualTo)\s+'?([^']*?)'?\s*$/.exec(filter);
    if (!one) return [];
    const [, field, operator, value] = one as unknown as [string, string, string, string];
    if (/^productid$/i.test(field) && operator === 'Equals') {
      const number = numberOf(value, this.count);
      return number === null ? [] : [number];
    }
    if (/^modifiedat$/i.test(field) && operator === 'GreatherThanOrEqualTo') {
      const since = new Date(value).toISOString();
      return Array.from({ length: this.count }, (_, number) => number).filter(
        (number) => this.at(number).modifiedAt >= since,
      );
    }
    return [];
  }

  private at(number: number): Product {
    return this.changed.get(number) ?? product(number);
  }
}
