import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import type { RecordResult } from '../core/ledger/ledger';
import type { StockEvent } from '../core/stock/event';
import { eventually } from '../test/support/eventually';
import type { Message } from './red';
import { InboundRequest, isTrusted, pathOf, requestOf, type Settlement } from './requests';
import { sendOn } from './send-on';

const event = (sku: string): StockEvent => ({ store_id: '1', sku, quantity: '1', occurred_at: '2025-08-01T22:30:00Z' });
const result = (count: number): RecordResult => ({
  received: count,
  accepted: count,
  duplicate: 0,
  stale: 0,
  refused: 0,
  outcomes: Array.from({ length: count }, () => 'accepted'),
  refusals: [],
});

interface Sent {
  request: InboundRequest;
  messages: Message[];
  answers: Settlement[];
}

async function send(
  count: number,
  refusals = 0,
  whenSent: (sent: Sent) => void = () => {},
  wait = 60_000,
): Promise<Sent> {
  const answers: Settlement[] = [];
  const messages: Message[] = [];
  const refused = Array.from({ length: refusals }, (_, index) => ({ index, sku: null, code: 'c', message: 'm' }));
  const request = new InboundRequest({
    sender: 's',
    raw: { bytes: Buffer.from('raw') },
    refusals: refused,
    unsigned: 'allow',
    wait,
    respond: (settlement) => answers.push(settlement),
  });
  const events = Array.from({ length: count }, (_, i) => event(`S${i}`));
  await sendOn(
    request,
    {},
    { events },
    (payload, first) => ({ payload, ...(first && { rawBody: Buffer.from('raw') }) }),
    (msg) => {
      messages.push(msg);
      whenSent({ request, messages, answers });
    },
  );
  return { request, messages, answers };
}

const listOf = (msg: Message) => msg.payload as StockEvent[];
/** What core's split does. */
const split = (msg: Message, size: number): Message[] => {
  const list = listOf(msg);
  const count = Math.ceil(list.length / size);
  return Array.from({ length: count }, (_, index) => ({
    ...msg,
    payload: list.slice(index * size, (index + 1) * size),
    parts: { id: `of ${msg.parts?.index}`, index, count, len: size, ...(msg.parts && { parts: msg.parts }) },
  }));
};
const record = ({ request }: Sent, msg: Message) => request.recorded(result(listOf(msg).length), msg.parts);

