import assert from 'node:assert/strict';
import { ConfigError } from '../../core/errors';
import { runThrough } from '../../core/steps';
import { type JsonValue, parseExactJson } from '../../core/stock/exact-json';
import { readEvent } from '../../core/stock/validate';
import { readFields, skuField } from './fields';
import { type ItemOptions, itemEvents } from './items';

const readItems = (...args: Parameters<typeof itemEvents>) => runThrough(itemEvents(...args));
const AT = '2026-03-01T10:00:00.000Z';
const items = (text: string) => parseExactJson(text) as JsonValue[];
const options = (more: Partial<ItemOptions> = {}): ItemOptions => ({
  fields: readFields(undefined),
  stores: new Map([
    ['WH1', '1'],
    ['WH2', '2'],
  ]),
  defaultStore: '',
  ...more,
});

describe('connectors/paradigm/items', () => {
  it('maps fields, digits kept', () => {
    const { events, indexes, refusals } = readItems(
      items(
        '[{"productId":"1015AW","quantity":12.400,"price":1.000000000000000005,"location":"WH2","barcode":6291041500213,"other":1}]',
      ),
      AT,
      options(),
    );
    assert.deepEqual(refusals, []);
    assert.deepEqual(indexes, [0]);
    const { event_id, ...event } = events[0]!;
    assert.match(event_id ?? '', /^paradigm:[0-9a-f]{32}$/);
    assert.deepEqual(event, {
      source: 'paradigm',
      event_type: 'SYNC',
      store_id: '2',
      sku: '1015AW',
      quantity: '12.400',
      selling_price: '1.000000000000000005',
      codes: { barcode: '6291041500213' },
      occurred_at: AT,
    });
    assert.equal(readEvent(events[0], 2e15, 0).quantity, '12.400');
  });

  it('a table of one’s own: paths, statuses, codes, stores', () => {
    const fields = readFields([
      { from: 'strProductID', to: 'sku' },
      { from: 'stock.decUnits', to: 'quantity' },
      { from: 'a.b', to: 'selling_price' },
      { from: 'active', to: 'stock_status' },
      { from: 'shop', to: 'store_id' },
      { from: 'id', to: 'paradigm_id' },
    ]);
    assert.equal(skuField(fields), 'strProductID');
    const { events } = readItems(
      items('[{"strProductID":"a","stock":{"decUnits":3},"a.b":"2.50","active":true,"shop":7,"id":99}]'),
      AT,
      options({ fields }),
    );
    const { event_id: _, source: __, event_type: ___, occurred_at: ____, ...rest } = events[0]!;
    assert.deepEqual(rest, {
      store_id: '7',
      sku: 'a',
      quantity: '3',
      selling_price: '2.50',
      stock_status: 1,
      codes: { paradigm: '99' },
    });
  });

  it('nothing is invented: absent, null and empty are no value', () => {
    const { events } = readItems(
      items('[{"productId":"a","quantity":null,"price":""},{"productId":"b","quantity":0}]'),
      AT,
      options({ defaultStore: '1' }),
    );
    assert.equal(events[0]?.quantity, undefined);
    assert.equal(events[0]?.selling_price, undefined);
    assert.equal(events[1]?.quantity, '0');
  });

  it('bad items are told with their position, the others go on', () => {
    const { events, indexes, refusals } = readItems(
      items(
        '[{"productId":"a","quantity":1},"x",{"quantity":1},{"productId":"b","quantity":[1]},{"productId":"c","location":"WH9","quantity":2}]',
      ),
      AT,
      options({ defaultStore: '3' }),
      500,
    );
    assert.deepEqual(
      events.map(({ sku, store_id, location }) => [sku, store_id, location]),
      [
        ['a', '3', undefined],
        ['c', '', 'WH9'],
      ],
    );
    assert.deepEqual(indexes, [500, 504]);
    assert.deepEqual(
      refusals.map(({ index, sku, code }) => [index, sku, code]),
      [
        [501, null, 'missing_field'],
        [502, null, 'missing_field'],
        [503, 'b', 'not_text'],
      ],
    );
    const none = readItems(items('[{"productId":"a","quantity":1}]'), AT, options());
    assert.equal(none.refusals[0]?.code, 'UNKNOWN_STORE');
  });

  it('one product: nothing but that product, whatever the filter let through', () => {
    const { events, refusals } = readItems(
      items(
        '[{"productId":"1015AWX","quantity":1},{"productId":"1015AW","quantity":2},{"productId":"1015aw","quantity":3},{}]',
      ),
      AT,
      options({ defaultStore: '1' }),
      0,
      '1015AW',
    );
    assert.deepEqual(
      events.map(({ quantity }) => quantity),
      ['2'],
    );
    assert.deepEqual(refusals, []);
  });

  it('a wrong table is told at deploy', () => {
    for (const wrong of [
      'sku',
      [{ from: 'a', to: 'quantity' }],
      [{ from: '', to: 'sku' }],
      [{ from: 'a', to: 'price' }],
      [null],
      [
        { from: 'a', to: 'sku' },
        { from: 'b', to: 'sku' },
      ],
    ])
      assert.throws(() => readFields(wrong), ConfigError, JSON.stringify(wrong));
    assert.equal(skuField(readFields([])), 'productId');
  });
});
