/**
 * The simulated platforms and the network before them: a site for each address. A site applies requests, sometimes late,
 * loses answers, refuses items, is down. Two things may be relied on, as the docs say: nothing is applied later than twice
 * the timeout after it was sent, and what arrives twice under one Idempotency-Key has one effect and one answer. It
 * watches: two requests for one item at a time, values that go back, and a key that is used for two bodies are faults of the product.
 */
import type { HttpClient, HttpRequest, HttpResult } from '../../core/pushing/http';
import { Network } from './network';
import { type Oracle, type Shown, textOf } from './oracle';
import type { World } from './world';

export type Condition = 'fair' | 'rough' | 'down' | 'key_refused' | 'form_refused';
export const CONDITIONS: readonly Condition[] = ['fair', 'rough', 'rough', 'down', 'key_refused', 'form_refused'];

/** What is assumed of a platform; broken only where a test shows what happens then. */
export interface Manners {
  /** Times the timeout within which a request is applied or never. */
  within: number;
  /** Whether a request that arrives twice under one key has one effect. */
  once: boolean;
  /** How often a rough one gives no answer; more where a test needs what seldom meets. */
  silent: number;
}
export const GOOD_MANNERS: Manners = { within: 2, once: true, silent: 0.2 };

interface SentItem extends Shown {
  sku: string;
  /** By what this body names it. */
  named: Record<string, string>;
  /** Of an operator's own list: not a value of the ledger. */
  own?: boolean;
}

interface Held {
  shown: Shown;
  /** Place of the value among all that the ledger ever wanted here. */
  place: number;
  /** Number of the request that brought it. */
  request: number;
}

interface Arrived {
  /** Of the last sending before it was applied: the order in which the product sent. */
  number: number;
  body: string;
  answer: HttpResult | null;
}

export class Site {
  readonly items = new Map<string, Held>();
  /** SKUs that are refused by name. */
  readonly disliked = new Set<string>();
  readonly everDisliked = new Set<string>();
  condition: Condition = 'fair';
  everRefusedForms = false;
  requests = 0;
  /** The age of the oldest request that was applied, in timeouts. */
  latest = 0;
  /** Requests that were applied once more. */
  twice = 0;
  private readonly arrived = new Map<string, Arrived>();
  private readonly inFlight = new Map<string, string>();
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly outlet: string;
  private readonly manners: Manners;

  constructor(world: World, oracle: Oracle, outlet: string, manners: Manners) {
    this.world = world;
    this.oracle = oracle;
    this.outlet = outlet;
    this.manners = manners;
  }

  readonly http: HttpClient = async (request) => {
    const { time, trace } = this.world;
    this.requests += 1;
    const body = Buffer.from(request.body!).toString();
    const key = request.headers['Idempotency-Key']!;
    const arrived = this.arrive(key, body);
    trace.note(time.steady, `${this.outlet} asked #${arrived.number} ${body}`);
    const result = await this.judge(request, key, arrived, new Network(this.world, request.timeout));
    trace.note(time.steady, `${this.outlet} answers #${arrived.number} ${result.statusCode}`);
    return result;
  };

  dislike(sku: string): void {
    this.disliked.add(sku);
    this.everDisliked.add(sku);
  }

  become(condition: Condition): void {
    this.condition = condition;
    if (condition === 'form_refused') this.everRefusedForms = true;
  }

  private arrive(key: string, body: string): Arrived {
    const before = this.arrived.get(key);
    if (before && before.body !== body) this.fault('one Idempotency-Key for two bodies');
    const arrived = before ?? { number: 0, body, answer: null };
    this.arrived.set(key, arrived);
    // What was never applied and is sent again is a new request, whatever was sent meanwhile.
    if (!arrived.answer) arrived.number = this.requests;
    return arrived;
  }

