import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyWrap, encodeBody, parseWrap, wrapEnds } from './wrap';

const items = [{ product_id: 'a', price: 13.99 }];

describe('mapping: the body around the list', () => {
  it('is a bare list without a wrap', () => {
    assert.equal(applyWrap('', items), '[{"product_id":"a","price":13.99}]');
    assert.equal(applyWrap(undefined, []), '[]');
  });

  it('puts the list and the store where they belong', () => {
    const wrap = parseWrap('{ "branch_id": "{store_id}",\n "products": "{items}", "note": "{items} {x} {type}" }');
    assert.equal(
      applyWrap(wrap, items, { store_id: '1"\\', type: 'full' }),
      '{"branch_id":"1\\"\\\\","products":[{"product_id":"a","price":13.99}],"note":"{items} {x} full"}',
    );
  });

  it('takes an object too, and keeps digits of numbers in a text', () => {
    assert.equal(applyWrap(parseWrap({ p: '{items}' }), []), '{"p":[]}');
    assert.equal(applyWrap('{"v":1.000000000000000005,"p":"{items}"}', []), '{"v":1.000000000000000005,"p":[]}');
  });

  it('leaves names of members alone', () => {
    assert.equal(
      applyWrap('{"{items}":"{items}","{store_id}":1}', [], { store_id: '1' }),
      '{"{items}":[],"{store_id}":1}',
    );
  });

  for (const wrap of ['{', '{"a":1}', '{"a":"{items}","b":"{items}"}', '{"{items}":1}']) {
    it(`refuses ${wrap}`, () => {
      assert.throws(() => parseWrap(wrap), { code: 'wrap_invalid' });
    });
  }

  it('refuses to send a placeholder that has no value', () => {
    assert.throws(() => applyWrap('{"b":"{store_id}","p":"{items}"}', []), { code: 'wrap_value_missing' });
  });

  it('encodes what JSON reads back as the same, and the ends account for every byte', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ sku: fc.string({ unit: 'binary' }), n: fc.integer() }, { noNullPrototype: true })),
        fc.string({ unit: 'binary' }),
        (list, store) => {
          const wrap = '{"b":"{store_id}","p":"{items}","t":[1,{"x":null}]}';
          const body = encodeBody(list, wrap, { store_id: store });
          assert.deepEqual(JSON.parse(new TextDecoder().decode(body)), { b: store, p: list, t: [1, { x: null }] });
          const ends = wrapEnds(wrap, { store_id: store }).join('');
          assert.equal(body.byteLength, Buffer.byteLength(ends) + Buffer.byteLength(JSON.stringify(list)));
        },
      ),
    );
  });
});
