/** The delivery side as it is wired in a flow, with a real ledger and a simulated platform, for tests of its nodes. */
import { join } from 'node:path';
import type { ItemState, Ledger } from '../../core/ledger/ledger';
import { openLedger } from '../../core/ledger/sqlite';
import type { StockEvent } from '../../core/stock/event';
import { forgetLedger, registerLedger } from '../../runtime/ledgers';
import type { RED } from '../../runtime/red';
import { type PasonsOptions, type PasonsSimulator, startPasons } from '../../simulators/pasons';
import { ledgerNodeOf } from './fake-config-nodes';
import { type FlowEntry, load, unload } from './node-test';
import { type TempFolder, tempFolder } from './temp-folder';

import changedStock = require('../../nodes/changed-stock/changed-stock');
import chunker = require('../../nodes/chunker/chunker');
import fieldMapper = require('../../nodes/field-mapper/field-mapper');
import outlets = require('../../nodes/outlets/outlets');
import pasonsPush = require('../../nodes/pasons-push/pasons-push');
import pushHistory = require('../../nodes/push-history/push-history');
import retry = require('../../nodes/retry/retry');

const coreFunction: (red: RED) => void = require('@node-red/nodes/core/function/10-function.js');

export class Delivery {
  readonly ledger: Ledger;
  readonly pasons: PasonsSimulator;
  private readonly folder: TempFolder;
  private clock = Date.UTC(2025, 7, 1, 12);

  private constructor(folder: TempFolder, ledger: Ledger, pasons: PasonsSimulator) {
    this.folder = folder;
    this.ledger = ledger;
    this.pasons = pasons;
    registerLedger(ledger);
  }

  static async start(platform: PasonsOptions = {}): Promise<Delivery> {
    const folder = tempFolder('delivery');
    const ledger = await openLedger({ file: join(folder.path, 'ledger.db'), kind: 'demo' });
    return new Delivery(folder, ledger, await startPasons(platform));
  }

  /** Loads nodes beside a ledger `ledger` and outlets `outlets` of the shops 1, 2, 3. */
  async load(
    flow: FlowEntry[],
    config: Record<string, unknown> = {},
    credentials: Record<string, unknown> = {},
  ): Promise<void> {
    await load(
      [...this.sets(), coreFunction, outlets, changedStock, fieldMapper, chunker, retry, pasonsPush, pushHistory],
      [
        { id: 'ledger', type: 'shelfwire-ledger' },
        {
          id: 'outlets',
          type: 'shelfwire-outlets',
          ledger: 'ledger',
          endpoint: `${this.pasons.url}/v1/inventory/{store_id}`,
          timeout: 2,
          rows: ['1', '2', '3'].map((store_id) => ({ store_id, name: `Shop ${store_id}`, push_enabled: true })),
          ...config,
        },
        ...flow,
      ],
      credentials,
    );
  }

  sets(): ((red: RED) => void)[] {
    return [ledgerNodeOf(this.ledger)];
  }

  /** Records an event for each SKU, each later than the one before. */
  async record(store_id: string, values: Record<string, Partial<StockEvent>>): Promise<void> {
    const events = Object.entries(values).map(([sku, value]) => {
      this.clock += 1000;
      return { sku, store_id, source: 'test', occurred_at: new Date(this.clock).toISOString(), ...value };
    });
    await this.ledger.record({ sender: 'test', events });
  }

  /** Complete items `A1`, `A2`, … with price and status. */
  async stock(store_id: string, count: number, price = '13.99'): Promise<void> {
    const values: Record<string, Partial<StockEvent>> = {};
    for (let n = 1; n <= count; n++) values[`A${n}`] = { selling_price: price, stock_status: 1 };
    await this.record(store_id, values);
  }

  async counts(store_id = '1'): Promise<Record<ItemState, number>> {
    const found = (await this.ledger.outlets()).find((outlet) => outlet.store_id === store_id);
    if (!found) throw new Error(`no outlet ${store_id}`);
    return found.counts;
  }

  /** What the platform shows of a shop: SKU → price and status. */
  shown(store_id = '1'): Record<string, string> {
    const items = JSON.parse(JSON.stringify(this.pasons.store.content()[store_id] ?? {})) as Record<
      string,
      { selling_price?: number; stock_status?: number }
    >;
    return Object.fromEntries(
      Object.entries(items).map(([sku, item]) => [sku, `${item.selling_price} ${item.stock_status}`]),
    );
  }

  async stop(): Promise<void> {
    await unload();
    forgetLedger(this.ledger);
    await this.ledger.close();
    await this.pasons.stop();
    this.folder.remove();
  }
}

/** The bundled flow's way from changed stock to push history, loop included. */
export function usualFlow(retryConfig: Record<string, unknown> = {}): FlowEntry[] {
  return [
    {
      id: 'changed',
      type: 'shelfwire-changed-stock',
      outlets: 'outlets',
      stores: [],
      mode: 'partial',
      auto: true,
      linger: 0.05,
      limit: 1000,
      wires: [['map']],
    },
    { id: 'map', type: 'shelfwire-field-mapper', wires: [['chunk'], []] },
    { id: 'chunk', type: 'shelfwire-chunker', size: 500, wires: [['retry']] },
    { id: 'retry', type: 'shelfwire-retry', delay: 0.05, ...retryConfig, wires: [['push'], ['up', 'history']] },
    {
      id: 'push',
      type: 'shelfwire-pasons-push',
      wires: [
        ['ok', 'history'],
        ['retry', 'no'],
      ],
    },
    { id: 'history', type: 'shelfwire-push-history', wires: [['pushes']] },
    { id: 'ok', type: 'helper', wires: [] },
    { id: 'no', type: 'helper', wires: [] },
    { id: 'up', type: 'helper', wires: [] },
    { id: 'pushes', type: 'helper', wires: [] },
  ];
}
