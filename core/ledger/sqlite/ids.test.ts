import assert from 'node:assert/strict';
import { join } from 'node:path';
import { event } from '../../../test/conformance/bench';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import { Context, clockFrom } from './context';
import { Ids } from './ids';
import { senders } from './incoming';
import { record } from './record';

describe('sqlite: ids by name', () => {
  let folder: TempFolder;
  let ctx: Context;

  beforeEach(() => {
    folder = tempFolder('ids');
    ctx = new Context(join(folder.path, 'ledger.db'), 'live', clockFrom(Date.now()));
  });
  afterEach(() => {
    ctx.db.close();
    folder.remove();
  });

  const take = (sku: string) =>
    record(ctx, { sender: 'new sender', events: [event({ sku, event_id: sku, quantity: '1' })] });

  it('of rows that were undone are forgotten, and so is what was counted', () => {
    const undone = new Error('the disk is full');
    assert.throws(
      () =>
        ctx.transaction(() => {
          take('A');
          throw undone;
        }),
      undone,
    );
    assert.deepEqual([ctx.db.all('SELECT * FROM stores'), senders(ctx)], [[], []]);
    ctx.transaction(() => {
      take('B');
      take('C');
    });
    const stored = ctx.db.all('SELECT i.sku, s.store_id FROM items i JOIN stores s ON s.id = i.store ORDER BY i.sku');
    assert.deepEqual(
      stored.map(({ sku, store_id }) => [sku, store_id]),
      [
        ['B', '1'],
        ['C', '1'],
      ],
    );
    const counts = senders(ctx).map(({ sender, received, accepted }) => [sender, received, accepted]);
    assert.deepEqual(counts, [['new sender', 2, 2]]);
  });

  it('are bounded, whatever names senders make up', () => {
    const ids = new Ids();
    let asked = 0;
    for (let n = 0; n < 25_000; n++)
      assert.equal(
        ids.id(`name ${n}`, () => ++asked),
        n + 1,
      );
    assert.equal(
      ids.id('name 24999', () => -1),
      25_000,
    );
    assert.equal(
      ids.id('name 0', () => -1),
      -1,
    );
  });
});
