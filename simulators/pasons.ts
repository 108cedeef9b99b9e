#!/usr/bin/env node
/**
 * A simulated Pasons: keeps the items of each store, answers as the real platform may, and misbehaves when told to.
 *
 *   POST|PUT /v1/inventory/{store_id}   items: a JSON list, or an envelope around one; header X-API-Key
 *   GET      /v1/inventory/{store_id}   what it holds
 *   GET      /_sim/state                everything it holds, and what must never happen: reversals, overlaps
 *   GET      /_sim/counts               how many items each store has
 *   GET      /_sim/requests             the last requests
 *   POST     /_sim/behaviour            see pasons-behaviour.ts; `{}` changes nothing, `null` behaves well again
 *   POST     /_sim/reset                forgets everything
 *
 * Alone: `node dist/simulators/pasons.js --port 4010 --key secret`
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { parseExact } from './exact-json';
import { answer, listen, readBody } from './http-server';
import { type Behaviour, type Fault, readBehaviour, WELL_BEHAVED } from './pasons-behaviour';
import { itemsOf, keyOf, type PlatformItem, PlatformStore } from './pasons-store';
import { oneOf, type Random, seeded } from './random';

export interface PasonsOptions {
  host?: string;
  port?: number;
  /** The API key that is asked for; without it every key is good. */
  apiKey?: string;
  keyHeader?: string;
  behaviour?: Partial<Behaviour>;
  /** The clients' timeout in milliseconds: nothing is ever applied later than twice this. */
  timeout?: number;
  journal?: string;
  versionField?: string;
  /** Requests that are remembered (with their bodies). */
  keep?: number;
  /** Told at once, before anything else happens: `read` wholly, nothing applied; `applied`, not answered; `answered`, the answer has left. */
  watch?: (moment: Moment, request: PlatformRequest) => void;
}

export type Moment = 'read' | 'applied' | 'answered';

export interface PlatformRequest {
  /** Milliseconds since epoch. */
  at: number;
  method: string;
  store: string;
  headers: Record<string, string>;
  body: string;
  /** The items' keys, in order; null when the body was no list of items. */
  keys: string[] | null;
  applied: boolean;
  /** null: the connection was dropped. */
  status: number | null;
}

export interface PasonsSimulator {
  readonly url: string;
  readonly port: number;
  readonly store: PlatformStore;
  readonly requests: PlatformRequest[];
  /** Keys that were in two requests at the same time. */
  readonly overlaps: { store: string; sku: string }[];
  /** Number of all requests with items, also of those no longer in `requests`. */
  count(): number;
  behave(change: Partial<Behaviour> | null): void;
  stop(): Promise<void>;
}

interface Remembered {
  body: string;
  status: number;
  answer: unknown;
}

export async function startPasons(options: PasonsOptions = {}): Promise<PasonsSimulator> {
  const platform = new Platform(options);
  const server = await listen((req, res) => platform.handle(req, res), options);
  return {
    url: server.url,
    port: server.port,
    store: platform.store,
    requests: platform.requests,
    overlaps: platform.overlaps,
    count: () => platform.total,
    behave: (change) => platform.behave(change),
    stop: () => server.stop(),
  };
}

class Platform {
  readonly store: PlatformStore;
  readonly requests: PlatformRequest[] = [];
  readonly overlaps: { store: string; sku: string }[] = [];
  total = 0;
  private behaviour: Behaviour;
  private random: Random;
  private readonly options: PasonsOptions;
  private readonly answered = new Map<string, Remembered>();
  private readonly inFlight = new Map<string, number>();

  constructor(options: PasonsOptions) {
    this.options = options;
    this.store = new PlatformStore(options);
    this.behaviour = { ...WELL_BEHAVED, ...options.behaviour };
    this.random = seeded(this.behaviour.seed);
  }

