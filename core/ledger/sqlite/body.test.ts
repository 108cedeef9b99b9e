import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { pack, unpack } from './body';

describe('bodies of requests', () => {
  it('come back as they were, and any reader of deflate can read them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000, size: 'max' }), (body) => {
        assert.deepEqual([...unpack(pack(body))], [...body]);
        assert.deepEqual([...inflateRawSync(pack(body))], [...body]);
      }),
    );
  });

  it('of many items take less space', () => {
    assert.ok(pack(Buffer.from('{"sku":"1"},'.repeat(500))).length < 500);
  });
});
