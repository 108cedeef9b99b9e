import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runThrough } from '../../core/steps';
import { readScanner } from './message';

const TIME = '2025-08-01T22:30:00Z';
const SCAN = { device_id: 'scanner-1', seq: 7, sku: '1015AW', quantity_change: -1, occurred_at: TIME };

const read = (content: unknown, options: Partial<Parameters<typeof readScanner>[1]> = {}) =>
  runThrough(
    readScanner(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)), {
      storeId: '1',
      account: 'scanner-1',
      timeZone: 'Asia/Dubai',
      ...options,
    }),
  );

describe('scanner message', () => {
  it('becomes a stock event of the topic’s store', () => {
    const { events, ...rest } = read(SCAN);
    const id = events[0]!.event_id!;
    assert.match(id, /^scanner:[0-9a-f]{32}$/);
    assert.deepEqual(events, [
      {
        event_id: id,
        source: 'scanner',
        event_type: 'SCAN',
        device_id: 'scanner-1',
        store_id: '1',
        sku: '1015AW',
        quantity_change: '-1',
        occurred_at: '2025-08-01T22:30:00.000Z',
      },
    ]);
    assert.deepEqual(rest, {
      sender: 'mqtt:scanner-1',
      refusals: [],
      indexes: [0],
      malformed: false,
      device: 'scanner-1',
      newest: Date.parse(TIME) * 1000,
      simulated: false,
    });
  });

  it('keeps every digit, texts and numbers alike, and reads local times', () => {
    const { events } = read(
      '[{"event_id":12,"barcode":9340957005965,"quantity":1.000000000000000005,"occurred_at":"2025-08-01 22:30:00"},' +
        '{"event_id":"b","sku":"x","quantity":"+30","quantity_change":"-6","occurred_at":"2025-08-01T22:30:00+02:00"}]',
    );
    assert.deepEqual(
      events.map(({ event_id, sku, barcode, quantity, quantity_change, occurred_at }) => [
        event_id,
        sku,
        barcode,
        quantity,
        quantity_change,
        occurred_at,
      ]),
      [
        ['12', undefined, '9340957005965', '1.000000000000000005', undefined, '2025-08-01T18:30:00.000Z'],
        ['b', 'x', undefined, '+30', '-6', '2025-08-01T20:30:00.000Z'],
      ],
    );
    assert.equal('sku' in events[0]!, false);
  });

  it('gives the same event the same id, and each other event another', () => {
    const id = (change: object) => read({ ...SCAN, ...change }).events[0]!.event_id;
    assert.equal(id({}), id({ occurred_at: '2025-08-02T02:30:00+04:00' }));
    const others = [
      { seq: 8 },
      { seq: undefined },
      { device_id: 'scanner-2' },
      { sku: 'other' },
      { quantity_change: -2 },
      // The device was reset and counts from 1 again.
      { occurred_at: '2025-08-03T22:30:00Z' },
      { reference_id: 'r' },
    ];
    assert.equal(new Set([id({}), ...others.map(id)]).size, others.length + 1);
  });

  it('takes equal scans in one message as many, also when it is sent again', () => {
    const scan = { ...SCAN, seq: undefined };
    const ids = read([scan, scan, scan]).events.map(({ event_id }) => event_id);
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(
      read([scan, scan, scan]).events.map(({ event_id }) => event_id),
      ids,
    );
    assert.equal(read(scan).events[0]!.event_id, ids[0]);
  });

  it('takes one number twice in one message as one event, as it does in two', () => {
    const [first, second, other] = read([SCAN, SCAN, { ...SCAN, seq: 8 }]).events.map(({ event_id }) => event_id);
    assert.equal(second, first);
    assert.notEqual(other, first);
    assert.equal(read(SCAN).events[0]!.event_id, first);
  });

  it('refuses item by item, with the position and the reason', () => {
    const cases: [object | number, string][] = [
      [SCAN, ''],
      [{ ...SCAN, store_id: '2' }, 'store_mismatch'],
      [{ ...SCAN, store_id: 1 }, ''],
      [{ ...SCAN, sku: undefined }, 'missing_field'],
      [{ ...SCAN, quantity_change: undefined }, 'missing_field'],
      [{ ...SCAN, quantity_change: 'two' }, 'not_decimal'],
      [{ ...SCAN, occurred_at: undefined }, 'missing_field'],
      [{ ...SCAN, occurred_at: 'yesterday' }, 'not_a_time'],
      [{ ...SCAN, occurred_at: 1754087400 }, 'not_a_time'],
      [{ ...SCAN, selling_price: 1 }, 'not_a_scanner_field'],
      [{ ...SCAN, sku: { a: 1 } }, 'not_text'],
      [5, 'not_an_event'],
    ];
    const { events, indexes, refusals } = read(cases.map(([item]) => item));
    assert.deepEqual(indexes, [0, 2]);
    assert.equal(events.length, 2);
    assert.deepEqual(
      refusals.map(({ index, code }) => [index, code]),
      cases.flatMap(([, code], index) => (code ? [[index, code]] : [])),
    );
    assert.match(refusals[0]!.message, /store "2".*store "1"/);
    assert.equal(refusals[0]!.sku, '1015AW');
  });

  it('takes nothing on the topic of a store named like all stores', () => {
    assert.deepEqual(
      read(SCAN, { storeId: '*' }).refusals.map(({ code }) => code),
      ['UNKNOWN_STORE'],
    );
  });

  it('refuses what is no JSON as a whole, and never throws', () => {
    assert.deepEqual(
      read('{"sku":').refusals.map(({ code }) => code),
      ['malformed_json'],
    );
    assert.equal(read('').malformed, true);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const { malformed, refusals } = runThrough(
          readScanner(bytes, { storeId: '1', account: null, timeZone: 'UTC' }),
        );
        assert.ok(!malformed || refusals.length === 1);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        read(json);
      }),
    );
  });

  it('scopes ids to the account, else to the store and its device', () => {
    assert.equal(read(SCAN, { account: null }).sender, 'mqtt:1/scanner-1');
    const gateway = read([SCAN, { ...SCAN, device_id: 'b' }, { ...SCAN, device_id: undefined }], { account: null });
    assert.deepEqual(
      [gateway.sender, ...gateway.events.map((each) => gateway.senderOf?.(each))],
      ['mqtt:1', 'mqtt:1/scanner-1', 'mqtt:1/b', 'mqtt:1'],
    );
    assert.equal(read({ ...SCAN, device_id: undefined }, { account: null }).device, null);
    assert.equal(read({ ...SCAN, device_id: 'b' }).sender, 'mqtt:scanner-1');
    assert.equal(read({ ...SCAN, device_id: undefined }).events[0]!.device_id, 'scanner-1');
  });

  it('tells when the sender says its numbers are made up', () => {
    assert.equal(read([SCAN, { ...SCAN, simulated: true }]).simulated, true);
  });
});
