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

export class Line {
  readonly ledger: Ledger;
  private readonly client: AxiosClient;
  private readonly folder: TempFolder;
  private readonly target: PushTarget;
  private ahead = 0;

  constructor(endpoint: string, timeout: number, options: ClientOptions = {}) {
    this.folder = tempFolder('network');
    this.client = axiosClient(options);
    let ids = 0;
    const now = () => this.now();
    this.ledger = openDirect({
      file: join(this.folder.path, 'ledger.db'),
      kind: 'live',
      clock: { now, steady: now, id: () => `id${ids++}` },
    });
    this.target = {
      definition: {
        outlet: OUTLET,
        platform: 'pasons',
        store_id: '1',
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

  now(): number {
    return Date.now() + this.ahead;
  }

  advance(ms: number): void {
    this.ahead += ms;
  }

  /** Items `A0`, `A1`, … and a push that has just begun. */
  async open(count = ITEMS): Promise<void> {
    await this.ledger.defineOutlets('pasons', [this.target.definition]);
    const occurred_at = new Date(this.now()).toISOString();
    const events = Array.from({ length: count }, (_, n) => ({
      sku: `A${n}`,
      store_id: '1',
      source: 'test',
      selling_price: '13.99',
      occurred_at,
    }));
    await this.ledger.record({ sender: 'test', events });
    await this.ledger.startPush({ outlet: OUTLET, type: 'partial', trigger: 'manual', created_by: 'user:test' });
  }

  /** The next message of the ledger, through the push. */
  async take(hold: boolean): Promise<PushResult> {
    const taken = await this.ledger.take(OUTLET, 1000);
    assert.ok(taken, `nothing to take: ${JSON.stringify(await this.outlet())}`);
    const { items, ticket } = outgoing(taken, this.target.definition.fields);
    return this.send({ ticket, items }, hold);
  }

  /** @param hold what fails for now keeps its lease: a retry follows */
  send({ ticket, items }: Pick<FailedPart, 'ticket' | 'items'>, hold: boolean): Promise<PushResult> {
    return push({
      ledger: this.ledger,
      http: this.client.request,
      profile: ANSWERS,
      now: () => this.now(),
      target: this.target,
      ticket,
      payload: items,
      sliced: true,
      mayHold: () => hold,
    });
  }

  async outlet(): Promise<OutletSummary> {
    return (await this.ledger.outlets())[0]!;
  }

  /** Only the states in which there are items. */
  async states(): Promise<Partial<Record<ItemState, number>>> {
    const { counts } = await this.outlet();
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }

  async close(): Promise<void> {
    this.client.close();
    await this.ledger.close();
    this.folder.remove();
  }
}