describe('runtime/send-on', () => {
  it('a short list is one message without parts', async () => {
    const sent = await send(1_000);
    assert.deepEqual([sent.messages.length, sent.messages[0]?.parts], [1, undefined]);
    record(sent, sent.messages[0]!);
    assert.equal(sent.answers.length, 1);
  });

  it('a long list goes in parts of 1,000 that are the request, whatever a flow drops of them', async () => {
    const { request, messages } = await send(2_500);
    assert.deepEqual(
      messages.map(({ payload, parts, rawBody }) => [(payload as []).length, parts?.index, parts?.count, !!rawBody]),
      [
        [1_000, 0, 3, true],
        [1_000, 1, 3, false],
        [500, 2, 3, false],
      ],
    );
    for (const msg of messages) {
      assert.equal(requestOf({ payload: msg.payload }), request, 'by the list');
      assert.equal(requestOf({ payload: [listOf(msg)[7]] }), request, 'by an event');
      assert.equal(requestOf({ payload: structuredClone(msg.payload), _msgid: msg._msgid! }), request, 'by the id');
    }
  });

  it('what a flow copied wholly and kept for long is not taken for its own message', async () => {
    const { request, messages } = await send(1);
    const copy = { payload: structuredClone(messages[0]!.payload), _msgid: messages[0]!._msgid! };
    request.settle({ kind: 'unavailable', message: 'too late', retryAfter: 1 });
    assert.equal(requestOf(copy), request, 'answered just now');
    const later = await Promise.all(Array.from({ length: 1_000 }, () => send(1)));
    assert.equal(requestOf(copy), request, 'many more are open');
    for (const sent of later) record(sent, sent.messages[0]!);
    assert.equal(requestOf(copy), undefined);
    assert.equal(isTrusted(copy), false);
    assert.equal(isTrusted({ payload: copy.payload, _msgid: 'a1b2c3d4e5f60718' }), true);
  });

  it('is answered after the last part, in any order, once, also where a flow splits the parts again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1_001, max: 3_500 }),
        fc.constantFrom(0, 300, 700),
        fc.infiniteStream(fc.nat()),
        async (count, size, order) => {
          const sent = await send(count);
          const arriving = size === 0 ? [...sent.messages] : sent.messages.flatMap((msg) => split(msg, size));
          for (const msg of arriving)
            assert.equal(
              pathOf(msg.parts).reduce((sum, { index, len = 1 }) => sum + index * len, 0),
              Number(listOf(msg)[0]!.sku.slice(1)),
              'where it stood in the whole',
            );
          while (arriving.length > 0) {
            assert.equal(sent.answers.length, 0);
            const [msg] = arriving.splice(order.next().value! % arriving.length, 1);
            record(sent, msg!);
            // The same part again is no other part.
            if (arriving.length > 0) record(sent, msg!);
          }
          const [answer] = sent.answers;
          assert.ok(answer?.kind === 'recorded');
          assert.equal(answer.result.accepted, count);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('also where a flow joins the parts to one list, or takes the parts off', async () => {
    const joined = await send(2_500);
    joined.request.recorded(result(2_500), undefined);
    assert.equal(joined.answers.length, 1);
    const bare = await send(2_500);
    for (const [index, msg] of bare.messages.entries()) {
      assert.equal(bare.answers.length, 0, `before part ${index}`);
      bare.request.recorded(result(listOf(msg).length), undefined);
    }
    assert.equal(bare.answers.length, 1);
  });

  it('what could not be read needs no message of its own: it is taken in pieces', async () => {
    for (const [events, count] of [
      [0, 1],
      [10, 1],
      [1_010, 2],
    ] as const) {
      const { request, messages } = await send(events, 2_300);
      assert.equal(messages.length, count);
      const taken: number[] = [];
      while (request.hasRefusals) taken.push(request.takeRefusals().length);
      assert.deepEqual(taken, [1_000, 1_000, 300]);
    }
  });

  it('waits for the next part as long as for the first, however long all of them take', async () => {
    const sent = await send(3_000, 0, () => {}, 300);
    for (const msg of sent.messages) {
      await setTimeout(200);
      record(sent, msg);
    }
    assert.deepEqual(
      sent.answers.map(({ kind }) => kind),
      ['recorded'],
    );
    const stuck = await send(3_000, 0, () => {}, 100);
    record(stuck, stuck.messages[0]!);
    await eventually(() => stuck.answers.length === 1);
    assert.equal(stuck.answers[0]!.kind, 'unavailable');
  });

  it('stops when the request was refused, and not when the flow itself has answered it', async () => {
    for (const [settlement, count] of [
      [{ kind: 'unauthorized', message: 'no' }, 1],
      [{ kind: 'recorded', result: result(0) }, 5],
    ] as const) {
      const sent = await send(5_000, 0, ({ request }) => request.settle(settlement as Settlement));
      assert.equal(sent.messages.length, count);
    }
  });

  it('parts are recorded one after the other, the original with the first until something refused needed it', async () => {
    const { request } = await send(3_000);
    const seen: (string | undefined)[] = [];
    let running = 0;
    const act = async (raw: { bytes: Uint8Array } | undefined) => {
      running += 1;
      assert.equal(running, 1);
      seen.push(raw && Buffer.from(raw.bytes).toString());
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { ...result(1), refused: seen.length === 2 ? 1 : 0 };
    };
    await Promise.all([request.record(act), request.record(act), request.record(act)]);
    await eventually(() => seen.length === 3);
    assert.deepEqual(seen, ['raw', 'raw', undefined]);
  });
});
