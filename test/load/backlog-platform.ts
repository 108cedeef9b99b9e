/** A platform that is down until told otherwise and then remembers in which order everything arrived. */

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A shop of 40,000 items takes four seconds then, longer than changes are gathered: what sells out meanwhile could come last. */
const ANSWER_MS = 100;

export interface Arrived {
  store: string;
  skus: string[];
  /** Milliseconds, monotonic. */
  at: number;
}

interface Item {
  sku: string;
  selling_price: number;
  stock_status: 0 | 1;
}

export class BacklogPlatform {
  up = true;
  /** Requests that were taken, in order, since `forget`. */
  arrived: Arrived[] = [];
  /** Requests while it was down. */
  asked = 0;
  /** Store → SKU → "price status". */
  readonly shown = new Map<string, Map<string, string>>();
  private readonly server = http.createServer((req, res) => void this.handle(req, res));

  static async start(): Promise<BacklogPlatform> {
    const platform = new BacklogPlatform();
    await new Promise<void>((resolve) => platform.server.listen(0, '127.0.0.1', resolve));
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  forget(): void {
    this.arrived = [];
  }

  count(): number {
    let all = 0;
    for (const items of this.shown.values()) all += items.size;
    return all;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of req) parts.push(part as Buffer);
    if (!this.up) {
      this.asked += 1;
      res.writeHead(503, { 'Content-Type': 'application/json' }).end('{"message":"down"}');
      return;
    }
    await setTimeout(ANSWER_MS);
    const store = decodeURIComponent((req.url ?? '').split('/').at(-1) ?? '');
    const items = JSON.parse(Buffer.concat(parts).toString()) as Item[];
    const shown = this.shown.get(store) ?? new Map<string, string>();
    this.shown.set(store, shown);
    for (const { sku, selling_price, stock_status } of items) shown.set(sku, `${selling_price} ${stock_status}`);
    this.arrived.push({ store, skus: items.map(({ sku }) => sku), at: performance.now() });
    res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"message":"taken"}');
  }
}
