#!/usr/bin/env node
/**
 * A simulated MiPOS inventory system: sends signed stock updates (webhook type 3).
 *
 * Alone: `MIPOS_CLIENT_SECRET=… node dist/simulators/mipos.js --target http://127.0.0.1:1880 --every 2 --time-zone Asia/Dubai`
 */
import { createHmac } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DemoTarget } from './demo-target';
import { seeded } from './random';
import { Shop, type ShopChange } from './shop';

export const MIPOS_PATH = '/webhook/mipos/stock';

/** As in MiPOS' documents: levels and quantities are text, times have no zone. */
export interface StockUpdate {
  pos_id: string;
  inventory_system_id: string;
  current_stock: string;
  quantity: string;
  /** `YYYY-MM-DD HH:MM:SS` */
  date: string;
  /** 1 = add, 2 = remove */
  movement_type: 1 | 2;
  external_id: string;
  now: string;
  store_id: string | number;
}

/** The headers of one webhook: hex HMAC-SHA256 of exactly these bytes. */
export function miposHeaders(secret: string, body: string | Uint8Array): Record<string, string> {
  return { 'X-Signature-Request': createHmac('sha256', secret).update(body).digest('hex') };
}

/** A time as MiPOS writes it: in its own zone, which it does not name. */
export function miposTime(at: Date, timeZone: string): string {
  // The Swedish way of writing a time is the one that MiPOS uses.
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone }).format(at);
}

export class MiposSender {
  private readonly target: DemoTarget;
  private readonly secret: string;
  private readonly path: string;

  constructor(target: DemoTarget, secret: string, path = MIPOS_PATH) {
    this.target = target;
    this.secret = secret;
    this.path = path;
  }

  send(update: StockUpdate): Promise<Response> {
    const body = JSON.stringify(update);
    return this.target.post(this.path, body, miposHeaders(this.secret, body));
  }
}

/** What MiPOS sends about something that happened in a shop; it knows no prices. */
export function miposUpdate(change: ShopChange, timeZone: string): StockUpdate {
  const { item, after, difference, at } = change;
  const store = Number(item.store);
  return {
    pos_id: '1',
    inventory_system_id: '4344be8c-c6b9-4c51-88a6-d620144ab406',
    current_stock: after,
    quantity: difference.replace('-', ''),
    date: miposTime(at, timeZone),
    movement_type: difference.startsWith('-') ? 2 : 1,
    external_id: item.sku,
    now: miposTime(new Date(), timeZone),
    store_id: Number.isInteger(store) ? store : item.store,
  };
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: 'http://127.0.0.1:1880' },
      every: { type: 'string', default: '2' },
      'time-zone': { type: 'string' },
    },
  });
  const secret = process.env.MIPOS_CLIENT_SECRET;
  if (!secret) throw new Error('Set MIPOS_CLIENT_SECRET to the secret of the receiver.');
  const timeZone =
    values['time-zone'] ?? process.env.SHELFWIRE_TIMEZONE ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const target = new DemoTarget(values.target);
  await target.ready();
  const sender = new MiposSender(target, secret);
  const shop = new Shop(seeded(Date.now()), String(Date.now()));
  console.log(`SIMULATED webhooks to ${target.url}${MIPOS_PATH} every ${values.every} s`);
  for (;;) {
    const change = shop.next(['sale', 'sale', 'delivery', 'count']);
    const answer = await sender.send(miposUpdate(change, timeZone));
    console.log(`${change.kind} ${change.item.sku} in ${change.item.store}: ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, Number(values.every) * 1000));
  }
}

if (require.main === module)
  run().catch((thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exit(1);
  });
