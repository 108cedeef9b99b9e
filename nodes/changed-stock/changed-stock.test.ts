import assert from 'node:assert/strict';
import { carriedBy } from '../../runtime/carriers';
import type { Message } from '../../runtime/red';
import { Delivery } from '../../test/support/delivery';
import { eventually } from '../../test/support/eventually';
import { nodeOf, received, unload } from '../../test/support/node-test';
import { readRequest } from './request';

describe('changed stock (node)', () => {
  let delivery: Delivery;
  let out: Message[];

  beforeEach(async () => {
    delivery = await Delivery.start();
  });
  afterEach(() => delivery.stop());

  async function start(config: Record<string, unknown> = {}, outlets: Record<string, unknown> = {}): Promise<void> {
    await delivery.load(
      [
        {
          id: 'changed',
          type: 'shelfwire-changed-stock',
          outlets: 'outlets',
          linger: 0.05,
          ...config,
          wires: [['out']],
        },
        { id: 'out', type: 'helper', wires: [] },
      ],
      outlets,
    );
    out = received('out');
  }
  const skus = () => out.map(({ payload }) => (payload as { sku: string }[]).map(({ sku }) => sku));

  it('emits the list of seed 001 with a ticket, only the fields of the outlet', async () => {
    await start({ auto: true }, { fields: ['selling_price'] });
    await delivery.record('2', { '9340957005965': { selling_price: '13.990', quantity: '4' } });
    await eventually(() => out.length === 1);
    const [msg] = out;
    assert.deepEqual(msg!.payload, [{ sku: '9340957005965', selling_price: 13.99 }]);
    assert.deepEqual([msg!.store_id, msg!.topic], ['2', 'pasons:2']);
    const { id, entries, ledger, ...ticket } = msg!.push!;
    assert.ok(id && ledger === delivery.ledger.info.id && entries.length === 1);
    assert.deepEqual(ticket, {
      outlet: 'pasons:2',
      outlet_name: 'Shop 2',
      store_id: '2',
      platform: 'pasons',
      type: 'partial',
      trigger: 'auto',
      created_by: 'auto',
    });
  });

  it('takes up what waited before it started, and only for outlets that push by themselves', async () => {
    await start({ auto: true });
    await unload();
    await delivery.stock('1', 2);
    await delivery.stock('2', 1);
    await delivery.stock('3', 1);
    await start(
      { auto: true },
      {
        rows: [
          { store_id: '1', push_enabled: true },
          { store_id: '2', push_enabled: true, auto: false },
          { store_id: '3' },
        ],
      },
    );
    await eventually(() => out.length === 1);
    assert.deepEqual(skus(), [['A1', 'A2']]);
    assert.equal(out[0]!.push!.outlet, 'pasons:1');
    nodeOf('changed').receive({ payload: '' });
    await eventually(() => out.length === 2);
    assert.equal(out[1]!.push!.outlet, 'pasons:2');
  });

  it('keeps to its shops, unless a message names another', async () => {
    await delivery.load([], {});
    await delivery.ledger.outlets();
    await unload();
    await start({ auto: true, stores: ['2'] });
    await delivery.stock('1', 1);
    await delivery.stock('2', 1);
    await eventually(() => out.length === 1);
    assert.equal(out[0]!.store_id, '2');
    nodeOf('changed').receive({ payload: {} });
    nodeOf('changed').receive({ payload: { store_id: 1 } });
    await eventually(() => out.length === 2);
    assert.equal(out[1]!.store_id, '1');
  });

  it('has at most twice the concurrency of messages on their way, newly sold out first, outlets in turn', async () => {
    await start({ auto: false, limit: 10 }, { concurrency: 1 });
    await delivery.stock('1', 50);
    await delivery.stock('2', 50);
    await delivery.record('1', { A50: { stock_status: 0 } });
    nodeOf('changed').receive({ payload: 'now' });
    await eventually(() => out.length === 4);
    assert.deepEqual(out.map(({ store_id }) => store_id).sort(), ['1', '1', '2', '2']);
    const [first] = out.filter(({ store_id }) => store_id === '1');
    assert.equal((first!.payload as { sku: string }[]).length, 10);
    assert.equal((await delivery.counts('1')).sending, 20);
    await delivery.ledger.giveBack(first!.push!);
    await eventually(() => out.length === 5);
    assert.equal(out[4]!.store_id, '1');
  });

  it('gathers changes for a while before it pushes by itself, and not for a message', async () => {
    await start({ auto: true, linger: 3600 });
    await delivery.stock('1', 3);
    nodeOf('changed').receive({ payload: { store_id: '1' } });
    await eventually(() => out.length === 1);
    assert.deepEqual(skus(), [['A1', 'A2', 'A3']]);
  });

  it('loses nothing when it is deployed anew in the middle of a push', async () => {
    await start({ auto: false, limit: 5 }, { concurrency: 1 });
    await delivery.stock('1', 30);
    nodeOf('changed').receive({ payload: { store_id: '1' } });
    await eventually(() => out.length === 2);
    const before = [...out];
    await unload();
    await start({ auto: false, limit: 5 }, { concurrency: 1 });
    for (const { push } of before) await delivery.ledger.giveBack(push!);
    await eventually(() => out.length === 2);
    assert.equal(out[0]!.push!.id, before[0]!.push!.id, 'the push goes on');
    const { waiting, sending } = await delivery.counts('1');
    assert.deepEqual([waiting, sending], [20, 10]);
  });

  it('carries its shops until a deploy is over: meanwhile none is said to be carried by nobody', async () => {
    await start();
    assert.equal(carriedBy('pasons:1', 'outlets'), 'carried');
    await unload();
    assert.equal(carriedBy('pasons:1', 'outlets'), 'carried');
    await delivery.load([], {});
    assert.equal(carriedBy('pasons:1', 'outlets'), 'none');
  });

  it('does nothing but say so with wrong settings', async () => {
    for (const config of [{ outlets: 'nobody' }, { mode: 'some' }, { limit: 0 }, { linger: -1 }]) {
      await start({ auto: true, ...config });
      const { args } = (nodeOf('changed') as unknown as { error: { args: unknown[][] } }).error;
      assert.ok(args.length > 0, JSON.stringify(config));
      await delivery.stock('1', 1);
      assert.equal(out.length, 0);
      await unload();
    }
  });
});

describe('changed stock: what a message asks', () => {
  it('reads shop, type and who asked', () => {
    const read = (msg: Message) => {
      const { store_id, type, trigger, created_by, id } = readRequest(msg, 'partial');
      return [store_id, type, trigger, created_by, id];
    };
    assert.deepEqual(read({ payload: 1_754_087_400_000 }), [null, 'partial', 'schedule', 'schedule', undefined]);
    assert.deepEqual(read({ payload: { store_id: 7, type: 'full' } }), [
      '7',
      'full',
      'schedule',
      'schedule',
      undefined,
    ]);
    assert.deepEqual(read({ created_by: 'user:ana' }), [null, 'partial', 'manual', 'user:ana', undefined]);
    assert.deepEqual(read({ created_by: 'root', trigger: 'manual' }), [
      null,
      'partial',
      'manual',
      'schedule',
      undefined,
    ]);
    assert.deepEqual(read({ push: { id: 'x' } as never }), [null, 'partial', 'api', 'api', 'x']);
    const ticket = { id: 'x', entries: [], trigger: 'auto', created_by: 'auto' } as never;
    assert.deepEqual(read({ push: ticket }), [null, 'partial', 'auto', 'auto', undefined]);
    assert.equal(readRequest({}, 'full').type, 'full');
  });
});
