import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalDecimal } from '../stock/decimal';
import { fingerprint } from './fingerprint';
import { compileMapping, type MapResult } from './mapper';
import { PRESETS } from './presets';
import { canonicalMapping, parseMapping } from './table';
import { applyWrap } from './wrap';

const seed = [
  { sku: '9340957005965', selling_price: 13.99, stock_status: 1 },
  { sku: '9340957005966', selling_price: 8.5, stock_status: 0 },
];

function map(fields: unknown, items: unknown[], store = '1'): Promise<MapResult> {
  return compileMapping(parseMapping(fields)).map(items, { store_id: store });
}
const bodies = (result: MapResult) => result.mapped.map(({ item }) => item);
const codes = (result: MapResult) => result.refused.map(({ code }) => code);
const key = { from: 'sku', to: 'sku' };

describe('mapping: tables', () => {
  it('passes items of the bundled flow unchanged, as the same objects', async () => {
    const result = await map(PRESETS.none.fields, seed);
    assert.deepEqual(
      result.mapped.map(({ item, key: text }) => [item === seed[0] || item === seed[1], text]),
      [
        [true, '9340957005965'],
        [true, '9340957005966'],
      ],
    );
    assert.equal(fingerprint(parseMapping([], '')), 'none');
  });

  it('takes the names of types that other systems use', async () => {
    const rows = (types: string[]) =>
      ['sku', 'selling_price', 'stock_status'].map((from, n) => ({ from, to: from, type: types[n] }));
    assert.deepEqual(
      bodies(await map(rows(['string', 'float', 'bool']), seed)),
      bodies(await map(rows(['text', 'number', 'boolean']), seed)),
    );
  });

  it("maps as seed 001's example, byte for byte", async () => {
    const result = await map(PRESETS['pasons-example'].fields, seed);
    assert.equal(
      applyWrap('', bodies(result)),
      '[{"product_id":"9340957005965","price":13.99,"is_available":true},{"product_id":"9340957005966","price":8.5,"is_available":false}]',
    );
    assert.equal(result.mapped[0]?.key, '9340957005965');
  });

  it('takes store_id from the context unless the item has its own, and enabled from stock_status', async () => {
    const fields = [key, { from: 'store_id', to: 'branch' }, { from: 'enabled', to: 'on', type: 'boolean' }];
    const result = await map(fields, [seed[0], { ...seed[1], store_id: '7' }]);
    assert.deepEqual(bodies(result), [
      { sku: '9340957005965', branch: '1', on: true },
      { sku: '9340957005966', branch: '7', on: false },
    ]);
  });

  it('writes constants and looks values up; a value that is not in the table is refused', async () => {
    const fields = [
      key,
      { constant: 'AED', to: 'currency' },
      { constant: '5', to: 'tax', type: 'number' },
      { from: 'stock_status', to: 'state', values: '{"0":"OUT","1":"IN"}' },
    ];
    const result = await map(fields, [...seed, { sku: 'x', stock_status: 2 }]);
    assert.deepEqual(bodies(result)[0], { sku: '9340957005965', currency: 'AED', tax: 5, state: 'IN' });
    assert.deepEqual(codes(result), ['not_in_table']);
    assert.match(result.refused[0]!.message, /Item x, field "state": 2 is not in the lookup table\..*Add it/);
  });

  it('pads decimals of text and refuses to cut any', async () => {
    const fields = [key, { from: 'selling_price', to: 'price', type: 'text', decimals: 2 }];
    const result = await map(fields, [
      { sku: 'a', selling_price: 13.9 },
      { sku: 'b', selling_price: '12.400' },
      { sku: 'c', selling_price: '12.345' },
      { sku: 'd', selling_price: 'cheap' },
      { sku: 'e' },
    ]);
    assert.deepEqual(bodies(result), [
      { sku: 'a', price: '13.90' },
      { sku: 'b', price: '12.40' },
    ]);
    assert.deepEqual(codes(result), ['decimals_cut', 'not_a_number', 'missing']);
  });

  it('refuses what a JSON number would change', async () => {
    const fields = [key, { from: 'selling_price', to: 'price', type: 'number' }];
    const result = await map(fields, [
      { sku: 'a', selling_price: '1.000000000000000005' },
      { sku: 'b', selling_price: '9007199254740993' },
      { sku: 'c', selling_price: Number.NaN },
      { sku: 'd', selling_price: '0.0000001' },
    ]);
    assert.deepEqual(codes(result), ['not_exact', 'not_exact', 'not_a_number']);
    assert.deepEqual(bodies(result), [{ sku: 'd', price: 1e-7 }]);
  });

  it('refuses fractions of an integer and anything but yes and no as a boolean', async () => {
    const fields = [
      key,
      { from: 'quantity', to: 'n', type: 'integer' },
      { from: 'stock_status', to: 'b', type: 'boolean' },
    ];
    const result = await map(fields, [
      { sku: 'a', quantity: '3.0', stock_status: 'true' },
      { sku: 'b', quantity: '3.5', stock_status: 1 },
      { sku: 'c', quantity: 3, stock_status: 2 },
    ]);
    assert.deepEqual(bodies(result), [{ sku: 'a', n: 3, b: true }]);
    assert.deepEqual(codes(result), ['decimals_cut', 'not_boolean']);
  });

  it('keeps a SKU code point by code point', async () => {
    const fields = [{ from: 'sku', to: 'id', type: 'number' }];
    const result = await map(fields, [{ sku: '7' }, { sku: '007' }, { sku: '1015AW' }]);
    assert.deepEqual(bodies(result), [{ id: 7 }]);
    assert.equal(result.mapped[0]?.key, '7');
    assert.deepEqual(codes(result), ['not_exact', 'not_a_number']);
    const text = await map([{ from: 'sku', to: 'id', type: 'text' }], [{ sku: ' é\u0301 ' }]);
    assert.deepEqual(bodies(text), [{ id: ' é\u0301 ' }]);
  });

  it('sends neither of two SKUs that get one key', async () => {
    const result = await map(
      [{ from: 'sku', to: 'id', values: { a: 'X', b: 'X', c: 'Y' } }],
      [{ sku: 'a' }, { sku: 'c' }, { sku: 'b' }],
    );
    assert.deepEqual(bodies(result), [{ id: 'Y' }]);
    assert.deepEqual(
      result.refused.map(({ index, code }) => [index, code]),
      [
        [0, 'key_not_unique'],
        [2, 'key_not_unique'],
      ],
    );
  });

  it('refuses what is no item', async () => {
    assert.deepEqual(codes(await map([key], [null, 5, 'x', [], { sku: 'ok' }])), Array(4).fill('not_an_item'));
  });

  for (const [what, fields, message] of [
    ['no key', [{ from: 'selling_price', to: 'price' }], /takes the SKU/],
    ['one name twice', [key, { from: 'quantity', to: 'sku' }], /Row 2.*two rows/],
    ['no source', [key, { to: 'x' }], /Row 2.*says nowhere/],
    ['no name', [{ from: 'sku', to: ' ' }], /Row 1/],
    ['a type that does not exist', [{ ...key, type: 'money' }], /"money" is no type/],
    ['decimals out of range', [{ ...key, decimals: 21 }], /0 to 20/],
    ['a table that is no JSON', [{ ...key, values: '{' }], /not valid JSON/],
    ['a constant that its type refuses', [key, { to: 'x', constant: 'abc', type: 'number' }], /Row 2.*not a decimal/],
    ['a constant beside a field', [{ ...key, constant: 'x' }], /Row 1.*constant/],
    ['a number with too many digits', [{ ...key, values: '{"a":1.000000000000000005}' }], /too many digits/],
    ['__proto__', [{ from: 'sku', to: '__proto__' }], /Row 1/],
  ] as const) {
    it(`refuses at deploy: ${what}`, () => {
      assert.throws(() => compileMapping(parseMapping(fields)), message);
    });
  }

  it('has one fingerprint a meaning', () => {
    const one = parseMapping([{ ...key, values: { a: 'x', b: 'y' } }], '{"p": "{items}"}');
    const same = parseMapping('[{"to":"sku","from":"sku","values":"{\\"b\\":\\"y\\",\\"a\\":\\"x\\"}"}]', {
      p: '{items}',
    });
    const other = parseMapping([key], '{"p": "{items}"}');
    assert.equal(canonicalMapping(one), canonicalMapping(same));
    assert.equal(fingerprint(one), fingerprint(same));
    assert.notEqual(fingerprint(one), fingerprint(other));
    assert.match(fingerprint(one), /^[0-9a-f]{64}$/);
  });
});

