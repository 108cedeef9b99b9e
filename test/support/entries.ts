/** Every entry that takes what others send over HTTP, wired as in the bundled flow to a real ledger, in this process. */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { EventCounts, Ledger, RecordBatch, RecordResult, RefusedInput } from '../../core/ledger/ledger';
import { openLedger } from '../../core/ledger/sqlite';
import { type FlowEntry, load, unload } from './node-test';
import { type Answer, ledgerNodeOf, NodeServer } from './receiving';
import { type TempFolder, tempFolder } from './temp-folder';

import chunker = require('../../nodes/chunker/chunker');
import fieldMapper = require('../../nodes/field-mapper/field-mapper');
import catalogueIn = require('../../nodes/catalogue-in/catalogue-in');
import hmacVerify = require('../../nodes/hmac-verify/hmac-verify');
import miposIn = require('../../nodes/mipos-in/mipos-in');
import paradigmIn = require('../../nodes/paradigm-in/paradigm-in');
import recordStock = require('../../nodes/record-stock/record-stock');

const PLAIN = [
  { from: 'sku', to: 'product_id' },
  { from: 'selling_price', to: 'price', type: 'number' },
];
const COMPUTED = [
  { from: 'sku', to: 'product_id' },
  { expression: '$round(selling_price * 1.05, 2)', to: 'price', type: 'number' },
];

export const SECRET = 'the-secret';
export const TOKEN = 'the-token';
const STORES = { '1': '1', '2': '2', '3': '3' };

export type Entry = 'paradigm' | 'mipos' | 'csv' | 'json';
const PATHS = {
  paradigm: '/webhook/paradigm/inventory',
  mipos: '/webhook/mipos/stock',
  csv: '/api/catalogue/1',
  json: '/api/catalogue/1',
};

interface EntriesOptions {
  /** A second wire behind each receiver, which makes Node-RED copy every message. */
  second?: boolean;
  /** A ledger that only counts, but takes what it is given as the real one does: as a copy for another thread. */
  counting?: boolean;
  maxBody?: number;
}

export class Entries {
  readonly ledger: Ledger;
  private readonly folder: TempFolder;
  private readonly server = new NodeServer();

  private constructor(folder: TempFolder, ledger: Ledger) {
    this.folder = folder;
    this.ledger = ledger;
  }

  static async start({ second = false, counting = false, maxBody }: EntriesOptions = {}): Promise<Entries> {
    const folder = tempFolder('entries');
    const file = join(folder.path, 'ledger.db');
    const entries = new Entries(folder, counting ? countingLedger() : await openLedger({ file, kind: 'demo' }));
    const also = second ? ['sink'] : [];
    const limit = maxBody === undefined ? {} : { maxBody };
    const flow: FlowEntry[] = [
      { id: 'ledger', type: 'shelfwire-ledger' },
      {
        id: 'p',
        type: 'shelfwire-paradigm-in',
        storeMap: STORES,
        defaultStore: '1',
        ...limit,
        wires: [['vp', ...also]],
      },
      { id: 'vp', type: 'shelfwire-hmac-verify', scheme: 'paradigm', ledger: 'ledger', wires: [['r'], []] },
      { id: 'm', type: 'shelfwire-mipos-in', storeMap: STORES, timeZone: 'UTC', ...limit, wires: [['vm', ...also]] },
      { id: 'vm', type: 'shelfwire-hmac-verify', scheme: 'mipos', ledger: 'ledger', wires: [['r'], []] },
      { id: 'c', type: 'shelfwire-catalogue-in', timeZone: 'UTC', ...limit, wires: [['r', ...also]] },
      { id: 'r', type: 'shelfwire-record-stock', ledger: 'ledger', wires: [['ok'], ['bad']] },
      { id: 'map', type: 'shelfwire-field-mapper', fields: PLAIN, wires: [['sink'], []] },
      { id: 'compute', type: 'shelfwire-field-mapper', fields: COMPUTED, wires: [['sink'], []] },
      { id: 'chunk', type: 'shelfwire-chunker', size: 500, bytes: 100_000, wires: [['sink', 'also']] },
      { id: 'ok', type: 'helper', wires: [] },
      { id: 'bad', type: 'helper', wires: [] },
      { id: 'sink', type: 'helper', wires: [] },
      { id: 'also', type: 'helper', wires: [] },
    ];
    await load(
      [
        entries.server.factory,
        ledgerNodeOf(async () => entries.ledger),
        paradigmIn,
        miposIn,
        catalogueIn,
        hmacVerify,
        recordStock,
        fieldMapper,
        chunker,
      ],
      flow,
      { vp: { secret: SECRET }, vm: { secret: SECRET }, c: { token: TOKEN } },
    );
    await entries.server.start();
    return entries;
  }

  /** Sends it as the entry's sender would, proven. */
  post(entry: Entry, body: string | Buffer, headers: Record<string, string> = {}, query = ''): Promise<Answer> {
    return this.server.post(PATHS[entry] + query, body, { ...proofOf(entry, body), ...headers });
  }

  counts(): Promise<EventCounts> {
    return this.ledger.counts();
  }

  async lastRefused(limit = 10): Promise<RefusedInput[]> {
    return (await this.ledger.refused({ limit })).rows;
  }

  async stop(): Promise<void> {
    await unload();
    await this.server.stop();
    await this.ledger.close();
    this.folder.remove();
  }
}

function proofOf(entry: Entry, body: string | Buffer): Record<string, string> {
  const tag = () => createHmac('sha256', SECRET).update(body).digest('hex');
  if (entry === 'paradigm') return { 'X-Signature': tag() };
  if (entry === 'mipos') return { 'X-Signature-Request': tag() };
  return {
    Authorization: `Bearer ${TOKEN}`,
    'Content-Type': entry === 'csv' ? 'text/csv' : 'application/json',
  };
}

function countingLedger(): Ledger {
  const counts: EventCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, refused: 0 };
  const ledger = {
    info: { id: 'counting', kind: 'demo' },
    counts: async () => ({ ...counts }),
    record: async (batch: RecordBatch): Promise<RecordResult> => {
      const { events, refusals = [], ...rest } = batch;
      // As the real one: in pieces of 2,000.
      for (let from = 0; from === 0 || from < events.length; from += 2_000) {
        structuredClone({ ...rest, refusals, events: events.slice(from, from + 2_000) });
        await new Promise((resolve) => setImmediate(resolve));
      }
      const result = {
        received: events.length + refusals.length,
        accepted: events.length,
        duplicate: 0,
        stale: 0,
        refused: refusals.length,
      };
      for (const key of Object.keys(counts) as (keyof EventCounts)[]) counts[key] += result[key];
      return { ...result, outcomes: events.map(() => 'accepted' as const), refusals };
    },
    close: async () => {},
  };
  return ledger as unknown as Ledger;
}
