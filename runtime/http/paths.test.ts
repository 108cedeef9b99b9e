import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ConfigError, InvalidInputError } from '../../core/errors';
import { pathnameOf, pathPattern } from './paths';

describe('paths of routes', () => {
  it('match any letter case and a trailing slash', () => {
    const pattern = pathPattern('/Webhook/Shop');
    for (const path of ['/webhook/shop', '/WEBHOOK/SHOP', '/webhook/Shop/']) assert.deepEqual(pattern.match(path), {});
    for (const path of ['/webhook', '/webhook/shop/x', '/webhook/shop//', '//webhook/shop', 'webhook/shop', '/', ''])
      assert.equal(pattern.match(path), null, path);
  });

  it('give the parameters, decoded, in their own letter case', () => {
    const pattern = pathPattern('/api/:kind/of/:store_id');
    assert.deepEqual(pattern.match('/API/Feed/OF/Dubai%20Mall%2F1'), { kind: 'Feed', store_id: 'Dubai Mall/1' });
    assert.equal(pattern.match('/api//of/1'), null);
    assert.throws(() => pattern.match('/api/x/of/%ff'), InvalidInputError);
  });

  it('round trip any store id', () => {
    const pattern = pathPattern('/api/catalogue/:store_id');
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (storeId) => {
        fc.pre(storeId.isWellFormed());
        assert.deepEqual(pattern.match(`/api/catalogue/${encodeURIComponent(storeId)}`), { store_id: storeId });
      }),
    );
  });

  it('are one route when only names or letter case differ', () => {
    assert.equal(pathPattern('/a/:x').key, pathPattern('/A/:y/').key);
    assert.notEqual(pathPattern('/a/:x').key, pathPattern('/a/x').key);
  });

  it('refuse what cannot be a path', () => {
    for (const text of ['', '/', 'a', '/a b', '/a//b', '/a?b', '/a#b', '/:', '/:a/:a', '/a*', '/a:b'])
      assert.throws(() => pathPattern(text), ConfigError, text);
  });

  it('are read from every form of request line', () => {
    assert.equal(pathnameOf('/a/b?c=/d'), '/a/b');
    assert.equal(pathnameOf('http://host:1880/a?x'), '/a');
    assert.equal(pathnameOf('HTTPS://host'), '/');
    assert.equal(pathnameOf(undefined), '/');
  });
});
