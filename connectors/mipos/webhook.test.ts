import assert from 'node:assert/strict';
import { ConfigError } from '../../core/errors';
import { runThrough } from '../../core/steps';
import { storeMap } from '../store-map';
import { type MiposOptions, readMipos } from './webhook';

const options: MiposOptions = {
  stores: storeMap([
    { location: 1, store_id: '1' },
    { location: '2', store_id: 'Marina' },
  ]),
  timeZone: 'Asia/Dubai',
  inventorySystemId: '',
};
const seed = {
  pos_id: '1',
  inventory_system_id: '4344be8c-c6b9-4c51-88a6-d620144ab406',
  current_stock: '12.44',
  quantity: '1.25',
  date: '2020-05-30 12:45:03',
  movement_type: 2 as unknown,
  external_id: 'avcc123',
  now: '2020-06-01 02:55:18',
  store_id: 1 as unknown,
};
const read = (body: unknown, more: Partial<MiposOptions> = {}) =>
  runThrough(readMipos(Buffer.from(JSON.stringify(body)), { ...options, ...more }));

describe("MiPOS' webhook", () => {
  it('tells every wrong field at once', () => {
    const { refusals } = read({ ...seed, current_stock: 'x', date: 'then', external_id: undefined });
    assert.deepEqual(
      [refusals[0]!.code, ...refusals[0]!.also!.map(({ code }) => code)],
      ['not_decimal', 'missing_field', 'not_a_time'],
    );
  });

  it('makes a stock event of the example payload', () => {
    const { event_id, ...event } = read(seed).events[0]!;
    assert.match(event_id ?? '', /^mipos:[0-9a-f]{32}$/);
    assert.deepEqual(event, {
      source: 'mipos',
      event_type: 'STOCK_REMOVE',
      store_id: '1',
      sku: 'avcc123',
      quantity: '12.44',
      quantity_change: '-1.25',
      old_quantity: '13.69',
      occurred_at: '2020-05-30T08:45:03.000Z',
    });
  });

  it('adds with type 1, as number or text', () => {
    for (const movement_type of [1, '1']) {
      const [event] = read({ ...seed, movement_type }).events;
      assert.deepEqual(
        [event?.quantity_change, event?.old_quantity, event?.event_type],
        ['1.25', '11.19', 'STOCK_ADD'],
      );
    }
  });

  it('takes the time of the movement, not that of sending, also for the id', () => {
    const id = (more: object) => read({ ...seed, ...more }).events[0]?.event_id;
    assert.equal(id({ now: '2020-06-02 00:00:00' }), id({}));
    const ids = [
      {},
      { quantity: '1.26' },
      { current_stock: '12.45' },
      { movement_type: 1 },
      { date: '2020-05-30 12:45:04' },
      { external_id: 'x' },
      { store_id: 2 },
    ].map(id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(read(seed, { timeZone: 'UTC' }).events[0]?.occurred_at, '2020-05-30T12:45:03.000Z');
  });

  it('knows shops by number or text and keeps events of unknown ones', () => {
    assert.equal(read({ ...seed, store_id: '1' }).events[0]?.store_id, '1');
    assert.equal(read({ ...seed, store_id: 2 }).events[0]?.store_id, 'Marina');
    const [event] = read({ ...seed, store_id: 3 }).events;
    assert.deepEqual([event?.store_id, event?.location], ['', '3']);
  });

  it('refuses other inventory systems when one is set', () => {
    const inventorySystemId = seed.inventory_system_id;
    assert.equal(read(seed, { inventorySystemId }).events.length, 1);
    const { refusals } = read({ ...seed, inventory_system_id: 'another' }, { inventorySystemId });
    assert.deepEqual([refusals[0]?.code, refusals[0]?.sku], ['other_inventory_system', 'avcc123']);
  });

  it('takes a level alone and a movement alone, and refuses what is not clear', () => {
    const level = read({ ...seed, quantity: undefined }).events[0];
    assert.deepEqual([level?.quantity, level?.quantity_change, level?.old_quantity], ['12.44', undefined, undefined]);
    const movement = read({ ...seed, current_stock: '' }).events[0];
    assert.deepEqual([movement?.quantity, movement?.quantity_change], [undefined, '-1.25']);
    for (const [more, code] of [
      [{ movement_type: 3 }, 'unknown_movement'],
      [{ movement_type: undefined }, 'unknown_movement'],
      [{ quantity: '-1' }, 'unknown_movement'],
      [{ current_stock: undefined, quantity: undefined }, 'missing_field'],
      [{ current_stock: '12,44' }, 'not_decimal'],
      [{ external_id: null }, 'missing_field'],
      [{ store_id: undefined }, 'missing_field'],
      [{ date: '30/05/2020' }, 'not_a_time'],
    ] as const)
      assert.equal(read({ ...seed, ...more }).refusals[0]?.code, code, JSON.stringify(more));
  });
});

describe('store maps', () => {
  it('are read from rows and from an object', () => {
    assert.deepEqual([...storeMap([{ location: 'a', store_id: 1 }])], [['a', '1']]);
    assert.deepEqual(
      [...storeMap({ a: '1', b: '2' })],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    );
    for (const none of [undefined, null, '', []]) assert.equal(storeMap(none).size, 0);
  });

  it('refuse two locations on one store, a location twice, and rows that are not complete', () => {
    for (const rows of [
      { a: '1', b: '1' },
      [
        { location: 'a', store_id: '1' },
        { location: 'a', store_id: '2' },
      ],
      [{ location: 'a' }],
      [null],
      'a=1',
    ])
      assert.throws(
        () => storeMap(rows),
        (thrown: unknown) => thrown instanceof ConfigError && thrown.code === 'store_map',
      );
  });
});
