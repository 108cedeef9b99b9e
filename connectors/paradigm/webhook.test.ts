import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidInputError } from '../../core/errors';
import { runThrough } from '../../core/steps';
import { storeMap } from '../store-map';
import { type ParadigmOptions, readParadigm } from './webhook';

const options: ParadigmOptions = {
  events: new Set(),
  stores: storeMap({ '1': '1', 'WH-2': '2' }),
  defaultStore: '1',
  priceScope: 'all',
  timeZone: 'Asia/Dubai',
};
const seed = `{
  "eventType": "INVENTORY_UPDATE",
  "productId": "1015AW",
  "oldQuantity": 100,
  "newQuantity": 95,
  "timestamp": "2025-08-01T22:30:00Z",
  "source": "SALES_ORDER",
  "referenceId": "SO-12345"
}`;
const read = (body: unknown, more: Partial<ParadigmOptions> = {}) =>
  runThrough(
    readParadigm(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), { ...options, ...more }),
  );
const stock = { eventType: 'INVENTORY_UPDATE', productId: 'X', newQuantity: 5, timestamp: '2025-08-01T22:30:00Z' };
const price = { eventType: 'PRICE_UPDATE', productId: 'X', newPrice: 5, timestamp: '2025-08-01T22:30:00Z' };

describe("Paradigm's webhook", () => {
  it('makes the stock event of the example payload', () => {
    const { events, refusals, filtered, indexes } = read(seed);
    assert.deepEqual({ refusals, filtered, indexes }, { refusals: [], filtered: 0, indexes: [0] });
    const [{ event_id, ...event }] = events as [(typeof events)[0]];
    assert.match(event_id ?? '', /^paradigm:[0-9a-f]{32}$/);
    assert.deepEqual(event, {
      source: 'paradigm',
      event_type: 'SALES_ORDER',
      reference_id: 'SO-12345',
      store_id: '1',
      sku: '1015AW',
      quantity: '95',
      old_quantity: '100',
      occurred_at: '2025-08-01T22:30:00.000Z',
    });
  });

  it('tells every wrong field of an item at once, the rest of the list is read', () => {
    const wrong = { eventType: 'INVENTORY_UPDATE', newQuantity: 'x', timestamp: 'then', referenceId: {} };
    const { events, refusals } = read([stock, wrong, { ...price, newPrice: undefined }, { eventType: 'OTHER' }]);
    assert.equal(events.length, 1);
    const told = refusals.map(({ code, message, also = [] }) => [code, ...also.map((other) => other.code), message]);
    assert.deepEqual(
      told.map((codes) => codes.slice(0, -1)),
      [
        ['not_text', 'missing_field', 'not_decimal', 'not_a_time'],
        ['missing_field'],
        ['unknown_event_type', 'missing_field', 'missing_field'],
      ],
    );
    const [{ also }] = refusals as [(typeof refusals)[0]];
    for (const [position, field] of ['productId', 'newQuantity', 'timestamp'].entries())
      assert.match(also![position]!.message, new RegExp(`"${field}"`));
  });

  it('takes the five kinds, and an unknown source as a level', () => {
    for (const source of ['SALES_ORDER', 'PURCHASE_ORDER', 'INVENTORY_ADJUSTMENT', 'STOCK_TRANSFER', 'STOCK_TAKE']) {
      const [event] = read({ ...stock, source }).events;
      assert.deepEqual([event?.event_type, event?.quantity], [source, '5']);
    }
    assert.equal(read(stock).events[0]?.event_type, 'INVENTORY_UPDATE');
    const body =
      '{"eventType":"PRICE_UPDATE","productId":"1015AW","oldPrice":12.40,"newPrice":12.500,"timestamp":"2025-08-01T22:30:00Z","location":"WH-2"}';
    const { event_id, ...event } = read(body).events[0]!;
    assert.ok(event_id);
    assert.deepEqual(event, {
      source: 'paradigm',
      event_type: 'PRICE_UPDATE',
      store_id: '2',
      sku: '1015AW',
      selling_price: '12.500',
      old_price: '12.40',
      occurred_at: '2025-08-01T22:30:00.000Z',
    });
  });

  it('finds the store by location, default and scope of prices', () => {
    const store = (body: object, more: Partial<ParadigmOptions> = {}) => read(body, more).events[0]?.store_id;
    assert.equal(store(stock), '1');
    assert.equal(store({ ...stock, location: 1 }), '1');
    assert.equal(store({ ...stock, location: 'WH-2' }), '2');
    assert.equal(store(price), '*');
    assert.equal(store(price, { priceScope: 'default' }), '1');
    assert.equal(store({ ...price, location: 'WH-2' }), '2');
    const unknown = read({ ...stock, location: 'WH-3' }).events[0];
    assert.deepEqual([unknown?.store_id, unknown?.location, unknown?.event_id], ['', 'WH-3', undefined]);
    assert.equal(read(stock, { defaultStore: '' }).refusals[0]?.code, 'UNKNOWN_STORE');
  });

  it('lets chosen kinds pass only, and counts the others', () => {
    const kinds = ['SALES_ORDER', 'STOCK_TRANSFER', 'STOCK_TAKE'].map((source) => ({ ...stock, source }));
    const chosen = read([...kinds, stock, price], { events: new Set(['SALES_ORDER', 'PRICE_UPDATE']) });
    assert.deepEqual(
      chosen.events.map((event) => event.event_type),
      ['SALES_ORDER', 'PRICE_UPDATE'],
    );
    assert.deepEqual([chosen.indexes, chosen.filtered], [[0, 4], 3]);
    const others = read([...kinds, stock], { events: new Set(['OTHER']) });
    assert.deepEqual(
      others.events.map((event) => event.event_type),
      ['STOCK_TAKE', 'INVENTORY_UPDATE'],
    );
  });

  it('keeps every digit of any decimal', () => {
    const decimal = fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.stringMatching(/^\d{0,12}$/))
      .map(([w, f]) => (f ? `${w}.${f}` : `${w}`));
    fc.assert(
      fc.property(decimal, fc.boolean(), (digits, quoted) => {
        const body = JSON.stringify({ ...price, newPrice: 'N' }).replace('"N"', quoted ? `"${digits}"` : digits);
        assert.equal(read(body).events[0]?.selling_price, digits);
      }),
    );
  });

  it('keeps product ids code point by code point, a number as its digits', () => {
    for (const productId of [' 1015aw ', 'ÅÅ', '０１', '٣', '🧃', '007'])
      assert.equal(read({ ...stock, productId }).events[0]?.sku, productId);
    assert.equal(read({ ...stock, productId: 9340957005965 }).events[0]?.sku, '9340957005965');
  });

  it('gives ids that differ by old and new value and stay the same when sent again', () => {
    const id = (more: object) => read({ ...stock, source: 'SALES_ORDER', oldQuantity: 6, ...more }).events[0]?.event_id;
    assert.equal(id({}), id({}));
    const ids = [
      {},
      { newQuantity: 4 },
      { oldQuantity: 7 },
      { referenceId: 'a' },
      { location: 'WH-2' },
      { source: 'STOCK_TRANSFER' },
      { timestamp: '2025-08-01T22:30:01Z' },
      { productId: 'Y' },
    ].map(id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('reads a time without a zone in the zone of the node', () => {
    assert.equal(
      read({ ...stock, timestamp: '2025-08-01 22:30:00' }).events[0]?.occurred_at,
      '2025-08-01T18:30:00.000Z',
    );
  });

  it('reports bad items of a list one by one and keeps the good ones', () => {
    const bad: [object | string | number, string][] = [
      [{ ...stock, productId: '' }, 'missing_field'],
      [{ ...stock, productId: ['X'] }, 'not_text'],
      [{ ...stock, newQuantity: undefined }, 'missing_field'],
      [{ ...stock, newQuantity: null }, 'missing_field'],
      [{ ...stock, newQuantity: 'many' }, 'not_decimal'],
      [{ ...stock, newQuantity: true }, 'not_text'],
      [{ ...stock, timestamp: 'soon' }, 'not_a_time'],
      [{ ...stock, timestamp: undefined }, 'missing_field'],
      [{ ...stock, eventType: 'PRODUCT_DELETED' }, 'unknown_event_type'],
      [{ ...price, newPrice: undefined }, 'missing_field'],
      ['text', 'not_an_event'],
      [1, 'not_an_event'],
    ];
    for (const [item, code] of bad) {
      const { events, refusals, indexes } = read([stock, item, stock]);
      assert.deepEqual([events.length, indexes], [2, [0, 2]]);
      assert.deepEqual(
        refusals.map((refusal) => [refusal.index, refusal.code]),
        [[1, code]],
        JSON.stringify(item),
      );
    }
    const huge = read(`[${JSON.stringify(stock).replace('5', '1e400')}]`);
    assert.deepEqual([huge.refusals[0]?.code, huge.refusals[0]?.sku], ['number_out_of_range', 'X']);
    assert.equal(read({ ...stock, oldQuantity: 'unknown' }).events.length, 1);
  });

  it('never throws anything but InvalidInputError, whatever JSON comes', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          eventType: fc.constantFrom('INVENTORY_UPDATE', 'PRICE_UPDATE'),
          productId: fc.jsonValue(),
          newQuantity: fc.jsonValue(),
          newPrice: fc.jsonValue(),
          timestamp: fc.oneof(fc.constant(stock.timestamp), fc.jsonValue()),
          location: fc.jsonValue(),
          source: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.oneof(value, fc.array(value)), (body) => {
        const text = JSON.stringify(body);
        const { events, refusals, filtered } = read(text);
        assert.equal(events.length + refusals.length + filtered, Array.isArray(body) ? body.length : 1);
      }),
    );
    for (const text of ['', '{', '\u0000']) assert.throws(() => read(text), InvalidInputError);
  });
});
