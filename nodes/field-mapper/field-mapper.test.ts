import assert from 'node:assert/strict';
import type { Message } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { type FakeLedger, fakeLedger, ticketFor } from '../../test/support/fake-ledger';
import { load, nodeOf, received, unload } from '../../test/support/node-test';

import register = require('./field-mapper');

/** As an operator writes it. */
const variable = (name: string) => `\${${name}}`;
const region = variable('SHELFWIRE_TEST_REGION');

const items = [
  { sku: 'a', selling_price: 13.99, stock_status: 1 },
  { sku: 'b', selling_price: 8.5, stock_status: 0 },
];

describe('field mapper (node)', () => {
  let fake: FakeLedger;
  let mapped: Message[];
  let refused: Message[];
  let caught: Message[];

  async function start(config: Record<string, unknown>, more: Record<string, unknown>[] = []): Promise<void> {
    await load(
      [register],
      [
        { id: 'm', type: 'shelfwire-field-mapper', wires: [['mapped'], ['refused']], ...config },
        { id: 'mapped', type: 'helper', wires: [] },
        { id: 'refused', type: 'helper', wires: [] },
        { id: 'catch', type: 'catch', wires: [['caught']] },
        { id: 'caught', type: 'helper', wires: [] },
        ...(more as []),
      ],
    );
    mapped = received('mapped');
    refused = received('refused');
    caught = received('caught');
  }
  const give = (msg: Message) => nodeOf('m').receive(msg);

  beforeEach(() => {
    fake = fakeLedger();
  });
  afterEach(async () => {
    await unload();
    fake.forget();
  });

  it('maps items, and writes the key of each and the mapping on the ticket', async () => {
    await start({ preset: 'branch-envelope' });
    give({ payload: items, push: ticketFor(['a', 'b']), topic: 'kept' });
    await eventually(() => mapped.length > 0);
    const [msg] = mapped;
    assert.deepEqual(msg?.payload, [
      { product_id: 'a', price: 13.99, is_available: true },
      { product_id: 'b', price: 8.5, is_available: false },
    ]);
    assert.deepEqual(
      msg?.push?.entries.map(({ sku, key, item }) => [sku, key, item]),
      [
        ['a', 'a', 1],
        ['b', 'b', 2],
      ],
    );
    assert.equal(msg?.push?.mapping?.key, 'product_id');
    assert.equal(msg?.push?.mapping?.wrap, '{"branch_id":"{store_id}","products":"{items}"}');
    assert.match(msg?.push?.mapping?.fingerprint ?? '', /^[0-9a-f]{64}$/);
    assert.equal(msg?.topic, 'kept');
    assert.deepEqual([refused, fake.calls], [[], []]);
  });

  it('passes everything unchanged with an empty table', async () => {
    await start({ fields: [] });
    give({ payload: items, push: ticketFor(['a', 'b']) });
    await eventually(() => mapped.length > 0);
    const [msg] = mapped;
    assert.deepEqual(msg?.payload, items);
    assert.deepEqual(msg?.push?.mapping, { fingerprint: 'none', key: 'sku' });
    assert.deepEqual(msg?.push?.entries, ticketFor(['a', 'b']).entries);
  });

  it('refuses in the ledger what cannot be mapped, takes it off the ticket and shows it on the second output', async () => {
    await start({
      fields: [
        { from: 'sku', to: 'id' },
        { from: 'selling_price', to: 'price', decimals: 1 },
      ],
    });
    give({ payload: items, push: ticketFor(['a', 'b', 'gone']) });
    await eventually(() => mapped.length > 0 && refused.length > 0);
    assert.deepEqual(mapped[0]?.payload, [{ id: 'b', price: 8.5 }]);
    assert.deepEqual(
      mapped[0]?.push?.entries.map(({ sku, key }) => [sku, key]),
      [
        ['b', 'b'],
        ['gone', undefined],
      ],
      'what a flow dropped stays on the ticket, for the push to report',
    );
    assert.deepEqual(refused[0]?.payload, [items[0]]);
    assert.equal(refused[0]?.push, undefined);
    const [refusal] = refused[0]?.refused ?? [];
    assert.equal(refusal?.code, 'decimals_cut');
    assert.match(refusal?.message ?? '', /Item a, field "price".*nothing is lost/);
    assert.equal(fake.calls.length, 1);
    const [method, , list] = fake.calls[0]!;
    assert.equal(method, 'refuse');
    assert.deepEqual(list, [{ item: 1, code: 'decimals_cut', message: refusal?.message }]);
  });

  it('sends nothing on when everything was refused', async () => {
    await start({ fields: [{ from: 'sku', to: 'id', type: 'integer' }] });
    give({ payload: items, push: ticketFor(['a', 'b']) });
    await eventually(() => refused.length > 0);
    assert.equal(mapped.length, 0);
    assert.equal((fake.calls[0]![2] as unknown[]).length, 2);
  });

  it('does not send on what the ledger could not refuse', async () => {
    fake.forget();
    fake = fakeLedger({
      refuse: async () => {
        throw new Error('disk full');
      },
    });
    await start({ fields: [{ from: 'sku', to: 'id', type: 'integer' }] });
    give({ payload: [{ sku: '5' }, { sku: 'x' }], push: ticketFor(['5', 'x']) });
    await eventually(() => caught.length > 0);
    assert.equal(mapped.length + refused.length, 0);
  });

  it("maps an operator's own list without a ticket", async () => {
    await start({
      preset: 'branch-envelope',
      fields: [
        { from: 'sku', to: 'id' },
        { from: 'store_id', to: 'branch' },
      ],
      wrap: '{"p":"{items}"}',
    });
    give({ payload: [{ sku: 'a' }, { sku: 'b', store_id: '9' }], store_id: '4' });
    await eventually(() => mapped.length > 0);
    assert.deepEqual(mapped[0]?.payload, [
      { id: 'a', branch: '4' },
      { id: 'b', branch: '9' },
    ]);
    assert.equal((mapped[0]!.mapping as { wrap: string }).wrap, '{"p":"{items}"}');
    assert.equal(mapped[0]?.push, undefined);
  });

  it('leaves alone what is repeated and what it has mapped before; refuses to map twice', async () => {
    await start({ preset: 'pasons-example' });
    give({ payload: items, push: ticketFor(['a', 'b'], { repeat: true }) });
    await eventually(() => mapped.length === 1);
    assert.deepEqual(mapped[0]?.payload, items);
    give({ payload: items, push: ticketFor(['a', 'b']) });
    await eventually(() => mapped.length === 2);
    give({ ...mapped[1]! });
    await eventually(() => mapped.length === 3);
    assert.deepEqual(mapped[2]?.payload, mapped[1]?.payload);
    give({ payload: items, push: ticketFor(['a'], { mapping: { fingerprint: 'other', key: 'x' } }) });
    await eventually(() => caught.length === 1);
    assert.equal(caught[0]?.error?.code, 'mapped_twice');
  });

  it('evaluates JSONata, also for the key; stops one that runs for ever', async () => {
    await start({
      fields: [
        { from: 'sku', to: 'id', expression: '"AE-" & store_id & "-" & sku' },
        {
          to: 'net',
          type: 'number',
          expression: 'sku = "b" ? ($f := function($n){ $f($n + 1) }; $f(0)) : $round(selling_price / 1.05, 2)',
        },
        { to: 'price', expression: '{"amount": selling_price, "currency": "AED"}' },
      ],
    });
    give({ payload: items, push: ticketFor(['a', 'b']) });
    await eventually(() => mapped.length > 0 && refused.length > 0);
    assert.deepEqual(mapped[0]?.payload, [{ id: 'AE-1-a', net: 13.32, price: { amount: 13.99, currency: 'AED' } }]);
    assert.equal(mapped[0]?.push?.entries[0]?.key, 'AE-1-a');
    assert.equal(refused[0]?.refused?.[0]?.code, 'expression_failed');
    assert.match(refused[0]?.refused?.[0]?.message ?? '', /longer than 250 ms/);
  });

  it('puts variables of the environment in, also inside of longer texts', async () => {
    process.env.SHELFWIRE_TEST_REGION = 'Dubai "1"';
    try {
      await start({
        fields: [
          { from: 'sku', to: 'id' },
          { to: 'place', constant: `AE/${region}` },
          { from: 'stock_status', to: 'state', values: `{"1":"in ${region}","0":"out"}` },
        ],
        wrap: `{"branch":"${region}-{store_id}","products":"{items}"}`,
      });
    } finally {
      delete process.env.SHELFWIRE_TEST_REGION;
    }
    give({ payload: items.slice(0, 1), push: ticketFor(['a']) });
    await eventually(() => mapped.length > 0);
    const { payload, push } = mapped[0]!;
    assert.deepEqual(payload, [{ id: 'a', place: 'AE/Dubai "1"', state: 'in Dubai "1"' }]);
    assert.equal(push?.mapping?.wrap, '{"branch":"Dubai \\"1\\"-{store_id}","products":"{items}"}');
  });

  it('refuses what an expression computes inexactly inside of what it builds', async () => {
    await start({
      fields: [
        { from: 'sku', to: 'id' },
        { to: 'price', expression: '{"net": [{"amount": selling_price * 1.1}], "currency": "AED"}' },
      ],
    });
    give({ payload: [...items.slice(0, 1), { sku: 'b', selling_price: 10 }] });
    await eventually(() => mapped.length === 1 && refused.length === 1);
    assert.deepEqual(mapped[0]!.payload, [{ id: 'b', price: { net: [{ amount: 11 }], currency: 'AED' } }]);
    assert.deepEqual(
      (refused[0]!.refused as { code: string; message: string }[]).map(({ code, message }) => [
        code,
        message.includes('15.389000000000001'),
      ]),
      [['not_exact', true]],
    );
  });

  it('refuses what an expression computes inexactly, gives nothing for, or fails on', async () => {
    await start({
      fields: [
        { from: 'sku', to: 'id' },
        { to: 'x', expression: 'sku = "a" ? 0.1 + 0.2 : sku = "b" ? nothing : sku = "c" ? $number("x") : 1' },
      ],
    });
    give({ payload: ['a', 'b', 'c', 'd'].map((sku) => ({ sku })) });
    await eventually(() => mapped.length > 0 && refused.length > 0);
    assert.deepEqual(mapped[0]?.payload, [{ id: 'd', x: 1 }]);
    assert.deepEqual(
      refused[0]?.refused?.map(({ code }) => code),
      ['not_exact', 'missing', 'expression_failed'],
    );
  });

  for (const [what, config] of [
    ['a table without a key', { fields: [{ from: 'selling_price', to: 'price' }] }],
    ['a variable that is not set', { wrap: `{"branch":"x-${variable('SHELFWIRE_TEST_UNSET')}","products":"{items}"}` }],
    ['an expression that does not parse', { fields: [{ from: 'sku', to: 'id', expression: '(((' }] }],
    ['a wrap without a place for the list', { fields: [], wrap: '{"a":1}' }],
  ] as const) {
    it(`passes nothing with ${what}`, async () => {
      await start(config);
      give({ payload: items, push: ticketFor(['a', 'b']) });
      await eventually(() => caught.length > 0);
      assert.equal(caught.at(-1)?.error?.code, 'config_invalid');
      assert.equal(mapped.length, 0);
    });
  }

  it('says so when the payload is no list, or the ticket is broken', async () => {
    await start({});
    give({ payload: 'text' });
    give({ payload: [], push: { id: 'x' } as never });
    await eventually(() => caught.length === 2);
    assert.deepEqual(
      caught.map(({ error }) => error?.code),
      ['not_a_list', 'ticket_broken'],
    );
  });
});
