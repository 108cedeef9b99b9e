import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidInputError } from '../../core/errors';
import { parseExactJson } from '../../core/stock/exact-json';
import { readJsonList } from './json-list';

const all = (text: string, size?: number) => [...readJsonList(text, size)].flat();

describe('connectors/catalogue/json-list', () => {
  it('gives the same items in pieces as in one go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(0, 1),
        (list, size, space) => {
          const text = ` ${JSON.stringify(list, null, space)}\n`;
          assert.deepEqual(all(text, size), parseExactJson(text));
          for (const piece of readJsonList(text, size)) assert.ok(piece.length <= size);
        },
      ),
    );
  });

  it('keeps digits and takes one value alone', () => {
    assert.equal(String(all('[1.000000000000000005]')[0]), '1.000000000000000005');
    assert.deepEqual(all('{"sku":"1"}'), [parseExactJson('{"sku":"1"}')]);
    assert.deepEqual(all('\uFEFF[]'), []);
  });

  it('refuses what JSON.parse refuses', () => {
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
    for (const text of bad) assert.throws(() => all(text, 1), InvalidInputError, text);
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
          outcome(() => all(text, 1)),
          whole,
        );
      }),
      { numRuns: 2000 },
    );
  });
});
