/** Any content at every entry: it is read, or refused with the item, the field and the remedy. Nothing else is ever thrown. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCatalogue } from '../../connectors/catalogue/read';
import { decodeText, formOf } from '../../connectors/catalogue/text';
import { readMipos } from '../../connectors/mipos/webhook';
import { readFields } from '../../connectors/paradigm/fields';
import { itemEvents } from '../../connectors/paradigm/items';
import { readParadigm } from '../../connectors/paradigm/webhook';
import { ANSWERS } from '../../connectors/pasons/profile';
import { readScanner } from '../../connectors/scanner/message';
import { storeMap } from '../../connectors/store-map';
import { ConfigError, InvalidInputError } from '../../core/errors';
import { compileMapping } from '../../core/mapping/mapper';
import { parseMapping } from '../../core/mapping/table';
import { judge, parseBody } from '../../core/pushing/answer';
import { runThrough, type Steps } from '../../core/steps';
import type { Refusal, StockEvent } from '../../core/stock/event';
import { exactJson, type JsonValue } from '../../core/stock/exact-json';
import { parseInstant } from '../../core/stock/time';
import { readEvent } from '../../core/stock/validate';
import { pathPattern } from '../../runtime/http/paths';
import { longestBlock } from '../support/event-loop';
import { runs } from '../support/fuzz';
import { NAUGHTY } from '../support/naughty';

const stores = storeMap({ '1': '1', '2': '2' });
const AT = '2025-08-01T22:30:00.000Z';

/** A remedy tells somebody to do something. */
const REMEDY =
  /\b(Send|Set|Write|Fill|Give|Add|Let|Check|Shorten|Remove|Mend|Save|Name|replay|link|Link|check|Correct|correct|send|set)\b/;

const numbers = [
  '0',
  '-0',
  '1e400',
  '-1e-400',
  '1.000000000000000005',
  '1E+2',
  '12.40',
  '9'.repeat(60),
  '1e-7',
  '0.1e1',
];
const literal = fc.oneof(
  fc.constantFrom(...numbers),
  fc.constantFrom(
    'null',
    'true',
    '[]',
    '{}',
    '{"a":1}',
    '""',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\u0000"',
    '"2025-08-01T22:30:00Z"',
  ),
  fc.constantFrom(
    '"2020-05-30 12:45:03"',
    '"2025-02-30"',
    '"INVENTORY_UPDATE"',
    '"PRICE_UPDATE"',
    '"1"',
    '"2"',
    '"95"',
    '" 5"',
    '"*"',
  ),
  fc.constantFrom(...NAUGHTY).map((text) => JSON.stringify(text)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
);
const keys = [
  ...[
    'eventType',
    'productId',
    'oldQuantity',
    'newQuantity',
    'newPrice',
    'timestamp',
    'source',
    'referenceId',
    'location',
  ],
  ...[
    'pos_id',
    'inventory_system_id',
    'current_stock',
    'quantity',
    'date',
    'movement_type',
    'external_id',
    'now',
    'store_id',
  ],
  ...[
    'event_id',
    'seq',
    'device_id',
    'sku',
    'barcode',
    'quantity_change',
    'occurred_at',
    'selling_price',
    'stock_status',
  ],
  ...['__proto__', 'constructor', 'toString', 'price', 'items', 'enabled'],
];
/** Good events of each vendor, of which any fields are then written over, doubled or taken away. */
const GOOD: Record<string, string>[] = [
  { eventType: '"INVENTORY_UPDATE"', productId: '"A"', newQuantity: '95', timestamp: '"2025-08-01T22:30:00Z"' },
  { eventType: '"PRICE_UPDATE"', productId: '"A"', newPrice: '12.40', timestamp: '"2025-08-01T22:30:00Z"' },
  {
    current_stock: '"12"',
    quantity: '"1"',
    movement_type: '2',
    date: '"2020-05-30 12:45:03"',
    external_id: '"A"',
    store_id: '1',
  },
  { device_id: '"d"', seq: '1', sku: '"A"', quantity: '5', occurred_at: '"2025-08-01T22:30:00Z"' },
  { sku: '"A"', selling_price: '12.40', stock_status: '1', quantity: '3' },
];
const item = fc
  .tuple(
    fc.constantFrom(...GOOD),
    fc.array(fc.tuple(fc.constantFrom(...keys), fc.option(literal, { nil: undefined })), { maxLength: 3 }),
    fc.boolean(),
  )
  .map(([good, changes, doubled]) => {
    const fields = Object.entries(good);
    for (const [key, value] of changes) {
      const at = fields.findIndex(([name]) => name === key);
      if (at >= 0 && !doubled) fields.splice(at, 1);
      if (value !== undefined) fields.push([key, value]);
    }
    return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
  });
const content = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.oneof({ weight: 8, arbitrary: item }, literal), { maxLength: 5 })
      .map((items) => `[${items}]`),
  },
  { weight: 3, arbitrary: item },
  {
    weight: 1,
    arbitrary: fc
      .tuple(item, fc.nat(), fc.string({ maxLength: 2 }))
      .map(([text, at, cut]) => text.slice(0, at % text.length) + cut),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);
