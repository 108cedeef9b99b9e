/** Two ledgers in one real Node-RED: an operator sees what is in the second, and can mend it there. */
import assert from 'node:assert/strict';
import type { EventCounts, IncomingEvent, OutletSummary, RefusedInput } from '../../core/ledger/ledger';
import type { OfLedger } from '../../runtime/admin/types';
import type { Problem } from '../../runtime/problems';
import { eventually } from '../support/eventually';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { event, injectEvents, LEDGER, oneOutlet, recordStock, TAB } from '../support/small-shop';

/** Events that come in at the start, in store `store`, one of them with a barcode that nobody knows. */
function shop(store: string): FlowEntry[] {
  const scan = event('', { store_id: store, barcode: `barcode-${store}` });
  return [
    { ...LEDGER, id: `ledger-${store}`, file: `ledger-${store}.db`, healthPath: `/health-${store}` },
    {
      ...injectEvents(`inject-${store}`, [event('TEA', { store_id: store }), scan], true),
      wires: [[`record-${store}`]],
    },
    { ...recordStock('look-up'), id: `record-${store}`, ledger: `ledger-${store}` },
  ];
}

const FLOW = [TAB, ...shop('1'), ...shop('2')];

/** An account with the outlet of store 2; nobody listens there. */
const account = (ledger: string): FlowEntry => {
  const rows = [{ store_id: '2', name: 'Marina', push_enabled: true, auto: true, endpoint: '', keyRef: '' }];
  return { ...oneOutlet('Marina'), ledger, rows };
};

describe('the admin side of two ledgers in one Node-RED', () => {
  let red: RunningNodeRed;
  before(async function () {
    this.timeout(60_000);
    red = await startNodeRed({ flows: [...FLOW, account('ledger-1')] });
  });
  after(() => red?.stop());

  const ask = async <T>(path: string, body?: object) => {
    const answer = await fetch(`${red.adminUrl}/shelfwire/${path}`, {
      ...(body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as T & { code?: string } };
  };

  it('shows what each refused, and takes it up again in the ledger that is named', async () => {
    const rows = await eventually(async () => {
      const { refused } = (await ask<{ refused: (RefusedInput & OfLedger)[] }>('refused?code=unknown_code')).body;
      assert.equal(refused.length, 2);
      return refused;
    });
    assert.deepEqual(rows.map(({ store_id }) => store_id).sort(), ['1', '2']);
    const { problems } = (await ask<{ problems: Problem[] }>('problems')).body;
    assert.deepEqual(
      problems.filter(({ kind }) => kind === 'input').map(({ count }) => count),
      [2],
    );
    for (const { id, ledger, store_id } of rows) {
      const unsaid = await ask(`refused/${id}/replay`, {});
      assert.deepEqual([unsaid.status, unsaid.body.code], [422, 'ledger_needed']);
      const code = { source: 'barcode', code: `barcode-${store_id}`, sku: `SKU-${store_id}` };
      assert.deepEqual((await ask('codes', { ...code, ledger })).body, { linked: 1 });
      const replayed = await ask<EventCounts>(`refused/${id}/replay`, { ledger });
      assert.deepEqual([replayed.status, replayed.body.accepted], [200, 1]);
      assert.equal((await ask(`items/${store_id}/SKU-${store_id}`)).status, 200);
      assert.equal((await ask(`items/${store_id}/SKU-${store_id}?ledger=${ledger}`)).status, 200);
    }
    const { events } = (await ask<{ events: (IncomingEvent & OfLedger)[] }>('events')).body;
    assert.deepEqual([...new Set(events.map(({ store_id }) => store_id))].sort(), ['1', '2']);
    assert.deepEqual((await ask<{ refused: unknown[] }>('refused?open=true')).body.refused, []);
  });

  it('shows an outlet that is moved to the second as that one has it, and pauses it there', async () => {
    const items = (outlet: OutletSummary) => Object.values(outlet.counts).reduce((sum, count) => sum + count, 0);
    const marina = async () => {
      const outlets = (await ask<OutletSummary[]>('outlets')).body;
      assert.deepEqual(
        outlets.map(({ id, enabled }) => [id, enabled]),
        [['pasons:2', true]],
      );
      return outlets[0]!;
    };
    // The first knows nothing of store 2.
    assert.equal(items(await marina()), 0);
    await red.deploy([...FLOW, account('ledger-2')], 'nodes');
    await eventually(async () => items(await marina()) > 0);
    // By then the first has switched it off.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.equal((await ask<OutletSummary>('outlets/pasons%3A2/pause', {})).body.paused, true);
    const paused = await marina();
    assert.ok(paused.paused && items(paused) > 0);
    const { items: held } = (await ask<{ items: unknown[] }>('items?outlet=pasons%3A2')).body;
    assert.equal(held.length, items(paused));
  });
});
