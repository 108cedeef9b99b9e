/**
 * A platform that takes items as fast as it can and answers as Pasons does, in a process of its own: the full simulator
 * would be what is measured. It counts which items of a store came, and how often.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from './serve';

export interface Arrived {
  /** Monotonic clock of the machine in nanoseconds, when the last item had been taken. */
  at: string;
  requests: number;
  /** Items that came again. */
  again: number;
}

class Store {
  private seen = new Set<string>();
  private requests = 0;
  private again = 0;
  private expected: { items: number; told: (arrived: Arrived) => void } | null = null;

  take(items: { sku: string }[]): void {
    this.requests += 1;
    for (const { sku } of items) {
      if (this.seen.has(sku)) this.again += 1;
      this.seen.add(sku);
    }
  }

  answered(): void {
    if (!this.expected || this.seen.size < this.expected.items) return;
    this.expected.told({ at: String(process.hrtime.bigint()), requests: this.requests, again: this.again });
    this.expected = null;
  }

  /** Resolves once so many different items were taken from now on. */
  expect(items: number): Promise<Arrived> {
    this.seen = new Set();
    this.requests = 0;
    this.again = 0;
    return new Promise((told) => {
      this.expected = { items, told };
    });
  }
}

const stores = new Map<string, Store>();
const storeOf = (id: string): Store => stores.get(id) ?? stores.set(id, new Store()).get(id)!;

function handle(req: IncomingMessage, res: ServerResponse): void {
  const parts: Buffer[] = [];
  req.on('data', (part: Buffer) => parts.push(part));
  req.on('end', () => {
    const store = storeOf(req.url!.slice(req.url!.lastIndexOf('/') + 1));
    const items = JSON.parse(Buffer.concat(parts).toString()) as { sku: string }[];
    store.take(items);
    const answer = Buffer.from(`{"message":"${items.length} items taken","accepted":${items.length}}`);
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length }).end(answer);
    store.answered();
  });
}

serve({
  listen: () =>
    new Promise<number>((resolve) => {
      const server = createServer(handle);
      server.keepAliveTimeout = 60_000;
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    }),
  expect: (store: string, items: number) => storeOf(store).expect(items),
});