const bytes = fc.oneof(
  { weight: 8, arbitrary: content.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: content.map((text) => Buffer.from(`\ufeff${text}`)) },
  { weight: 1, arbitrary: content.map((text) => Buffer.from(`\ufeff${text}`, 'utf16le')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((raw) => Buffer.from(raw)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(content, fc.nat())
      .map(([text, at]) =>
        Buffer.concat([Buffer.from(text.slice(0, at % (text.length + 1))), Buffer.from([0xed, 0xa0, 0x80])]),
      ),
  },
);

interface Read {
  events: StockEvent[];
  refusals: Refusal[];
  indexes: number[];
}

/** The reading as a whole is refused, or each refusal says what to do, and each event is judged the same way. */
function check(read: () => Steps<Read>): void {
  let got: Read;
  try {
    got = runThrough(read());
  } catch (thrown) {
    assert.ok(thrown instanceof InvalidInputError, String(thrown));
    assert.match(thrown.message, REMEDY);
    return;
  }
  for (const { message, index, sku, code } of got.refusals) {
    assert.match(message, REMEDY, code);
    assert.ok(Number.isSafeInteger(index) && index >= 0);
    assert.ok(sku === null || (sku.isWellFormed() && sku.length <= 512));
  }
  assert.equal(got.events.length, got.indexes.length);
  for (const event of got.events) {
    try {
      const normal = readEvent(event, parseInstant('2026-03-01T10:00:00Z'), 300);
      // What is recorded is exactly what was read.
      assert.ok(normal.sku === null || normal.sku === event.sku);
      assert.equal(Object.getPrototypeOf(event), Object.prototype);
    } catch (thrown) {
      assert.ok(thrown instanceof InvalidInputError, String(thrown));
      assert.match(thrown.message, REMEDY, thrown.code);
      if (thrown.field) assert.ok(thrown.message.includes(thrown.field), `${thrown.field}: ${thrown.message}`);
    }
  }
}

describe('input: any content at every entry', () => {
  const entries: [string, (raw: Buffer) => Steps<Read>][] = [
    [
      "Paradigm's webhook",
      (raw) =>
        readParadigm(raw, { events: new Set(), stores, defaultStore: '1', priceScope: 'all', timeZone: 'Asia/Dubai' }),
    ],
    ["MiPOS' webhook", (raw) => readMipos(raw, { stores, timeZone: 'Asia/Dubai', inventorySystemId: '' })],
    ['a scanner', (raw) => readScanner(raw, { storeId: '1', account: 'scanner-1', timeZone: 'Asia/Dubai' })],
    [
      'a feed',
      function* (raw) {
        const text = yield* decodeText(raw, '');
        return yield* readCatalogue(text, { form: formOf('', text), storeId: '1', occurredAt: AT, timeZone: 'UTC' });
      },
    ],
    [
      'the Paradigm API',
      function* (raw) {
        const page = yield* exactJson(raw);
        const options = { fields: readFields(undefined), stores, defaultStore: '1' };
        return yield* itemEvents((Array.isArray(page) ? page : [page]) as JsonValue[], AT, options);
      },
    ],
  ];
  for (const [name, read] of entries)
    it(name, () => {
      fc.assert(
        fc.property(bytes, (raw) => check(() => read(raw))),
        runs(400),
      );
      for (const deep of ['[', '{"a":', '[{"a":'].map((level) => level.repeat(100_000)))
        check(() => read(Buffer.from(deep)));
    });

  it('a feed of any rows', () => {
    const cell = fc.oneof(
      fc.constantFrom(...NAUGHTY, ...numbers, '', '1', '2025-08-01'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const heading = fc.subarray([
      'sku',
      'selling_price',
      'stock_status',
      'quantity',
      'store_id',
      'occurred_at',
      'barcode',
      'x',
      '__proto__',
    ]);
    const written = fc
      .tuple(
        heading,
        fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 5 }),
        fc.constantFrom(',', ';', '\t'),
        fc.boolean(),
      )
      .map(([head, rows, by, quoted]) =>
        [head, ...rows]
          .map((row) => row.map((text) => (quoted ? `"${text.replaceAll('"', '""')}"` : text)).join(by))
          .join('\n'),
      );
    fc.assert(
      fc.property(written, (text) =>
        check(() => readCatalogue(text, { form: 'csv', storeId: '1', occurredAt: AT, timeZone: 'UTC' })),
      ),
      runs(400),
    );
  });

  it("what an operator's own flow puts into msg.payload", async () => {
    const any = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withTypedArray: true,
    });
    const made = fc.oneof(
      any,
      fc.record({
        store_id: any,
        sku: any,
        quantity: any,
        selling_price: any,
        occurred_at: fc.oneof(any, fc.constant(AT)),
      }),
    );
    fc.assert(
      fc.property(made, (event) =>
        check(function* () {
          yield;
          return { events: [event as StockEvent], refusals: [], indexes: [0] };
        }),
      ),
      runs(400),
    );
    const mapper = compileMapping(
      parseMapping(
        [
          { from: 'sku', to: 'id' },
          { from: 'selling_price', to: 'price', type: 'number' },
        ],
        '',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(made), async (items) => {
        const { mapped, refused } = await mapper.map(items);
        assert.ok(mapped.length + refused.length >= items.length);
        for (const { message, remedy } of refused) assert.ok(message.includes(remedy) && remedy.length > 10);
      }),
      runs(200),
    );
  });

  it("a platform's answer", async () => {
    const sent = { skus: ['A', 'B'], keys: ['A', 'B'], keyField: 'sku' };
    const judged = (body: Uint8Array, statusCode: number) => {
      const result = { answered: true, statusCode, headers: {}, body, duration_ms: 1 } as never;
      return judge(result, parseBody(body), { sent, profile: ANSWERS, now: 0 });
    };
    const named = fc
      .array(fc.oneof(literal, item), { maxLength: 3 })
      .map((list) => `{"errors":[${list}],"message":${list[0] ?? 1}}`);
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          named.map((text) => Buffer.from(text)),
        ),
        fc.constantFrom(200, 204, 400, 422, 500),
        (body, status) => {
          const verdict = judged(body, status);
          if ('refused' in verdict)
            for (const { position } of verdict.refused) assert.ok(position === 0 || position === 1);
        },
      ),
      runs(400),
    );
    // As large as an answer may be.
    for (const piece of ['<', '[', '{"errors":', '<a', ' ', '"', '<>']) {
      const body = Buffer.from(piece.repeat((1024 * 1024) / piece.length));
      const blocked = await longestBlock(async () => void judged(body, 200));
      assert.ok(blocked < 50, `${piece}: ${blocked} ms`);
    }
  });

  it('settings as a flow file may hold them', () => {
    const any = fc.oneof(
      fc.jsonValue(),
      fc.array(
        fc.record({ from: fc.jsonValue(), to: fc.jsonValue(), location: fc.jsonValue(), store_id: fc.jsonValue() }),
      ),
    );
    for (const read of [
      storeMap,
      readFields,
      (value: unknown) => parseMapping(value, value),
      (value: unknown) => pathPattern(typeof value === 'string' ? value : ''),
    ] as ((value: unknown) => unknown)[])
      fc.assert(
        fc.property(any, (value) => {
          try {
            // Prototypes and all, as it comes out of a flow file.
            read(JSON.parse(JSON.stringify(value)));
          } catch (thrown) {
            assert.ok(thrown instanceof ConfigError, `${thrown} of ${JSON.stringify(value)}`);
          }
        }),
        runs(200),
      );
  });
});
