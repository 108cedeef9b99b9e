import assert from 'node:assert/strict';
import { encodeBody, wrapValues } from '../../core/mapping/wrap';
import type { Message } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { ticketFor } from '../../test/support/fake-ledger';
import { load, nodeOf, received, unload } from '../../test/support/node-test';

import register = require('./chunker');

const skus = ['a', 'b', 'c', 'd', 'e'];
const items = skus.map((sku) => ({ sku, selling_price: 1.5 }));

describe('chunker (node)', () => {
  let out: Message[];
  let caught: Message[];

  async function start(config: Record<string, unknown>): Promise<void> {
    await load(
      [register],
      [
        { id: 'c', type: 'shelfwire-chunker', wires: [['out']], ...config },
        { id: 'out', type: 'helper', wires: [] },
        { id: 'catch', type: 'catch', wires: [['caught']] },
        { id: 'caught', type: 'helper', wires: [] },
      ],
    );
    out = received('out');
    caught = received('caught');
  }
  const give = (msg: Message) => nodeOf('c').receive(msg);
  afterEach(unload);

  it('slices payload and ticket together, marks the parts as core does, and clones no item', async () => {
    await start({ size: '2' });
    const req = { headers: {} } as never;
    give({ payload: items, push: ticketFor([...skus].reverse()), topic: 't', req });
    await eventually(() => out.length === 3);
    assert.deepEqual(
      out.map(({ payload }) => (payload as { sku: string }[]).map(({ sku }) => sku)),
      [['a', 'b'], ['c', 'd'], ['e']],
    );
    assert.deepEqual(
      out.map(({ push }) => push?.entries.map(({ sku, item }) => `${sku}${item}`)),
      [['a5', 'b4'], ['c3', 'd2'], ['e1']],
    );
    const parts = out.map((msg) => msg.parts);
    assert.equal(new Set(parts.map((part) => part?.id)).size, 1);
    assert.deepEqual(
      parts.map((part) => [part?.index, part?.count, part?.type, part?.len]),
      [0, 1, 2].map((index) => [index, 3, 'array', 2]),
    );
    for (const [index, item] of out.flatMap(({ payload }) => payload as unknown[]).entries())
      assert.equal(item, items[index]);
    assert.ok(out.every((msg) => msg.req === req && msg.topic === 't' && msg.push?.id === 'push-1'));
  });

  it('keeps to bytes of the body as it will be sent, and lets a lone larger item go alone', async () => {
    await start({ size: 500, bytes: 90 });
    const mapping = { fingerprint: 'f', key: 'id', wrap: '{"branch":"{store_id}","products":"{items}"}' };
    const mapped = [
      { id: 'k-a', n: 1 },
      { id: 'k-b', n: 'x'.repeat(100) },
      { id: 'k-c', n: 1 },
      { id: 'k-d', n: 1 },
      { id: 'k-e', n: 1 },
    ];
    const push = ticketFor(skus, { mapping });
    for (const entry of push.entries) entry.key = `k-${entry.sku}`;
    give({ payload: mapped, push });
    await eventually(() => out.length === 3);
    assert.deepEqual(
      out.map((msg) => msg.push?.entries.map(({ sku }) => sku)),
      [['a'], ['b'], ['c', 'd', 'e']],
    );
    const sizes = out.map(
      (msg) => encodeBody(msg.payload as unknown[], mapping.wrap, wrapValues(msg.push!)).byteLength,
    );
    assert.deepEqual(
      sizes.map((size) => size <= 90),
      [true, false, true],
    );
  });

  it('loses no entry whose item a flow has removed', async () => {
    await start({ size: 2 });
    give({ payload: items.slice(2), push: ticketFor(skus) });
    await eventually(() => out.length === 2);
    assert.deepEqual(
      out.map((msg) => msg.push?.entries.map(({ sku }) => sku)),
      [['c', 'd', 'a', 'b'], ['e']],
    );
    give({ payload: [], push: ticketFor(['x']) });
    await eventually(() => out.length === 3);
    assert.deepEqual([out[2]?.payload, out[2]?.push?.entries.length], [[], 1]);
  });

  it('passes a repeat whole, nests parts, and works without a ticket', async () => {
    await start({ size: 2 });
    give({ payload: Buffer.from('stored'), push: ticketFor(skus, { repeat: true }) });
    await eventually(() => out.length === 1);
    assert.deepEqual([out[0]?.payload, out[0]?.parts], [Buffer.from('stored'), undefined]);
    give({ payload: items, parts: { id: 'outer', index: 3 } });
    await eventually(() => out.length === 4);
    assert.deepEqual((out[3]!.parts as { parts?: unknown }).parts, { id: 'outer', index: 3 });
    assert.equal('push' in out[3]!, false);
  });

  it('says so when there is no list, or a setting is wrong', async () => {
    await start({});
    give({ payload: Buffer.from('x') });
    await eventually(() => caught.length === 1);
    assert.equal(caught[0]?.error?.code, 'not_a_list');
    await unload();
    await start({ size: 0 });
    give({ payload: items });
    await eventually(() => caught.length > 0);
    assert.equal(out.length, 0);
  });
});
