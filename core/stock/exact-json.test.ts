import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '../../test/support/fuzz';
import { InvalidInputError } from '../errors';
import { compareDecimal } from './decimal';
import {
  exactJsonItems,
  isJsonObject,
  JsonNumber,
  type JsonValue,
  member,
  parseExactJson,
  textMember,
} from './exact-json';

const refuses = (code: string, act: () => unknown) =>
  assert.throws(act, (thrown: unknown) => thrown instanceof InvalidInputError && thrown.code === code);

/** Back to what JSON.parse gives. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.source);
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value))
    Object.defineProperty(out, key, { value: plain(item), enumerable: true, writable: true, configurable: true });
  return out;
}

function decimalOf(source: string): string {
  const value = parseExactJson(source);
  assert.ok(value instanceof JsonNumber);
  return value.decimal;
}

describe('exact JSON', () => {
  it('keeps every digit of a number', () => {
    const value = parseExactJson('{"price": 12.40, "tiny": 1.000000000000000005, "text": "12.40"}');
    assert.ok(isJsonObject(value));
    assert.equal((value.price as JsonNumber).decimal, '12.40');
    assert.equal((value.tiny as JsonNumber).decimal, '1.000000000000000005');
    assert.equal(value.text, '12.40');
    assert.equal(JSON.stringify(value), '{"price":"12.40","tiny":"1.000000000000000005","text":"12.40"}');
  });

  it('writes exponents out exactly or refuses them', () => {
    for (const [source, expected] of [
      ['1e3', '1000'],
      ['1.5E+2', '150'],
      ['1.50e1', '15.0'],
      ['-125e-2', '-1.25'],
      ['5e-3', '0.005'],
      ['0.05e1', '0.5'],
      ['-0', '-0'],
      ['0e5', '0'],
    ] as const)
      assert.equal(decimalOf(source), expected, source);
    for (const source of ['1e400', '-1e99999999999999999999', '1e-400', '1e40', '9'.repeat(41)])
      refuses('number_out_of_range', () => decimalOf(source));
  });

  it('an exponent never changes the value', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: -10, max: 10 }),
        (units, scale, exponent) => {
          const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
          const cut = digits.length - scale;
          const mantissa = `${units < 0n ? '-' : ''}${digits.slice(0, cut)}${scale ? `.${digits.slice(cut)}` : ''}`;
          const actual = decimalOf(`${mantissa}e${exponent}`);
          const shift = scale - exponent;
          // units * 10^-shift, compared as integers after moving the point of both.
          const [whole = '', fraction = ''] = actual.split('.');
          const scaled = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, shift - fraction.length));
          const wanted = units * 10n ** BigInt(Math.max(0, fraction.length - shift));
          assert.equal(scaled, wanted);
          assert.ok(compareDecimal(actual, actual) === 0);
        },
      ),
    );
  });

  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(plain(parseExactJson(Buffer.from(text))), JSON.parse(text));
      }),
    );
  });

  it('refuses what is not JSON without quoting it, and never throws anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) refuses('malformed_json', () => parseExactJson(text));
      }),
    );
    refuses('malformed_json', () => parseExactJson(''));
    refuses('malformed_json', () => parseExactJson('{"a": "'));
    assert.throws(
      () => parseExactJson('{"secret": s3cret}'),
      (thrown: Error) => !thrown.message.includes('s3cret'),
    );
  });

  it('refuses a key that is named twice, wherever it stands', () => {
    refuses('duplicate_key', () => parseExactJson('{"newQuantity": 95, "newQuantity": 5}'));
    refuses('duplicate_key', () => parseExactJson('[{"x": {"a": 1, "\\u0061": 2}}]'));
    refuses('duplicate_key', () => parseExactJson('{"__proto__": 1, "__proto__": 2}'));
    assert.doesNotThrow(() => parseExactJson('[{"a": "x:y", "b": "\\":"}, {"a": 1}]'));
  });

  it('takes a byte order mark, refuses bytes that are not UTF-8 and half characters', () => {
    assert.deepEqual(parseExactJson(Buffer.from('\uFEFF{}')), {});
    assert.deepEqual(parseExactJson('\uFEFF[]'), []);
    refuses('invalid_utf8', () => parseExactJson(Buffer.from([0x22, 0xff, 0x22])));
    const value = parseExactJson('{"sku": "\\ud800"}');
    assert.ok(isJsonObject(value));
    refuses('not_text', () => textMember(value, 'sku'));
  });

  it('is bounded in depth', () => {
    assert.doesNotThrow(() => parseExactJson('['.repeat(64) + ']'.repeat(64)));
    refuses('too_deep', () => parseExactJson('['.repeat(65) + ']'.repeat(65)));
    refuses('too_deep', () => parseExactJson('['.repeat(1_000_000)));
  });

  it('keeps __proto__ an ordinary key', () => {
    const value = parseExactJson('{"__proto__": {"sku": "X"}}');
    assert.ok(isJsonObject(value));
    assert.equal(textMember(value, 'sku'), undefined);
    assert.equal(member(value, 'toString'), undefined);
    assert.ok(isJsonObject(member(value, '__proto__')));
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it('reads a text or a number as text', () => {
    const value = parseExactJson('{"a": 1, "b": "1", "c": null, "d": "", "e": true, "f": []}');
    assert.ok(isJsonObject(value));
    assert.equal(textMember(value, 'a'), '1');
    assert.equal(textMember(value, 'b'), '1');
    for (const key of ['c', 'd', 'z']) assert.equal(textMember(value, key), undefined);
    for (const key of ['e', 'f']) refuses('not_text', () => textMember(value, key));
  });

  const items = (text: string) =>
    [...exactJsonItems(text)].flatMap((item) => {
      if (item?.fault) throw item.fault;
      return item ? [item.value] : [];
    });

  it('gives the items of a list one by one, and refuses what it refuses as a whole', () => {
    const bad = [
      '[',
      '[1',
      '[1,]',
      '[,1]',
      '[1]]',
      '[1] x',
      '[{]}',
      '["a]',
      '[1 2]',
      '',
      'x',
      '{"a":1',
      '[{"a":1}{"b":2}]',
      '[1}',
    ];
    for (const text of bad) assert.throws(() => items(text), InvalidInputError, text);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', '"', '1', ':', '\\', ' ') }), (text) => {
        const outcome = (read: () => unknown) => {
          try {
            return { value: read() };
          } catch (thrown) {
            assert.ok(thrown instanceof InvalidInputError);
            return 'refused';
          }
        };
        const whole = outcome(() => {
          const value = parseExactJson(text);
          return Array.isArray(value) ? value : [value];
        });
        assert.deepEqual(
          outcome(() => items(text)),
          whole,
        );
      }),
      runs(2_000),
    );
  });

  it('names the item that is wrong, and what is clear of a list stays', () => {
    assert.throws(() => items('[1, 2, {"a": }]'), /item 3 of the list/);
    assert.throws(() => items(`[1, ${'['.repeat(70)}`), /item 2 of the list/);
    refuses('item_too_large', () => items(`[[${'0,'.repeat(20_000)}0]]`));
    refuses('text_too_long', () => items(`["${'a'.repeat(2 ** 21)}"]`));
    refuses('number_out_of_range', () => items(`[${'1'.repeat(2 ** 21)}]`));
    const faults = [...exactJsonItems('[{"a":1},{"sku":1,"sku":2},{"b":1}]')].map((item) => item?.fault?.field);
    assert.deepEqual(faults, [undefined, 'sku', undefined]);
  });

  it('agrees with JSON.parse about every text, whatever the step', () => {
    const token = fc.constantFrom(
      ...'[]{},:"\\/ \n\t0123456789.eE+-'.split(''),
      'true',
      'false',
      'null',
      '"a"',
      '"\\u0041"',
      '"\\ud83d\\ude00"',
      '{"a":',
      '"__proto__":',
      '1e5',
      '-0',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = tokens.join('');
        let expected: unknown;
        try {
          expected = { value: JSON.parse(text) };
        } catch {
          expected = 'refused';
        }
        let actual: unknown;
        try {
          actual = { value: plain(parseExactJson(text)) };
        } catch (thrown) {
          assert.ok(thrown instanceof InvalidInputError, String(thrown));
          actual = thrown.code === 'malformed_json' ? 'refused' : expected;
        }
        assert.deepEqual(actual, expected);
      }),
      runs(3_000),
    );
  });
});