  behave(change: Partial<Behaviour> | null): void {
    this.behaviour = { ...(change === null ? WELL_BEHAVED : this.behaviour), ...change };
    if (change?.seed !== undefined) this.random = seeded(change.seed);
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = (req.url ?? '/').split('?')[0]!;
    const inventory = /^\/v1\/inventory\/([^/]+)\/?$/.exec(path);
    if (inventory) return this.inventory(req, res, decodeURIComponent(inventory[1]!));
    if (path === '/_sim/state')
      return answer(res, 200, {
        stores: this.store.content(),
        requests: this.total,
        reversals: this.store.reversals,
        overlaps: this.overlaps,
        behaviour: this.behaviour,
      });
    if (path === '/_sim/counts') return answer(res, 200, { stores: this.store.counts(), requests: this.total });
    if (path === '/_sim/requests') return answer(res, 200, this.requests);
    if (path === '/_sim/behaviour' && req.method === 'POST') return this.told(res, await readBody(req));
    if (path === '/_sim/reset' && req.method === 'POST') {
      this.reset();
      return answer(res, 200, { message: 'forgotten' });
    }
    if (path === '/')
      return answer(res, 200, { message: 'Simulated Pasons. No real shop. See /v1/inventory/{store_id}' });
    return answer(res, 404, { message: `${path} is unknown` });
  }

  private told(res: ServerResponse, body: Buffer): void {
    try {
      const change = JSON.parse(body.toString()) as unknown;
      this.behave(change === null ? null : readBehaviour(change));
      answer(res, 200, this.behaviour);
    } catch (thrown) {
      answer(res, 400, { message: String(thrown) });
    }
  }

