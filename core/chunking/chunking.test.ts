import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeBody, wrapEnds } from '../mapping/wrap';
import type { TicketEntry } from '../pushing/ticket';
import { runThrough } from '../steps';
import { distribute, slice } from './chunking';

const entry = (sku: string, key?: string): TicketEntry => ({
  sku,
  item: 1,
  version: 1,
  lease: 1,
  ...(key ? { key } : {}),
});
const list = fc.uniqueArray(fc.record({ id: fc.string({ unit: 'grapheme' }), n: fc.nat() }), {
  selector: ({ id }) => id,
});
const wrap = '{"b":"{store_id}","p":"{items}"}';
const store = { store_id: 'é1' };
const overhead = Buffer.byteLength(wrapEnds(wrap, store).join(''));

describe('chunking', () => {
  it('has every item exactly once, in order, within both limits; only a lone item may be too large', () => {
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 200 }), (items, size, bytes) => {
        const slices = runThrough(slice(items, { size, bytes }, overhead));
        const all = slices.flatMap((part) => part.items);
        assert.equal(all.length, items.length);
        for (const [index, item] of all.entries()) assert.equal(item, items[index]);
        for (const part of slices) {
          assert.ok(part.items.length >= 1 && part.items.length <= size);
          const length = encodeBody(part.items, wrap, store).byteLength;
          if (part.oversize) assert.ok(part.items.length === 1 && length > bytes);
          else assert.ok(bytes === 0 || length <= bytes);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is not finer than the limits ask for', () => {
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 60, max: 400 }), (items, size, bytes) => {
        const slices = runThrough(slice(items, { size, bytes }, overhead));
        for (const [index, part] of slices.entries()) {
          const next = slices[index + 1]?.items[0];
          if (next === undefined || part.oversize) continue;
          const larger = [...part.items, next];
          assert.ok(larger.length > size || encodeBody(larger, wrap, store).byteLength > bytes);
        }
      }),
    );
  });

  it('gives each slice the entries of its items, by key; what has no item goes with the first', () => {
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 4 }), fc.func(fc.boolean()), (items, size, flag) => {
        const entries = items.map(({ id }) => entry(`sku-${id}`, id || undefined)).reverse();
        if (items.some(({ id }) => id === '')) return;
        const kept = items.filter(({ id }) => flag(id));
        const slices = runThrough(slice(kept, { size, bytes: 0 }));
        const parts = distribute(slices, entries, 'id');
        if (kept.length === 0) return;
        assert.deepEqual(new Set(parts.flat()), new Set(entries));
        assert.equal(parts.flat().length, entries.length);
        for (const [index, part] of slices.entries()) {
          const keys = part.items.map((item) => (item as { id: string }).id);
          assert.deepEqual(
            parts[index]!.slice(0, keys.length).map(({ key }) => key),
            keys,
          );
          if (index > 0) assert.equal(parts[index]!.length, keys.length);
        }
      }),
    );
  });

  it('gives an entry to one slice only when an item stands in the list twice', () => {
    const slices = runThrough(slice([{ sku: 'a' }, { sku: 'a' }], { size: 1, bytes: 0 }));
    assert.deepEqual(
      distribute(slices, [entry('a')], 'sku').map((part) => part.length),
      [1, 0],
    );
  });
});