  private async judge(request: HttpRequest, key: string, arrived: Arrived, network: Network): Promise<HttpResult> {
    const { random, time } = this.world;
    await time.sleep(random.int(1, 50));
    const rough = this.condition === 'rough';
    if (this.condition === 'down' && random.chance(0.6)) return network.none('connection_refused', false);
    if (this.condition === 'down') {
      await time.sleep(request.timeout);
      return network.none('timeout', true);
    }
    if (this.condition === 'key_refused') return network.answer(401, { message: 'key' });
    if (this.condition === 'form_refused') return network.answer(422, { message: 'this is no list of ours' });
    if (rough) {
      const early = network.early();
      if (early) return early;
    }
    const list = itemsOf(arrived.body);
    this.begin(list, key);
    if (rough && random.chance(this.manners.silent)) return this.unanswered(request, list, key, arrived, network);
    await time.sleep(random.int(1, 200));
    const answer = this.receive(list, key, arrived, network);
    return (rough && network.late()) || answer;
  }

  /** The answer is lost; the request may be applied now, later, or never. */
  private async unanswered(
    request: HttpRequest,
    list: SentItem[],
    key: string,
    arrived: Arrived,
    network: Network,
  ): Promise<HttpResult> {
    const { random, time } = this.world;
    const fate = random.pick(['now', 'later', 'never']);
    if (fate === 'now') this.receive(list, key, arrived, network);
    else if (fate === 'never') this.end(list, key);
    else {
      const latest = this.manners.within * request.timeout - network.took() - 1;
      time.after(random.int(0, latest), () => this.receive(list, key, arrived, network));
    }
    if (random.chance(0.5)) await time.sleep(request.timeout - network.took());
    if (random.chance(0.2)) return network.answer(504, { message: 'gateway' });
    return network.none(network.took() >= request.timeout ? 'timeout' : 'connection_lost', true);
  }

  /** The request is applied, once, and answered, the same each time. */
  private receive(list: SentItem[], key: string, arrived: Arrived, network: Network): HttpResult {
    this.end(list, key);
    if (arrived.answer && this.manners.once) return arrived.answer;
    const disliked = list.filter(({ sku }) => this.disliked.has(sku));
    if (disliked.length > 0 && this.world.random.chance(0.4))
      return network.answer(400, { message: 'something is wrong' });
    this.latest = Math.max(this.latest, network.age());
    if (arrived.answer) this.twice += 1;
    for (const item of list) if (!this.disliked.has(item.sku)) this.put(item, arrived.number);
    const errors = disliked.map(({ named }) => ({ ...named, code: 'disliked', message: 'not this one' }));
    arrived.answer = network.answer(200, { message: 'ok', errors });
    return arrived.answer;
  }

  private put({ sku, own, named: _, ...shown }: SentItem, request: number): void {
    const { trace, time } = this.world;
    const before = this.items.get(sku);
    if (before && before.request > request)
      this.fault(
        `${sku}: request #${request} overtook #${before.request}: ${textOf(before.shown)}, then ${textOf(shown)}`,
      );
    const from = before?.place ?? 0;
    const place = own ? from : this.oracle.place(this.outlet, sku, shown, from);
    if (place < 0)
      this.fault(`${sku} went back from ${before && textOf(before.shown)} to ${textOf(shown)}, or it was never so`);
    trace.note(time.steady, `${this.outlet} shows ${sku} ${textOf(shown)}`);
    this.items.set(sku, { shown, place: Math.max(place, from), request });
  }

  private begin(list: SentItem[], key: string): void {
    for (const { sku } of list) {
      const other = this.inFlight.get(sku);
      if (other !== undefined && other !== key) this.fault(`two requests in flight for ${sku}`);
      this.inFlight.set(sku, key);
    }
  }

  private end(list: SentItem[], key: string): void {
    for (const { sku } of list) if (this.inFlight.get(sku) === key) this.inFlight.delete(sku);
  }

  /** Of a platform without manners it is only noted. */
  private fault(what: string): void {
    const { problems, reversals } = this.world;
    (this.manners === GOOD_MANNERS ? problems : reversals).push(`${this.outlet}: ${what}`);
  }
}

/** A bare list, or the mapped form: an envelope, and another name and text for the SKU. */
function itemsOf(body: string): SentItem[] {
  const value = JSON.parse(body) as (Shown & { sku: string })[] | { items: (Shown & { product_id: string })[] };
  if (Array.isArray(value)) return value.map((item) => ({ ...item, named: { sku: item.sku } }));
  return value.items.map(({ product_id, ...item }) => ({ ...item, sku: product_id.slice(2), named: { product_id } }));
}
