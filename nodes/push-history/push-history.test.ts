import assert from 'node:assert/strict';
import type { PushRecord } from '../../core/ledger/ledger';
import type { Message, NodeDef, RED, RedNode } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { type FakeLedger, fakeLedger, ticketFor } from '../../test/support/fake-ledger';
import { load, nodeOf, received, unload } from '../../test/support/node-test';

import register = require('./push-history');

const record = (id: string, more: Partial<PushRecord> = {}): PushRecord => ({
  id,
  outlet: 'pasons:1',
  outlet_name: 'Marina',
  store_id: '1',
  platform: 'pasons',
  type: 'partial',
  trigger: 'schedule',
  created_by: 'schedule',
  started_at: '2025-08-01T22:30:00.000Z',
  finished_at: '2025-08-01T22:30:01.000Z',
  item_count: 2,
  confirmed: 2,
  refused: 0,
  status: 'success',
  response_code: 200,
  response_message: 'OK',
  error_details: null,
  chunks: 1,
  ...more,
});

describe('push history (node)', () => {
  let fake: FakeLedger;
  let out: Message[];
  let caught: Message[];
  const stored = new Map<string, PushRecord>();

  /** Stands for the ledger config node. */
  function registerConfig(red: RED): void {
    red.nodes.registerType('test-ledger', function (this: RedNode & { open?: unknown }, def: NodeDef) {
      red.nodes.createNode(this, def);
      this.open = async () => fake.ledger;
    });
  }

  async function start(config: Record<string, unknown> = { ledger: 'l' }): Promise<void> {
    await load(
      [register, registerConfig],
      [
        { id: 'l', type: 'test-ledger' },
        { id: 'h', type: 'shelfwire-push-history', wires: [['out']], ...config },
        { id: 'out', type: 'helper', wires: [] },
        { id: 'catch', type: 'catch', wires: [['caught']] },
        { id: 'caught', type: 'helper', wires: [] },
      ],
    );
    out = received('out');
    caught = received('caught');
  }
  const give = (msg: Message) => nodeOf('h').receive(msg);

  beforeEach(() => {
    stored.clear();
    fake = fakeLedger({
      push: async (id) => {
        const found = stored.get(id);
        return found ? { ...found, chunks: [{}, {}] as never } : null;
      },
      pushes: async ({ limit }) => ({ pushes: [...stored.values()].slice(0, limit), cursor: null }),
    });
  });
  afterEach(async () => {
    await unload();
    fake.forget();
  });

  it('passes a push on once, when it finishes', async () => {
    await start();
    stored.set('push-1', record('push-1', { status: 'running', finished_at: null }));
    give({ payload: [], push: ticketFor(['a']) });
    give({ payload: [], push: ticketFor(['b']) });
    await eventually(() => fake.calls.length === 2 && fake.listeners('pushFinished') === 1);
    assert.equal(out.length, 0);
    fake.emit('pushFinished', record('somebody else'));
    fake.emit('pushFinished', record('push-1'));
    fake.emit('pushFinished', record('push-1'));
    await eventually(() => out.length > 0);
    give({ payload: [], push: ticketFor(['c']) });
    stored.set('push-2', record('push-2', { status: 'failed' }));
    give({ payload: [], push: ticketFor(['d'], { id: 'push-2' }) });
    await eventually(() => out.length === 2);
    assert.deepEqual(
      out.map(({ topic, payload }) => [topic, (payload as PushRecord).id, (payload as PushRecord).chunks]),
      [
        ['pasons:1', 'push-1', 1],
        ['pasons:1', 'push-2', 2],
      ],
    );
  });

  it('answers questions', async () => {
    await start();
    for (const id of ['a', 'b', 'c']) stored.set(id, record(id));
    give({ payload: { outlet: 'pasons:1', status: 'success', limit: 2 }, topic: 'mine' });
    await eventually(() => out.length === 1);
    assert.deepEqual(out[0]?.payload, [record('a'), record('b')]);
    assert.equal(out[0]?.topic, 'mine');
    assert.deepEqual(fake.calls, [['pushes', { outlet: 'pasons:1', status: 'success', limit: 2 }]]);
  });

  it('says what is wrong with a question, or with its ledger', async () => {
    await start({});
    give({ payload: { limit: 0 } });
    give({ payload: {} });
    give({ push: ticketFor(['a'], { ledger: 'closed' }) });
    await eventually(() => caught.length === 3);
    assert.deepEqual(
      caught.map(({ error }) => error?.code),
      ['query_invalid', 'ledger_missing', 'ledger_missing'],
    );
  });

  it('stops listening when it closes', async () => {
    await start();
    give({ push: ticketFor(['a']) });
    await eventually(() => fake.listeners('pushFinished') === 1);
    await unload();
    assert.equal(fake.listeners('pushFinished'), 0);
  });
});
