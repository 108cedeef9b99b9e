import assert from 'node:assert/strict';
import { OverloadError, StorageError } from '../../core/errors';
import type { RecordBatch, RecordResult } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import type { Message } from '../../runtime/red';
import { attach, InboundRequest, markVerified, type RequestOptions, type Settlement } from '../../runtime/requests';
import { eventually } from '../../test/support/eventually';
import { type FakeLedger, fakeLedger } from '../../test/support/fake-ledger';
import { load, nodeOf, received, unload } from '../../test/support/node-test';
import { ledgerNodeOf } from '../../test/support/receiving';

import register = require('./record-stock');

const event = (sku: string, more: Partial<StockEvent> = {}): StockEvent => ({
  source: 'paradigm',
  store_id: '1',
  sku,
  quantity: '5',
  occurred_at: '2025-08-01T22:30:00.000Z',
  ...more,
});

/** Accepts everything but SKUs that begin with `bad`, and refuses what the receiver could not read. */
function record({ events, refusals = [], indexes }: RecordBatch): RecordResult {
  const outcomes = events.map(({ sku }) => (sku.startsWith('bad') ? ('refused' as const) : ('accepted' as const)));
  const own = events.flatMap(({ sku }, position) =>
    sku.startsWith('bad') ? [{ index: indexes?.[position] ?? position, sku, code: 'bad', message: 'It is bad.' }] : [],
  );
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
  const refused = own.length + refusals.length;
  return {
    received: accepted + refused,
    accepted,
    duplicate: 0,
    stale: 0,
    refused,
    outcomes,
    refusals: [...own, ...refusals],
  };
}

