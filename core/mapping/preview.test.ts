import assert from 'node:assert/strict';
import { preview } from './preview';

const table = [
  { from: 'sku', to: 'sku', type: 'text' },
  { from: 'selling_price', to: 'price', type: 'number', decimals: 1 },
];
const sample = '[{"sku":"a","selling_price":8.5},{"sku":"b","selling_price":13.99}]';

describe('mapping: preview', () => {
  it('shows the result, marks what changed and what is refused, and the whole body', async () => {
    const shown = await preview(table, '{"branch":"{store_id}","items":"{items}"}', sample);
    assert.deepEqual(shown.rows[0], {
      source: '{"sku":"a","selling_price":8.5}',
      fields: [
        { name: 'sku', text: '"a"', changed: false },
        { name: 'price', text: '8.5', changed: true },
      ],
      refused: null,
    });
    assert.deepEqual(shown.rows[1]?.fields, []);
    assert.match(shown.rows[1]?.refused ?? '', /13\.99 has 2 decimals/);
    assert.equal(shown.body, '{"branch":"1","items":[{"sku":"a","price":8.5}]}');
  });

  it('takes a single item, and rejects with what is wrong', async () => {
    assert.equal((await preview([], '', '{"sku":"a"}')).body, '[{"sku":"a"}]');
    await assert.rejects(preview([{ from: 'x', to: 'y' }], '', sample), { code: 'key_missing' });
    await assert.rejects(preview([], '', '{'), SyntaxError);
  });
});
