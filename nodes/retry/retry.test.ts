import assert from 'node:assert/strict';
import type { Message } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { type FakeLedger, fakeLedger, ticketFor } from '../../test/support/fake-ledger';
import { load, nodeOf, received, unload } from '../../test/support/node-test';

import register = require('./retry');

const outage = {
  code: 'no_answer',
  message: 'connection refused',
  statusCode: null,
  retryable: true,
  retryAfter: null,
  reach: 'not_reachable',
};

describe('retry (node)', () => {
  let fake: FakeLedger;
  let tries: Message[];
  let gaveUp: Message[];
  let caught: Message[];

  async function start(config: Record<string, unknown> = {}): Promise<void> {
    await load(
      [register],
      [
        { id: 'r', type: 'shelfwire-retry', delay: '0.01', jitter: 0, wires: [['try'], ['up']], ...config },
        { id: 'try', type: 'helper', wires: [] },
        { id: 'up', type: 'helper', wires: [] },
        { id: 'catch', type: 'catch', wires: [['caught']] },
        { id: 'caught', type: 'helper', wires: [] },
      ],
    );
    tries = received('try');
    gaveUp = received('up');
    caught = received('caught');
  }
  const give = (msg: Message) => nodeOf('r').receive(msg);
  const calls = (name: string) => fake.calls.filter(([method]) => method === name);

  beforeEach(() => {
    fake = fakeLedger();
  });
  afterEach(async () => {
    await unload();
    fake.forget();
  });

  it('passes what is new at once, tries a failure again, gives up after the last attempt', async () => {
    await start();
    give({ payload: [1], push: ticketFor(['a']) });
    await eventually(() => tries.length === 1);
    assert.deepEqual(tries[0]?.retry, { attempt: 1, of: 3 });
    for (const attempt of [2, 3]) {
      const before = Date.now();
      give({ ...tries.at(-1)!, error: { ...outage }, response: {} as never });
      await eventually(() => tries.length === attempt);
      const msg = tries.at(-1)!;
      assert.deepEqual(msg.retry, { attempt, of: 3 });
      assert.equal('error' in msg || 'response' in msg, false);
      const [, outlet, entries, until] = calls('renew').at(-1)!;
      assert.deepEqual([outlet, entries], ['pasons:1', ticketFor(['a']).entries]);
      assert.ok((until as number) >= before + 30_000 + 10 && (until as number) <= Date.now() + 30_100);
    }
    assert.equal(calls('giveBack').length, 0);
    give({ ...tries.at(-1)!, error: { ...outage, statusCode: 503, retryAfter: 7 } });
    await eventually(() => gaveUp.length === 1);
    assert.equal(gaveUp[0]?.error?.code, 'no_answer');
    assert.deepEqual(gaveUp[0]?.retry, { attempt: 3, of: 3 });
    assert.deepEqual(calls('giveBack').at(-1)?.[2], {
      code: 'no_answer',
      message: 'connection refused',
      statusCode: 503,
      reach: 'not_reachable',
      retryAfter: 7,
    });
  });

  it('gives up at once what cannot be tried again, a probe, and a wait of an hour', async () => {
    await start();
    give({ push: ticketFor(['a']), error: { ...outage, retryable: false, code: 'form' } });
    await eventually(() => gaveUp.length === 1);
    assert.equal(calls('giveBack').length, 0, 'the push gave it back itself');
    give({ push: ticketFor(['a'], { probe: true }), error: { ...outage, reach: 'key_refused' } });
    await eventually(() => gaveUp.length === 2);
    assert.equal((calls('giveBack')[0]![2] as { reach: string }).reach, 'key_refused');
    give({ push: ticketFor(['a']), error: { ...outage, retryAfter: 3600 } });
    await eventually(() => gaveUp.length === 3);
    assert.equal(calls('giveBack').length, 2);
    assert.equal(tries.length, 0);
  });

  it("tries an operator's own list again without a ledger", async () => {
    await start();
    give({ payload: 'x', error: { ...outage } });
    await eventually(() => tries.length === 1);
    assert.deepEqual(tries[0]?.retry, { attempt: 2, of: 3 });
    assert.equal(fake.calls.length, 0);
  });

  it('gives back, without a failure, what it holds when it closes', async () => {
    await start({ delay: 600, maxDelay: 600 });
    give({ push: ticketFor(['a']), error: { ...outage } });
    give({ push: ticketFor(['b']), error: { ...outage } });
    await eventually(() => calls('renew').length === 2);
    await unload();
    assert.deepEqual(
      calls('giveBack').map(([, ticket, failure]) => [
        (ticket as { entries: { sku: string }[] }).entries[0]?.sku,
        failure,
      ]),
      [
        ['a', undefined],
        ['b', undefined],
      ],
    );
    assert.equal(tries.length, 0);
  });

  it('holds at most 1,000 messages; the oldest are given back', async () => {
    await start({ delay: 600, maxDelay: 600 });
    for (let index = 0; index < 1002; index++) give({ push: ticketFor([`s${index}`]), error: { ...outage } });
    await eventually(() => calls('giveBack').length === 2);
    assert.deepEqual(
      calls('giveBack').map(([, ticket]) => (ticket as { entries: { sku: string }[] }).entries[0]?.sku),
      ['s0', 's1'],
    );
  });

  it('still reports what it gave up when the ledger cannot take it back', async () => {
    fake.forget();
    fake = fakeLedger({
      giveBack: async () => {
        throw new Error('disk full');
      },
    });
    await start({ attempts: 1 });
    give({ push: ticketFor(['a']), error: { ...outage } });
    await eventually(() => gaveUp.length === 1 && caught.length === 1);
  });

  it('tries nothing with wrong settings', async () => {
    await start({ attempts: 'many' });
    give({ payload: [1] });
    await eventually(() => caught.length > 0);
    assert.equal(caught.at(-1)?.error?.code, 'config_invalid');
    assert.equal(tries.length, 0);
  });
});