  private async inventory(req: IncomingMessage, res: ServerResponse, store: string): Promise<void> {
    const bytes = await readBody(req);
    if (!this.keyIsGood(req)) return answer(res, 401, { message: 'The API key is missing or wrong' });
    if (req.method === 'GET' || req.method === 'HEAD')
      return answer(res, 200, { store_id: store, items: this.store.items(store) });
    if (req.method !== 'POST' && req.method !== 'PUT')
      return answer(res, 405, { message: `${req.method} is not offered` }, { Allow: 'GET, POST, PUT' });

    const body = bytes.toString();
    const items = read(body);
    const request: PlatformRequest = {
      at: Date.now(),
      method: req.method,
      store,
      headers: Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)])),
      body,
      keys: items?.map((item) => keyOf(item) ?? '') ?? null,
      applied: false,
      status: null,
    };
    this.total += 1;
    this.requests.push(request);
    if (this.requests.length > (this.options.keep ?? 10_000)) this.requests.shift();
    const leave = this.enter(store, request.keys ?? []);
    // Before the answer's last byte leaves, or when the client has gone.
    res.once('prefinish', leave);
    res.once('close', leave);
    res.once('finish', () => this.options.watch?.('answered', request));
    this.options.watch?.('read', request);
    await this.judge(req, res, request, items);
  }

  private async judge(
    req: IncomingMessage,
    res: ServerResponse,
    request: PlatformRequest,
    items: PlatformItem[] | null,
  ): Promise<void> {
    const { delay, applies, maxItems, maxBytes } = this.behaviour;
    const fault = this.nextFault();
    const reply = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      request.status = status;
      answer(res, status, body, headers);
    };
    if (applies === 'last') await this.pause(delay);
    const late = Date.now() - request.at > 2 * (this.options.timeout ?? 30_000);
    if (fault && !fault.endsWith('-applied')) {
      if (applies === 'first') await this.pause(delay);
      return this.fail(fault, request, res);
    }
    if (!String(req.headers['content-type'] ?? '').startsWith('application/json'))
      return reply(415, { message: 'Content-Type must be application/json' });
    if (!items) return reply(400, { message: 'The body must be a JSON list of items, or an object with one list' });
    if ((maxItems && items.length > maxItems) || (maxBytes && request.body.length > maxBytes))
      return reply(413, { message: `At most ${maxItems || 'any number of'} items and ${maxBytes || 'any'} bytes` });

    const key = header(req, 'idempotency-key');
    const before = key ? this.answered.get(`${request.store} ${key}`) : undefined;
    if (before && before.body !== request.body)
      return reply(422, { message: 'This Idempotency-Key was used with another body' });
    let result = before;
    if (!result) {
      result = late ? { body: '', status: 504, answer: { message: 'too late' } } : this.apply(request, items);
      if (key && request.applied) this.remember(`${request.store} ${key}`, result);
    }
    if (applies === 'first') await this.pause(delay);
    if (fault) return this.fail(fault, request, res);
    reply(result.status, result.answer, before ? { 'Idempotent-Replayed': 'true' } : {});
  }

  private apply(request: PlatformRequest, items: PlatformItem[]): Remembered {
    const { refuse, refuseStatus, refuseNamed } = this.behaviour;
    const errors = items.flatMap((item, index) => {
      const key = keyOf(item);
      if (key === null) return [{ index, code: 'no_key', message: 'The item has no sku' }];
      if (refuse.includes(key))
        return [{ index, sku: key, code: 'unknown_product', message: `${key} is not listed here` }];
      return [];
    });
    const bad = new Set(errors.map((error) => error.index));
    const good = items.filter((_, index) => !bad.has(index));
    const { body } = request;
    const named = refuseNamed ? { errors } : {};
    if (errors.length > 0 && refuseStatus >= 300)
      return { body, status: refuseStatus, answer: { message: 'Some items cannot be taken', ...named } };
    this.store.apply(request.store, good);
    request.applied = true;
    this.options.watch?.('applied', request);
    return errors.length > 0
      ? { body, status: refuseStatus, answer: { message: `${good.length} items taken`, ...named } }
      : { body, status: 200, answer: { message: `${good.length} items taken`, accepted: good.length } };
  }

  private fail(fault: Fault, request: PlatformRequest, res: ServerResponse): void {
    if (fault === 'drop' || fault === 'drop-applied') {
      res.destroy();
      return;
    }
    if (fault === 'html') {
      request.status = 200;
      res.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><body><h1>Welcome</h1></body></html>');
      return;
    }
    const status = fault === '500-applied' ? 500 : Number(fault);
    const { retryAfter } = this.behaviour;
    const wait = (status === 429 || status === 503) && retryAfter !== null ? { 'Retry-After': String(retryAfter) } : {};
    request.status = status;
    answer(res, status, { message: `Simulated ${status}` }, wait as Record<string, string>);
  }

  private nextFault(): Fault | null {
    const { fault, times, failRate, failWith } = this.behaviour;
    if (fault) {
      if (times !== null) this.behave(times <= 1 ? { fault: null, times: null } : { times: times - 1 });
      return fault;
    }
    return failRate > 0 && this.random() < failRate ? oneOf(this.random, failWith) : null;
  }

  /** Counts the keys of a request as being sent; two at a time is what a client must never do. */
  private enter(store: string, keys: string[]): () => void {
    const names = keys.map((key) => `${store} ${key}`);
    for (const [index, name] of names.entries()) {
      const before = this.inFlight.get(name) ?? 0;
      if (before > 0) this.overlaps.push({ store, sku: keys[index]! });
      this.inFlight.set(name, before + 1);
    }
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      for (const name of names) {
        const left = (this.inFlight.get(name) ?? 1) - 1;
        if (left > 0) this.inFlight.set(name, left);
        else this.inFlight.delete(name);
      }
    };
  }

  private remember(key: string, result: Remembered): void {
    this.answered.set(key, result);
    if (this.answered.size > 10_000) this.answered.delete(this.answered.keys().next().value!);
  }

  private keyIsGood(req: IncomingMessage): boolean {
    const { apiKey, keyHeader = 'X-API-Key' } = this.options;
    return apiKey === undefined || header(req, keyHeader.toLowerCase()) === apiKey;
  }

  private async pause(milliseconds: number): Promise<void> {
    if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  private reset(): void {
    this.store.clear();
    this.requests.length = 0;
    this.overlaps.length = 0;
    this.answered.clear();
    this.total = 0;
  }
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function read(body: string): PlatformItem[] | null {
  try {
    return itemsOf(parseExact(body));
  } catch {
    return null;
  }
}

if (require.main === module) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4010' },
      host: { type: 'string', default: '127.0.0.1' },
      key: { type: 'string' },
      journal: { type: 'string' },
      delay: { type: 'string', default: '0' },
      'fail-rate': { type: 'string', default: '0' },
    },
  });
  const apiKey = values.key ?? process.env.PASONS_API_KEY;
  void startPasons({
    host: values.host,
    port: Number(values.port),
    ...(apiKey ? { apiKey } : {}),
    ...(values.journal ? { journal: values.journal } : {}),
    behaviour: { delay: Number(values.delay), failRate: Number(values['fail-rate']) },
  }).then((pasons) =>
    console.log(`SIMULATED Pasons at ${pasons.url}/v1/inventory/{store_id}; state at ${pasons.url}/_sim/state`),
  );
}