describe('record stock (node)', () => {
  let fake: FakeLedger;
  let recorded: Message[];
  let refused: Message[];
  let caught: Message[];
  let answers: Settlement[];
  let recordImpl: (batch: RecordBatch) => RecordResult;

  async function start(config: Record<string, unknown> = {}, kind: 'demo' | 'live' = 'demo'): Promise<void> {
    recordImpl = record;
    fake = fakeLedger({ record: async (batch: RecordBatch) => recordImpl(batch) });
    Object.assign(fake.ledger.info, { kind });
    await load(
      [register, ledgerNodeOf(async () => fake.ledger)],
      [
        { id: 'l', type: 'shelfwire-ledger' },
        { id: 'r', type: 'shelfwire-record-stock', ledger: 'l', wires: [['ok'], ['bad']], ...config },
        { id: 'r2', type: 'shelfwire-record-stock', ledger: 'l', wires: [['ok'], ['bad']] },
        { id: 'ok', type: 'helper', wires: [] },
        { id: 'bad', type: 'helper', wires: [] },
        { id: 'catch', type: 'catch', wires: [['caught']] },
        { id: 'caught', type: 'helper', wires: [] },
      ],
    );
    [recorded, refused, caught] = ['ok', 'bad', 'caught'].map(received) as [Message[], Message[], Message[]];
    answers = [];
  }

  function inbound(
    events: StockEvent[],
    options: Partial<RequestOptions> = {},
  ): { msg: Message; request: InboundRequest } {
    const request = new InboundRequest({
      sender: 'paradigm',
      raw: { bytes: Buffer.from('raw') },
      unsigned: 'refuse',
      wait: 10_000,
      respond: (settlement) => answers.push(settlement),
      ...options,
    });
    const req = { headers: {} } as never;
    attach(request, req, events);
    return { msg: { payload: events, req }, request };
  }
  const proven = { by: 'test', key: 'current' } as const;
  const batches = () => fake.calls.filter(([name]) => name === 'record').map(([, batch]) => batch as RecordBatch);

  afterEach(async () => {
    await unload();
    fake.forget();
  });

  it('records what an own flow sends, one event or a list', async () => {
    await start({ codes: 'look-up', maxFuture: '60' });
    nodeOf('r').receive({ payload: event('a') });
    nodeOf('r').receive({ payload: [event('b'), event('c', { source: 'mine' })], topic: 'kept' });
    await eventually(() => recorded.length === 2);
    assert.deepEqual(
      batches().map(({ sender, senders, codes, maxFuture, raw }) => [sender, senders, codes, maxFuture, raw]),
      [
        ['paradigm', undefined, 'look-up', 60, undefined],
        ['flow', ['paradigm', 'mine'], 'look-up', 60, undefined],
      ],
    );
    assert.deepEqual(recorded[1]?.recorded, { accepted: 2, duplicate: 0, stale: 0, refused: 0 });
    assert.deepEqual([recorded[1]?.refused, recorded[1]?.topic], [[], 'kept']);
    assert.equal(refused.length, 0);
  });

  it('splits good and bad between the outputs and answers with both', async () => {
    await start();
    const { msg, request } = inbound([event('a'), event('bad'), event('c')], {
      refusals: [{ index: 1, sku: null, code: 'not_an_event', message: 'No event.' }],
      indexes: [0, 2, 3],
    });
    markVerified(msg, proven);
    nodeOf('r').receive(msg);
    await eventually(() => recorded.length === 1 && refused.length === 1);
    assert.deepEqual(
      (recorded[0]!.payload as StockEvent[]).map(({ sku }) => sku),
      ['a', 'c'],
    );
    assert.deepEqual(
      (refused[0]!.payload as StockEvent[]).map(({ sku }) => sku),
      ['bad'],
    );
    assert.deepEqual(
      refused[0]?.refused?.map(({ index, code }) => [index, code]),
      [
        [2, 'bad'],
        [1, 'not_an_event'],
      ],
    );
    assert.equal(answers.length, 1);
    assert.equal(request.open, false);
    const [settlement] = answers;
    assert.ok(settlement?.kind === 'recorded');
    assert.deepEqual([settlement.result.received, settlement.result.refused], [4, 2]);
    assert.equal(Buffer.from(batches()[0]!.raw!.bytes).toString(), 'raw');
  });

  it('answers only after the ledger has committed', async () => {
    await start();
    let commit: (() => void) | undefined;
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    fake.ledger.record = async (batch) => {
      await committed;
      return record(batch);
    };
    const { msg } = inbound([event('a')]);
    markVerified(msg, proven);
    nodeOf('r').receive(msg);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answers.length, 0);
    commit?.();
    await eventually(() => answers.length === 1);
  });

  it('refuses what nobody has proven, whatever a flow writes into the message', async () => {
    await start();
    const { msg } = inbound([event('a')]);
    nodeOf('r').receive({ ...msg, verified: true, hmac: { verified: true } });
    await eventually(() => refused.length === 1);
    assert.equal(refused[0]?.error?.code, 'unauthorized');
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['unauthorized'],
    );
    // The events of a request stay its events when a flow drops msg.req.
    const second = inbound([event('b')]);
    nodeOf('r').receive({ payload: second.msg.payload });
    await eventually(() => refused.length === 2);
    assert.equal(batches().length, 0);
    assert.equal(recorded.length, 0);
  });

  it('takes unsigned input where the receiver allows it, and core http in only once proven', async () => {
    await start();
    nodeOf('r').receive(inbound([event('a')], { unsigned: 'allow' }).msg);
    await eventually(() => recorded.length === 1);
    const foreign: Message = { payload: [event('b')], req: { headers: {} } as never };
    nodeOf('r').receive(foreign);
    await eventually(() => refused.length === 1);
    markVerified(foreign, proven);
    nodeOf('r').receive(foreign);
    await eventually(() => recorded.length === 2);
    assert.deepEqual(
      batches().map(({ events }) => events[0]?.sku),
      ['a', 'b'],
    );
  });

  it('answers a split message after its last part, with the positions of the sender', async () => {
    await start();
    const events = [event('a'), event('b'), event('bad'), event('d'), event('e')];
    const { msg } = inbound(events, { refusals: [{ index: 9, sku: null, code: 'x', message: 'x' }] });
    markVerified(msg, proven);
    for (const [index, payload] of [events.slice(0, 2), events.slice(2, 4), events.slice(4)].entries())
      nodeOf('r').receive({ ...msg, payload, parts: { id: 'p', index, count: 3, type: 'array', len: 2 } });
    await eventually(() => answers.length === 1);
    const [settlement] = answers;
    assert.ok(settlement?.kind === 'recorded');
    assert.deepEqual([settlement.result.received, settlement.result.accepted], [6, 4]);
    assert.deepEqual(settlement.result.refusals.map(({ index, code }) => `${index} ${code}`).sort(), ['2 bad', '9 x']);
  });

  it('scopes the ids of a gateway to its devices, in whatever company an event comes', async () => {
    await start();
    const senderOf = ({ device_id }: StockEvent) => `mqtt:1/${device_id}`;
    const [one, two] = [event('a', { device_id: '1' }), event('b', { device_id: '2' })];
    for (const [events, sender] of [
      [[one, two], 'mqtt:1'],
      [[one], 'mqtt:1/1'],
    ] as const) {
      const { msg } = inbound([...events], { sender, senderOf });
      markVerified(msg, proven);
      nodeOf('r').receive(msg);
      await eventually(() => answers.splice(0).length === 1);
    }
    assert.deepEqual(
      batches().map(({ sender, senders }) => [sender, senders]),
      [
        ['mqtt:1', ['mqtt:1/1', 'mqtt:1/2']],
        ['mqtt:1/1', undefined],
      ],
    );
  });

  it('an event that a flow puts beside those of another request keeps its sender, and has to be proven itself', async () => {
    await start();
    const one = inbound([event('a')], { sender: 'mqtt:one' });
    const two = inbound([event('b')], { sender: 'mqtt:two' });
    const joined = { ...one.msg, payload: [one.msg.payload, two.msg.payload].flat() };
    markVerified(one.msg, proven);
    nodeOf('r').receive(joined);
    await eventually(() => refused.length === 1);
    assert.deepEqual([refused[0]?.error?.code, batches().length], ['unauthorized', 0]);
    for (const { msg } of [one, two]) markVerified(msg, proven);
    nodeOf('r').receive({ ...joined, req: two.msg.req! });
    await eventually(() => recorded.length === 1);
    assert.deepEqual(
      batches().map(({ sender, senders }) => [sender, senders]),
      [['mqtt:two', ['mqtt:one', 'mqtt:two']]],
    );
  });

  it('answers when all that could not be read is kept too, however much it is', async () => {
    await start();
    const refusals = Array.from({ length: 2_300 }, (_, index) => ({ index, sku: null, code: 'x', message: 'x' }));
    for (const events of [[], [event('a'), event('bad')]]) {
      const { msg } = inbound(events, { refusals: [...refusals] });
      markVerified(msg, proven);
      nodeOf('r').receive(msg);
      await eventually(() => answers.length === 1);
      const [settlement] = answers.splice(0);
      assert.ok(settlement?.kind === 'recorded');
      assert.equal(settlement.result.received, 2_300 + events.length);
      assert.deepEqual(new Set(settlement.result.refusals.map(({ index }) => index)).size, 2_300);
      assert.deepEqual(
        batches().map((batch) => [batch.refusals?.length, batch.events.length, batch.raw !== undefined]),
        [
          [1_000, events.length, true],
          [1_000, 0, false],
          [300, 0, false],
        ],
      );
      fake.calls.length = 0;
    }
  });

  it('gives each part of a long list some of what could not be read, and the last all the rest, in order', async () => {
    const list = Array.from({ length: 2_500 }, (_, i) => event(`s${i}`));
    for (const join of [false, true]) {
      await start();
      const refusals = Array.from({ length: 4_300 }, (_, index) => ({ index, sku: null, code: 'x', message: 'x' }));
      const { msg, request } = inbound(list, { refusals });
      markVerified(msg, proven);
      request.expect(3, list.length);
      const parts = (index: number) => ({ id: 'p', index, count: 3, len: 1_000, type: 'array' });
      for (const index of [0, 1, 2])
        if (!join)
          nodeOf('r').receive({ ...msg, payload: list.slice(index * 1_000, (index + 1) * 1_000), parts: parts(index) });
      if (join) nodeOf('r').receive(msg);
      await eventually(() => answers.length === 1);
      const [settlement] = answers.splice(0);
      assert.ok(settlement?.kind === 'recorded');
      assert.equal(settlement.result.received, 6_800);
      assert.deepEqual(
        settlement.result.refusals.map(({ index }) => index),
        Array.from({ length: 4_300 }, (_, index) => index),
      );
      await unload();
      fake.forget();
    }
    await start();
  });

  it('answers once when two record stock nodes get the same request, and counts unreadable content once', async () => {
    await start();
    const { msg } = inbound([event('a')], { refusals: [{ index: 1, sku: null, code: 'x', message: 'x' }] });
    markVerified(msg, proven);
    nodeOf('r').receive({ ...msg });
    nodeOf('r2').receive({ ...msg });
    await eventually(() => batches().length === 2 && recorded.length === 2);
    assert.equal(answers.length, 1);
    assert.deepEqual(
      batches().map(({ refusals }) => refusals?.length ?? 0),
      [1, 0],
    );
  });

  it('leaves the answer to the flow when told so', async () => {
    await start({ reply: false });
    const { msg, request } = inbound([event('a')]);
    markVerified(msg, proven);
    nodeOf('r').receive(msg);
    await eventually(() => recorded.length === 1);
    assert.equal(request.open, true);
    request.settle({ kind: 'unavailable', message: '', retryAfter: 1 });
  });

  it('tells the sender to come back when the ledger cannot store, and lets the message out', async () => {
    await start();
    for (const [error, retryAfter] of [
      [new StorageError('disk_full', 'The disk is full.'), 5],
      [new OverloadError('Too much.', 7), 7],
    ] as const) {
      recordImpl = () => {
        throw error;
      };
      const { msg } = inbound([event('a')]);
      markVerified(msg, proven);
      nodeOf('r').receive(msg);
      await eventually(() => answers.length === 1 && refused.length === 1);
      const { code, statusCode, retryable } = refused[0]!.error!;
      assert.deepEqual([code, statusCode, retryable], [error.code, 503, true]);
      assert.deepEqual(
        answers.map((a) => a.kind === 'unavailable' && a.retryAfter),
        [retryAfter],
      );
      answers.length = refused.length = 0;
    }
    assert.deepEqual([recorded.length, caught.length], [0, 0]);
  });

  it('tells Catch about a bug, with its code, and the sender to come back', async () => {
    await start();
    recordImpl = () => {
      throw new TypeError('a bug');
    };
    const { msg } = inbound([event('a')]);
    markVerified(msg, proven);
    nodeOf('r').receive(msg);
    await eventually(() => caught.length === 1);
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['unavailable'],
    );
    const { error } = caught[0]!;
    assert.equal(error?.code, 'internal');
  });

  it('does not take a payload that is no event, and says so', async () => {
    await start();
    for (const payload of ['text', 5, null, undefined, Buffer.from('[]')]) {
      const { msg } = inbound([event('a')]);
      markVerified(msg, proven);
      nodeOf('r').receive({ ...msg, payload });
      await eventually(() => refused.length === 1);
      assert.equal(refused[0]?.error?.code, 'not_events');
      assert.deepEqual(
        answers.map(({ kind }) => kind),
        ['unavailable'],
      );
      answers.length = refused.length = 0;
    }
    assert.equal(batches().length, 0);
  });

  it('never lets simulated numbers into a live ledger', async () => {
    await start({}, 'live');
    const simulated = inbound([event('a'), event('b')], { simulated: true });
    markVerified(simulated.msg, proven);
    nodeOf('r').receive(simulated.msg);
    await eventually(() => refused.length === 1 && answers.length === 1);
    assert.equal(batches().length, 0);
    assert.deepEqual(
      refused[0]?.refused?.map(({ code }) => code),
      ['simulated', 'simulated'],
    );
    const [settlement] = answers;
    assert.ok(settlement?.kind === 'recorded');
    assert.deepEqual([settlement.result.accepted, settlement.result.refused], [0, 2]);
  });

  it('takes simulated numbers into a demo ledger', async () => {
    await start({}, 'demo');
    const { msg } = inbound([event('a')], { simulated: true });
    markVerified(msg, proven);
    nodeOf('r').receive(msg);
    await eventually(() => recorded.length === 1);
  });

  it('without a ledger tells the sender to come back and Catch what is missing', async () => {
    await start({ ledger: 'none' });
    const { msg } = inbound([event('a')]);
    markVerified(msg, proven);
    nodeOf('r').receive(msg);
    await eventually(() => caught.length >= 1);
    assert.equal(caught[0]?.error?.code, 'config_invalid');
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['unavailable'],
    );
  });
});
