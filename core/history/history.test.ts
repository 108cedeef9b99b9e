import assert from 'node:assert/strict';
import { PassedPushes, parseQuery } from './history';

describe('history', () => {
  it('passes a push on once, and only one that was seen', () => {
    const pushes = new PassedPushes();
    assert.equal(pushes.pass('a'), false);
    assert.equal(pushes.see('a'), true);
    assert.equal(pushes.see('a'), true);
    assert.equal(pushes.pass('a'), true);
    assert.equal(pushes.see('a'), false, 'a late chunk of a finished push');
    assert.equal(pushes.pass('a'), false);
  });

  it('remembers a bounded number', () => {
    const pushes = new PassedPushes(2);
    for (const id of ['a', 'b', 'c']) pushes.see(id);
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => pushes.pass(id)),
      [false, true, true],
    );
  });

  it('reads questions', () => {
    assert.deepEqual(parseQuery('anything'), { limit: 10 });
    assert.deepEqual(parseQuery({ outlet: 'pasons:1', status: 'failed', limit: '3', other: 1 }), {
      outlet: 'pasons:1',
      status: 'failed',
      limit: 3,
    });
    for (const bad of [{ limit: 0 }, { limit: 1001 }, { limit: 'x' }, { status: 'lost' }, { outlet: 5 }])
      assert.throws(() => parseQuery(bad), { code: 'query_invalid' });
  });
});
