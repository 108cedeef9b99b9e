import assert from 'node:assert/strict';
import { serialize } from 'node:v8';
import type { RecordBatch } from '../ledger';
import type { Call } from './engine';
import { pack, unpack } from './parcel';

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

  it('take along the bytes that were received and nothing beside them', () => {
    const bytes = part('x'.repeat(100));
    assert.ok(bytes.buffer.byteLength > 1_000);
    const parcel = pack([record('A', bytes), record('B', bytes)]);
    assert.equal(parcel.originals.byteLength, 200);
    assert.ok(serialize(parcel.calls).length < 1_000);
  });
});
