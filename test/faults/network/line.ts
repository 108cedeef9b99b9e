/**
 * The way from the ledger to a platform: the real ledger under a clock that a test can move on, the real push engine,
 * the real HTTP client. The flow around it is one chunk and one retry.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ANSWERS } from '../../../connectors/pasons/profile';
import type { ItemState, Ledger, OutletSummary } from '../../../core/ledger/ledger';
import { openDirect } from '../../../core/ledger/sqlite/direct';
import { type AxiosClient, axiosClient, type ClientOptions } from '../../../core/pushing/axios-client';
import { push } from '../../../core/pushing/engine';
import { outgoing } from '../../../core/pushing/outgoing';
import type { FailedPart, PushResult } from '../../../core/pushing/result';
import type { PushTarget } from '../../../core/pushing/target';
import { type TempFolder, tempFolder } from '../../support/temp-folder';

export const OUTLET = 'pasons:1';
export const ITEMS = 3;
/** In every request's headers; must never be met anywhere else. */
export const KEY = 'the-key-of-shop-1';

/** One shop; its address ends in its store id, as `{store_id}` in an endpoint does. */
export interface Shop {
  store_id: string;
  endpoint: string;
}

export class Line {
  ledger: Ledger;
  private readonly client: AxiosClient;
  private readonly folder: TempFolder;
  private readonly targets: Map<string, PushTarget>;
  /** Stands still unless it is moved on: a slow machine changes nothing. */
  private time = Date.UTC(2026, 0, 1);
  private ids = 0;

  constructor(endpoint: string | Shop[], timeout: number, options: ClientOptions = {}) {
    this.folder = tempFolder('network');
    this.client = axiosClient(options);
    this.ledger = this.openLedger();
    const shops = typeof endpoint === 'string' ? [{ store_id: '1', endpoint }] : endpoint;
    this.targets = new Map(shops.map((shop) => [`pasons:${shop.store_id}`, targetOf(shop, timeout)]));
  }

  now(): number {
    return this.time;
  }

  advance(ms: number): void {
    this.time += ms;
  }

  /** Items `A0`, `A1`, … in every shop, and a push of each that has just begun. */
  async open(count = ITEMS): Promise<void> {
    await this.declare();
    for (const [outlet, { definition }] of this.targets) {
      await this.change(count, '13.99', definition.store_id);
      await this.ledger.startPush({ outlet, type: 'partial', trigger: 'manual', created_by: 'user:test' });
    }
  }

  /** A new price for the first items of a shop. */
  async change(count: number, selling_price: string, store_id = '1'): Promise<void> {
    const occurred_at = new Date(this.now()).toISOString();
    const events = Array.from({ length: count }, (_, n) => ({
      sku: `A${n}`,
      store_id,
      source: 'test',
      selling_price,
      occurred_at,
    }));
    await this.ledger.record({ sender: 'test', events });
  }

  /** As after a restart of the process. */
  async restart(): Promise<void> {
    await this.ledger.close();
    this.ledger = this.openLedger();
    await this.declare();
  }

  /** The next message of the ledger, through the push. */
  async take(hold: boolean, outlet = OUTLET): Promise<PushResult> {
    const taken = await this.lend(outlet);
    assert.ok(taken, `nothing to take: ${JSON.stringify(await this.outlet(outlet))}`);
    return this.send(taken, hold);
  }

  /** The next message of the ledger, or null. */
  async lend(outlet = OUTLET, limit = 1000): Promise<Pick<FailedPart, 'ticket' | 'items'> | null> {
    const taken = await this.ledger.take(outlet, limit);
    return taken && outgoing(taken, this.targets.get(outlet)!.definition.fields);
  }

  /** @param hold what fails for now keeps its lease: a retry follows */
  send({ ticket, items }: Pick<FailedPart, 'ticket' | 'items'>, hold: boolean): Promise<PushResult> {
    return push({
      ledger: this.ledger,
      http: this.client.request,
      profile: ANSWERS,
      now: () => this.now(),
      target: this.targets.get(ticket.outlet),
      ticket,
      payload: items,
      sliced: true,
      mayHold: () => hold,
    });
  }

  /** All that may leave now, of every shop; what fails is given back. */
  async pump(): Promise<void> {
    for (const outlet of await this.ledger.due()) {
      for (let lent = await this.lend(outlet); lent; lent = await this.lend(outlet)) await this.send(lent, false);
    }
  }

  async outlet(id = OUTLET): Promise<OutletSummary> {
    return (await this.ledger.outlets()).find((outlet) => outlet.id === id)!;
  }

  /** Only the states in which there are items. */
  async states(id = OUTLET): Promise<Partial<Record<ItemState, number>>> {
    const { counts } = await this.outlet(id);
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }

  async close(): Promise<void> {
    this.client.close();
    await this.ledger.close();
    this.folder.remove();
  }

  private openLedger(): Ledger {
    const now = () => this.now();
    const clock = { now, steady: now, id: () => `id${this.ids++}` };
    return openDirect({ file: join(this.folder.path, 'ledger.db'), kind: 'live', clock });
  }

  private declare(): Promise<void> {
    return this.ledger.defineOutlets(
      'pasons',
      [...this.targets.values()].map(({ definition }) => definition),
    );
  }
}

function targetOf({ store_id, endpoint }: Shop, timeout: number): PushTarget {
  return {
    definition: {
      outlet: `pasons:${store_id}`,
      platform: 'pasons',
      store_id,
      name: 'Marina',
      enabled: true,
      fields: ['selling_price'],
      threshold: '0',
      endpoint,
      concurrency: 2,
      timeout,
    },
    method: 'POST',
    headers: () => ({ 'X-API-Key': KEY }),
    secrets: () => [KEY],
    succeeds: async () => undefined,
    slot: async () => () => {},
  };
}
