#!/usr/bin/env node
/**
 * A simulated Paradigm: sends signed webhooks of all five kinds, and answers product queries (paradigm-api.ts).
 *
 * Alone: `PARADIGM_WEBHOOK_SECRET=… node dist/simulators/paradigm.js --target http://127.0.0.1:1880 --port 4020 --every 2`
 */
import { createHmac } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DemoTarget } from './demo-target';
import { exactNumber } from './exact-json';
import { startParadigmApi } from './paradigm-api';
import { seeded } from './random';
import { type ChangeKind, Shop, type ShopChange } from './shop';

export type { ParadigmApi } from './paradigm-api';
export { startParadigmApi } from './paradigm-api';

export const PARADIGM_PATH = '/webhook/paradigm/inventory';

export type ParadigmSource = 'SALES_ORDER' | 'PURCHASE_ORDER' | 'INVENTORY_ADJUSTMENT' | 'STOCK_TRANSFER';

/** As in Paradigm's guide; numbers are decimal text here and sent as JSON numbers with exactly these digits. */
export interface InventoryUpdate {
  productId: string;
  oldQuantity?: string;
  newQuantity: string;
  /** ISO 8601. */
  timestamp: string;
  source: ParadigmSource;
  referenceId?: string;
  location?: string;
}

export interface PriceUpdate {
  productId: string;
  oldPrice?: string;
  newPrice: string;
  timestamp: string;
  referenceId?: string;
  location?: string;
}

const NUMBERS = ['oldQuantity', 'newQuantity', 'oldPrice', 'newPrice'];

/** The body of one webhook. */
export function paradigmBody(event: InventoryUpdate | PriceUpdate | (InventoryUpdate | PriceUpdate)[]): string {
  const one = (fields: InventoryUpdate | PriceUpdate) => ({
    eventType: 'newPrice' in fields ? 'PRICE_UPDATE' : 'INVENTORY_UPDATE',
    ...Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, NUMBERS.includes(name) ? exactNumber(value) : value]),
    ),
  });
  return JSON.stringify(Array.isArray(event) ? event.map(one) : one(event));
}

/** The headers of one webhook: hex HMAC-SHA256 of exactly these bytes. */
export function paradigmHeaders(secret: string, body: string | Uint8Array): Record<string, string> {
  return { 'X-Signature': createHmac('sha256', secret).update(body).digest('hex') };
}

export class ParadigmSender {
  private readonly target: DemoTarget;
  private readonly secret: string;
  private readonly path: string;

  constructor(target: DemoTarget, secret: string, path = PARADIGM_PATH) {
    this.target = target;
    this.secret = secret;
    this.path = path;
  }

  send(event: InventoryUpdate | PriceUpdate | (InventoryUpdate | PriceUpdate)[]): Promise<Response> {
    const body = paradigmBody(event);
    return this.target.post(this.path, body, paradigmHeaders(this.secret, body));
  }
}

const SOURCES: Record<Exclude<ChangeKind, 'price'>, ParadigmSource> = {
  sale: 'SALES_ORDER',
  delivery: 'PURCHASE_ORDER',
  count: 'INVENTORY_ADJUSTMENT',
  transfer: 'STOCK_TRANSFER',
};

/** What Paradigm sends about something that happened in a shop. */
export function paradigmEvent(change: ShopChange): InventoryUpdate | PriceUpdate {
  const { kind, item, before, after, at, reference } = change;
  const common = { productId: item.sku, timestamp: at.toISOString(), referenceId: reference, location: item.store };
  return kind === 'price'
    ? { ...common, oldPrice: before, newPrice: after }
    : { ...common, oldQuantity: before, newQuantity: after, source: SOURCES[kind] };
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: 'http://127.0.0.1:1880' },
      port: { type: 'string', default: '4020' },
      host: { type: 'string', default: '127.0.0.1' },
      every: { type: 'string', default: '2' },
      products: { type: 'string' },
    },
  });
  const apiKey = process.env.PARADIGM_API_KEY;
  const api = await startParadigmApi({
    host: values.host,
    port: Number(values.port),
    ...(apiKey ? { apiKey } : {}),
    ...(values.products ? { products: Number(values.products) } : {}),
  });
  console.log(`SIMULATED Paradigm API at ${api.url}/api/Items/GetItems/{skip}/{take}`);
  const secret = process.env.PARADIGM_WEBHOOK_SECRET;
  if (!secret) return console.log('No webhooks: set PARADIGM_WEBHOOK_SECRET to have them sent.');
  const target = new DemoTarget(values.target);
  await target.ready();
  const sender = new ParadigmSender(target, secret);
  const shop = new Shop(seeded(Date.now()), String(Date.now()));
  console.log(`SIMULATED webhooks to ${target.url}${PARADIGM_PATH} every ${values.every} s`);
  for (;;) {
    const change = shop.next(['sale', 'sale', 'delivery', 'count', 'transfer', 'price']);
    const answer = await sender.send(paradigmEvent(change));
    console.log(`${change.kind} ${change.item.sku} in ${change.item.store}: ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, Number(values.every) * 1000));
  }
}

if (require.main === module)
  run().catch((thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exit(1);
  });
