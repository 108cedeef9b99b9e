import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ReplayWindow } from './replay';

describe('core/signature/replay', () => {
  it('a stored request is not taken twice, one that was not stored is', () => {
    let now = 1000;
    const window = new ReplayWindow(() => now);
    assert.equal(window.begin('a', 2000), 'first');
    assert.equal(window.begin('a', 2000), 'in_progress');
    window.forget('a');
    assert.equal(window.begin('a', 2000), 'first');
    window.stored('a');
    assert.equal(window.begin('a', 2000), 'stored');
    assert.equal(window.begin('b', 2000), 'first');
    now = 2000;
    assert.equal(window.begin('a', 2000), 'stored', 'until includes its last moment');
    now = 2001;
    assert.equal(window.begin('a', 3000), 'first', 'past its time the tolerance refuses it');
  });

  it('is bounded', () => {
    const window = new ReplayWindow(() => 0, 100);
    for (let i = 0; i < 10_000; i++) {
      window.begin(`k${i}`, 10);
      window.stored(`k${i}`);
    }
    assert.ok(window.size <= 100);
    assert.equal(window.begin('k9999', 10), 'stored');
  });

  it('what is forgotten or unknown may be told twice', () => {
    const window = new ReplayWindow(() => 0);
    window.stored('x');
    window.forget('x');
    assert.equal(window.begin('x', 1), 'first');
  });

  it('within the time a stored key never passes again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 50 }), (steps) => {
        const window = new ReplayWindow(() => 0);
        const stored = new Set<string>();
        for (const [key, store] of steps) {
          const repeat = window.begin(key, 1);
          assert.equal(repeat === 'stored', stored.has(key));
          if (repeat === 'first') {
            if (store) {
              window.stored(key);
              stored.add(key);
            } else window.forget(key);
          }
        }
      }),
    );
  });
});
