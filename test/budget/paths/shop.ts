/** A ledger's engine in this thread, under a clock that stands, with one outlet: every run does exactly the same. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordBatch } from '../../../core/ledger/ledger';
import { type Call, Engine, type Operation } from '../../../core/ledger/sqlite/engine';
import type { StockEvent } from '../../../core/stock/event';
import { outlet, START } from '../../conformance/bench';
import { tempFolder } from '../../support/temp-folder';
import { unsynced } from '../statements';

export const SENDER = 'paradigm';
export const OUTLET = outlet().outlet;
export const ENDPOINT = outlet().endpoint!;

export class Shop {
  private readonly folder = tempFolder('budget');
  private readonly file = join(this.folder.path, 'ledger.db');
  private readonly engine: Engine;
  private ids = 0;
  private now = START;

  constructor() {
    const id = () => `id-${String(++this.ids).padStart(8, '0')}`;
    this.engine = new Engine(this.file, 'live', { now: () => this.now, steady: () => this.now, id });
    unsynced();
    this.ask('defineOutlets', 'pasons', [outlet()]);
  }

  /** Time passes; what happens then is later. */
  later(): void {
    this.now += 1_000;
  }

  /** One group, one commit. @throws when one of it fails */
  run(calls: Call[]): unknown[] {
    return this.engine.run(calls).replies.map((reply) => {
      if (!reply.ok) throw new Error(reply.message);
      return reply.value;
    });
  }

  ask<T>(name: Operation, ...args: unknown[]): T {
    return this.run([{ name, args }])[0] as T;
  }

  /** Bytes of the write-ahead log. */
  readonly log = (): number => statSync(`${this.file}-wal`).size;

  close(): void {
    this.engine.close();
    this.folder.remove();
  }
}

/** What the sender tells of an item for the n-th time: each telling differs from every other. */
export function told(item: number, time: number): StockEvent {
  return {
    event_id: `${SENDER}-${item}-${time}`,
    store_id: '1',
    sku: `SKU-${String(item).padStart(6, '0')}`,
    quantity: String(1 + ((item + time) % 50)),
    selling_price: `${10 + (time % 80)}.25`,
    occurred_at: new Date(START - 3_600_000 + time * 1000).toISOString(),
    source: SENDER,
    event_type: 'INVENTORY_UPDATE',
    reference_id: `SO-${100_000 + item}`,
  };
}

export const recordCall = (events: StockEvent[]): Call => ({
  name: 'record',
  args: [{ sender: SENDER, events, refusals: [], codes: 'as-is', maxFuture: 300 } satisfies RecordBatch],
});

export const range = (from: number, until: number): number[] =>
  Array.from({ length: until - from }, (_, index) => from + index);