describe('mapping: exactness', () => {
  const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
  const decimal = fc
    .tuple(fc.constantFrom('', '-'), digits(19), fc.option(digits(18), { nil: null }))
    .map(([sign, whole, part]) => `${sign}${whole}${part === null ? '' : `.${part}`}`);
  /** Reads the JSON text of one number or text without going through a double. */
  const written = (json: string) => /"price":"?(-?[0-9.]+(?:e[+-]?\d+)?)"?[,}]/.exec(json)?.[1];
  const plain = (text: string) => {
    const [mantissa = '', exponent = '0'] = text.split('e');
    const [whole = '', part = ''] = mantissa.replace('-', '').split('.');
    const shift = Number(exponent);
    const all = `${'0'.repeat(Math.max(0, -shift))}${whole}${part}${'0'.repeat(Math.max(0, shift))}`;
    const point = Math.max(0, -shift) + whole.length + shift;
    return `${mantissa.startsWith('-') ? '-' : ''}${all.slice(0, point)}.${all.slice(point) || '0'}`;
  };

  it('emits a decimal exactly as it came, or refuses it', async () => {
    await fc.assert(
      fc.asyncProperty(
        decimal,
        fc.constantFrom('number', 'text', '', 'integer'),
        fc.option(fc.integer({ min: 0, max: 18 }), { nil: '' }),
        fc.boolean(),
        async (price, type, decimals, asNumber) => {
          const given = asNumber ? Number(price) : price;
          // What a JavaScript number says is its shortest text.
          const meant = asNumber ? plain(String(given)) : price;
          const row = { from: 'selling_price', to: 'price', type, decimals: type === 'integer' ? '' : decimals };
          const result = await map([key, row], [{ sku: 'a', selling_price: given }]);
          if (result.refused.length > 0) {
            assert.ok(['not_exact', 'decimals_cut', 'not_a_number'].includes(result.refused[0]!.code));
            return;
          }
          const text = written(applyWrap('', bodies(result)));
          assert.ok(text !== undefined);
          assert.equal(canonicalDecimal(plain(text)), canonicalDecimal(meant));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never refuses a price of up to 15 digits', async () => {
    const price = fc.tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 3 }));
    await fc.assert(
      fc.asyncProperty(price, async ([units, scale]) => {
        const text = `${units}`.padStart(scale + 1, '0');
        const decimal = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
        const result = await map(
          [key, { from: 'selling_price', to: 'price', type: 'number', decimals: 3 }],
          [{ sku: 'a', selling_price: decimal }],
        );
        assert.deepEqual(codes(result), []);
      }),
    );
  });
});
