import assert from 'node:assert/strict';
import { join } from 'node:path';
import { check } from '../../core/ledger/sqlite/care';
import { openDirect } from '../../core/ledger/sqlite/direct';
import { outgoing } from '../../core/pushing/outgoing';
import { type Content, contentOf } from '../../test/support/ledger-content';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder';
import {
  type BigLedgerOptions,
  CHUNK,
  definitionOf,
  eventIdOf,
  makeBigLedger,
  OCCURRED_AT,
  priceOf,
  quantityOf,
  SENDER,
  skuOf,
  storeOf,
} from './big-ledger';

/** The same by the operations that the nodes of the bundled flow call. */
async function takeTheLongWay({ file, kind, now, outlets, items, platform }: BigLedgerOptions): Promise<void> {
  let ids = 0;
  const ledger = openDirect({ file, kind, clock: { now: () => now, steady: () => now, id: () => `${++ids}` } });
  const definitions = Array.from({ length: outlets }, (_, n) => definitionOf(platform, n));
  await ledger.defineOutlets('pasons', definitions);
  for (const [outlet, { outlet: key, fields, endpoint, timeout }] of definitions.entries()) {
    const events = Array.from({ length: items }, (_, n) => ({
      event_id: eventIdOf(outlet, n),
      source: SENDER,
      store_id: storeOf(outlet),
      sku: skuOf(n),
      quantity: quantityOf(n),
      selling_price: priceOf(n),
      occurred_at: OCCURRED_AT,
    }));
    await ledger.record({ sender: SENDER, events });
    await ledger.startPush({ outlet: key, type: 'partial', trigger: 'auto', created_by: 'auto' });
    for (;;) {
      const taken = await ledger.take(key, 2 * CHUNK);
      if (!taken) break;
      const { items: list, ticket } = outgoing(taken, fields);
      for (let from = 0; from < list.length; from += CHUNK) {
        const begun = await ledger.beginSend({
          ticket: {
            ...ticket,
            entries: ticket.entries.slice(from, from + CHUNK),
            mapping: { fingerprint: 'none', key: 'sku' },
          },
          body: Buffer.from(JSON.stringify(list.slice(from, from + CHUNK))),
          idempotencyKey: `${key}-${from}`,
          endpoint: endpoint!,
          timeout,
          dropNewer: false,
        });
        assert.ok(begun.send);
        const answer = { statusCode: 200, message: 'OK', duration_ms: 5 };
        await ledger.settle(begun.chunk, { kind: 'accepted', refused: [] }, answer);
      }
    }
  }
  await ledger.close();
}

/** Without what is drawn by lot. */
function comparable(content: Content): Content {
  const named = (rows: Content[string], ...columns: string[]) =>
    rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column))));
  return {
    ...content,
    meta: content.meta!.filter(({ key }) => key !== 'id'),
    pushes: named(content.pushes!, 'id'),
    chunks: named(content.chunks!, 'id', 'key'),
  };
}

describe('bench: a big ledger', () => {
  let folder: TempFolder;
  beforeEach(() => {
    folder = tempFolder('big-ledger');
  });
  afterEach(() => folder.remove());

  it('is what the product writes, row by row, and adds up', async () => {
    const size = { outlets: 2, items: 1_130, kind: 'demo', now: Date.parse('2026-01-10T11:00:00Z') } as const;
    const platform = 'http://127.0.0.1:9';
    const [made, real] = ['made', 'real'].map((name) => join(folder.path, `${name}.db`)) as [string, string];
    await makeBigLedger({ ...size, platform, file: made });
    await takeTheLongWay({ ...size, platform, file: real });
    assert.deepEqual(check(made), []);
    const [mine, theirs] = [comparable(contentOf(made)), comparable(contentOf(real))];
    for (const table of Object.keys(theirs)) assert.deepEqual(mine[table], theirs[table], table);
    assert.ok(theirs.outlet_items!.length === 2 * 1_130);
  });
});
