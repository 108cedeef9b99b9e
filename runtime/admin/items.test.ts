import assert from 'node:assert/strict';
import type { Ledger } from '../../core/ledger/ledger';
import { forgetLedger, registerLedger } from '../ledgers';
import { feed } from './items';

type FeedRow = Awaited<ReturnType<Ledger['feed']>>[number];

/** A ledger that only knows what stands in its feed. */
const ledgerOf = (id: string, rows: Record<string, FeedRow[]>) =>
  ({
    info: { id },
    outlets: async () => [],
    feed: async (storeId: string, limit: number, after = '') =>
      (rows[storeId] ?? []).filter(({ sku }) => sku > after).slice(0, limit),
  }) as unknown as Ledger;

describe('the Export Feed', () => {
  const ledgers = [
    ledgerOf('first', { 1: [{ sku: 'A', selling_price: '1.5', stock_status: 1 }] }),
    ledgerOf('second', {
      2: [{ sku: 'B' } as FeedRow, { sku: 'C', selling_price: '2', stock_status: 0 }],
    }),
  ];
  const read = async (store_id: string) => {
    let text = '';
    for await (const piece of (await feed({ params: { store_id }, query: {}, body: {}, user: 'x' })).pieces)
      text += piece;
    return text.split('\r\n').slice(1, -1);
  };
  before(() => ledgers.forEach(registerLedger));
  after(() => ledgers.forEach(forgetLedger));

  it('of a store is read from the ledger that has it, of several that are open', async () => {
    assert.deepEqual(await read('1'), ['A,1.5,1']);
    assert.deepEqual(await read('2'), ['C,2,0']);
    assert.deepEqual(await read('3'), []);
  });
});
