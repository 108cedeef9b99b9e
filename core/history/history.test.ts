import assert from 'node:assert/strict';
import type { PushRecord } from '../ledger/ledger';
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

  it('knows how a push ended that ended before its message came', () => {
    const pushes = new PassedPushes();
    const push = { id: 'a' } as PushRecord;
    pushes.keep(push);
    assert.equal(pushes.ended('b'), undefined);
    assert.equal(pushes.ended('a'), push);
    assert.equal(pushes.ended('a'), undefined, 'once');
    for (let n = 0; n < 1_001; n++) pushes.keep({ id: String(n) } as PushRecord);
    assert.equal(pushes.ended('0'), undefined, 'a bounded number');
    assert.ok(pushes.ended('1000'));
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
