import assert from 'node:assert/strict';
import { join } from 'node:path';
import { makeFeed, OPENING } from '../../scripts/replay/feed';
import { readRows, readText } from '../../scripts/replay/rows';
import { differences, replay } from '../../scripts/replay/run';
import { expectedContent } from '../oracle/retail';
import { ROOT } from '../support/node-red';

const SAMPLE = join(ROOT, 'test/data/retail-sample.csv');

describe('a replay of real sales through a real Node-RED', () => {
  for (const [what, kills] of [
    ['out of order, some twice, the platform failing now and then', 0],
    ['the same, with the process killed and started again', 3],
  ] as const)
    it(`ends with exactly what the file says: ${what}`, async function () {
      this.timeout(300_000);
      const csv = readText(SAMPLE);
      const rows = readRows(csv);
      const feed = makeFeed(rows, { seed: 7, window: 2_000, late: 0.01, twice: 0.05 });
      const stores = [...new Set(rows.map((row) => row.store))];
      const result = await replay({ feed, stores, kills, seed: 7 });
      assert.deepEqual(differences(expectedContent(csv, OPENING), result.content), []);
      assert.equal(result.kills, kills);
      assert.deepEqual(result.overlaps, []);
      const { received, accepted, duplicate, stale, refused } = result.counts;
      assert.equal(received, accepted + duplicate + stale + refused);
      assert.equal(refused, 0);
      assert.ok(duplicate > 0);
      assert.deepEqual([result.states.refused, result.states.held, result.states.incomplete], [0, 0, 0]);
    });
});

describe('the feed of the replay', () => {
  it('differs from what the oracle says when a single event is missing', () => {
    const csv = readText(SAMPLE);
    const content = expectedContent(csv, OPENING);
    const less = csv.trimEnd().split('\n').slice(0, -1).join('\n');
    const found = new Map(
      [...expectedContent(less, OPENING)].map(([store, items]) => [
        store,
        new Map([...items].map(([sku, item]) => [sku, { ...item, sku }])),
      ]),
    );
    assert.equal(differences(content, found).length, 1);
  });

  it('holds every row once as a level or a movement, and duplicates besides', () => {
    const rows = readRows(readText(SAMPLE));
    const feed = makeFeed(rows, { seed: 1, window: 100, late: 0.01, twice: 0 });
    const stock = feed.filter((one) => one.by !== 'paradigm' || 'newQuantity' in one.event).length;
    const items = new Set(rows.map((row) => JSON.stringify([row.store, row.sku]))).size;
    assert.equal(stock, rows.length + items);
    const twice = makeFeed(rows, { seed: 1, window: 100, late: 0, twice: 1 });
    assert.equal(twice.length, feed.length * 2);
  });
});
