/**
 * The simulated platform and the network before it. It applies requests, sometimes late (but never later than twice the
 * timeout after they were sent: the assumption of the docs; and once for each Idempotency-Key), loses answers, refuses items, is down. It watches: two
 * requests for one item at a time, and values that go back, are faults of the product.
 */
import type { HttpClient, HttpFault, HttpResult } from '../../core/pushing/http';
import type { Random } from './random';
import type { Scheduler } from './scheduler';

export interface Shown {
  selling_price: number;
  stock_status: number;
}

export type Weather = 'fair' | 'rough' | 'down' | 'key_refused';

export class Platform {
  readonly items = new Map<string, Shown>();
  readonly faults: string[] = [];
  weather: Weather = 'fair';
  /** SKUs that are refused by name. */
  readonly disliked = new Set<string>();
  requests = 0;
  private readonly done = new Set<string>();
  private readonly inFlight = new Map<string, string>();
  private readonly random: Random;
  private readonly time: Scheduler;
  /** The order of versions: which of two values of an item is older. */
  private readonly isOlder: (sku: string, a: Shown, b: Shown) => boolean;

  constructor(random: Random, time: Scheduler, isOlder: (sku: string, a: Shown, b: Shown) => boolean) {
    this.random = random;
    this.time = time;
    this.isOlder = isOlder;
  }

  readonly http: HttpClient = async (request) => {
    this.requests += 1;
    const { random, time } = this;
    const start = time.steady;
    const body = Buffer.from(request.body!);
    const key = request.headers['Idempotency-Key']!;
    const list = JSON.parse(body.toString()) as ({ sku: string } & Shown)[];
    const took = () => time.steady - start;
    const none = (fault: HttpFault, sent: boolean): HttpResult => ({
      answered: false,
      sent,
      fault,
      detail: fault,
      statusCode: null,
      duration_ms: took(),
    });
    const answer = (statusCode: number, value: unknown, headers: Record<string, string> = {}): HttpResult => ({
      answered: true,
      statusCode,
      statusText: '',
      headers,
      body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      duration_ms: took(),
    });
    await time.sleep(random.int(1, 50));
    if (this.weather === 'down' && random.chance(0.6)) return none('connection_refused', false);
    if (this.weather === 'down') {
      await time.sleep(request.timeout);
      return none('timeout', true);
    }
    if (this.weather === 'key_refused') return answer(401, { message: 'key' });
    const rough = this.weather === 'rough';
    if (rough && random.chance(0.1)) return none('connection_refused', false);
    if (rough && random.chance(0.1)) return answer(random.pick([500, 503]), { message: 'busy' });
    if (rough && random.chance(0.1)) return answer(429, { message: 'slow down' }, { 'retry-after': '3' });
    if (rough && random.chance(0.05)) return answer(200, '<html>maintenance</html>');
    this.begin(list, key);
    if (rough && random.chance(0.15)) {
      // The answer is lost; the request may be applied now, later, or never.
      const fate = random.int(0, 2);
      if (fate === 0) this.apply(list, key);
      else if (fate === 1) time.after(random.int(0, 2 * request.timeout - took() - 1), () => this.apply(list, key));
      else this.end(list, key);
      if (random.chance(0.5)) await time.sleep(request.timeout - took());
      return none(took() >= request.timeout ? 'timeout' : 'connection_lost', true);
    }
    await time.sleep(random.int(1, 200));
    const disliked = list.filter(({ sku }) => this.disliked.has(sku));
    if (disliked.length > 0 && random.chance(0.4)) {
      this.end(list, key);
      return answer(400, { message: 'something is wrong' });
    }
    this.apply(
      list.filter(({ sku }) => !this.disliked.has(sku)),
      key,
    );
    this.end(list, key);
    if (rough && random.chance(0.05)) return answer(500, { message: 'applied, and then an error' });
    return answer(200, {
      message: 'ok',
      errors: disliked.map(({ sku }) => ({ sku, code: 'disliked', message: 'not this one' })),
    });
  };

  private begin(list: { sku: string }[], key: string): void {
    for (const { sku } of list) {
      const other = this.inFlight.get(sku);
      if (other !== undefined && other !== key) this.faults.push(`two requests in flight for ${sku}`);
      this.inFlight.set(sku, key);
    }
  }

  private end(list: { sku: string }[], key: string): void {
    for (const { sku } of list) if (this.inFlight.get(sku) === key) this.inFlight.delete(sku);
  }

  private apply(list: ({ sku: string } & Shown)[], key: string): void {
    this.end(list, key);
    // As the header promises: a request that arrives twice under one key has one effect.
    if (this.done.has(key)) return;
    this.done.add(key);
    for (const { sku, selling_price, stock_status } of list) {
      const known = this.items.get(sku);
      const next = { selling_price, stock_status };
      if (known && this.isOlder(sku, next, known))
        this.faults.push(`${sku} went back from ${JSON.stringify(known)} to ${JSON.stringify(next)}`);
      this.items.set(sku, next);
    }
  }
}
