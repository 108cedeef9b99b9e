import assert from 'node:assert/strict';
import { serialize } from 'node:v8';
import type { RecordBatch, RecordResult } from '../ledger';
import type { Call, Reply } from './engine';
import { pack, packReplies, unpack, unpackReplies } from './parcel';

describe('sqlite: calls on their way to the thread', () => {
  const record = (sku: string, bytes?: Uint8Array): Call => {
    const batch: RecordBatch = {
      sender: 't',
      events: [{ store_id: '1', sku, occurred_at: '2026-01-01T00:00:00Z' }],
      codes: 'as-is',
    };
    return {
      name: 'record',
      args: [bytes ? { ...batch, raw: { bytes, origin: '/x', contentType: 'text/csv' } } : batch],
    };
  };
  /** A part of a larger block, as bodies of requests are. */
  const part = (text: string) => Buffer.concat([Buffer.from(text)]);

  const originalText = ({ args }: Call) => {
    const raw = (args[0] as RecordBatch | undefined)?.raw;
    return raw ? [Buffer.from(raw.bytes).toString(), raw.origin, raw.contentType] : null;
  };

  it('arrive as they were, with the bytes of each', () => {
    const calls: Call[] = [
      record('A', part('first')),
      { name: 'outlets', args: [] },
      record('B'),
      record('C', part('')),
      record('D', part('last ✓')),
    ];
    const before = calls.map(originalText);
    const { originals, ...rest } = pack(calls);
    assert.deepEqual(calls.map(originalText), before);
    const arrived = unpack({ ...structuredClone(rest), originals });
    const texts = arrived.map(originalText);
    const kept = (text: string) => [text, '/x', 'text/csv'];
    assert.deepEqual(texts, [kept('first'), null, null, kept(''), kept('last ✓')]);
    assert.deepEqual(
      arrived.map(({ name, args }) => [name, (args[0] as RecordBatch | undefined)?.events]),
      calls.map(({ name, args }) => [name, (args[0] as RecordBatch | undefined)?.events]),
    );
  });

  it('say once what many have in common, and each what is its own', () => {
    const given = (sku: string, own: Partial<RecordBatch>, origin?: string): Call => {
      const { events, ...batch } = record(sku, part(sku)).args[0] as RecordBatch;
      const raw = { bytes: new TextEncoder().encode(sku), ...(origin && { origin }) };
      return { name: 'record', args: [{ ...batch, ...own, events, raw }] };
    };
    const refusals = [{ index: 1, sku: null, code: 'x', message: 'y' }];
    const calls = [
      given('A', {}, '/a'),
      given('B', {}, '/a'),
      given('C', {}, '/b'),
      given('D', {}),
      given('E', { refusals }),
      given('F', { refusals, indexes: [3] }),
      given('G', { sender: 'u' }),
      given('H', { codes: 'look-up', maxFuture: 5 }),
      given('I', { links: [{ source: 'barcode', code: '1', sku: 'I' }] }),
    ];
    const { originals, ...rest } = pack(calls);
    assert.deepEqual(unpack({ ...structuredClone(rest), originals }), calls);
    const many = Array.from({ length: 100 }, () => given('A', {}, '/a'));
    assert.ok(serialize(pack(many).calls).length < 0.7 * serialize(many).length);
  });

  it('are answered by replies that arrive as they were, too', () => {
    const result = (own: Partial<RecordResult>): Reply => ({
      ok: true,
      value: { received: 0, accepted: 0, duplicate: 0, stale: 0, refused: 0, outcomes: [], refusals: [], ...own },
    });
    const calls: Call[] = [record('A'), record('B'), { name: 'outlets', args: [] }, record('C'), record('D')];
    const replies: Reply[] = [
      result({ received: 3, accepted: 1, duplicate: 1, stale: 1, outcomes: ['stale', 'accepted', 'duplicate'] }),
      result({
        received: 2,
        refused: 2,
        outcomes: ['refused'],
        refusals: [0, 1].map((index) => ({ index, sku: null, code: 'x', message: 'y' })),
      }),
      { ok: true, value: ['no outcomes'] },
      { ok: false, code: 'disk_full', message: 'The disk is full.', retryable: true },
      result({}),
    ];
    assert.deepEqual(unpackReplies(structuredClone(packReplies(calls, replies))), replies);
  });

  it('take along the bytes that were received and nothing beside them', () => {
    const bytes = part('x'.repeat(100));
    assert.ok(bytes.buffer.byteLength > 1_000);
    const parcel = pack([record('A', bytes), record('B', bytes)]);
    assert.equal(parcel.originals.byteLength, 200);
    assert.ok(serialize(parcel.calls).length < 1_000);
  });
});
