import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { accepted, begin, event, OK, outlet, START } from '../../../test/conformance/bench';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import type { Ledger, Outcome } from '../ledger';
import { openDirect } from './direct';

const HOUR = 3_600_000;
const DOWN = {
  kind: 'outage',
  code: 'http_503',
  message: 'down',
  reach: 'not_reachable',
  uncertain: false,
  retryAfter: null,
  holdUntil: null,
} as const;

describe('sqlite: what an outlet did lately', () => {
  let folder: TempFolder;
  let file: string;
  let ledger: Ledger;
  let now: number;
  let price = 10;
  beforeEach(async () => {
    folder = tempFolder('activity');
    file = join(folder.path, 'ledger.db');
    now = START;
    let ids = 0;
    ledger = openDirect({ file, kind: 'live', clock: { now: () => now, steady: () => now, id: () => `${++ids}` } });
    await ledger.defineOutlets('pasons', [outlet()]);
  });
  afterEach(async () => {
    await ledger.close();
    folder.remove();
  });
  const push = async (outcome: Outcome, items = 1) => {
    price += 1;
    await ledger.record({
      sender: 'paradigm',
      events: Array.from({ length: items }, (_, index) =>
        event({
          event_id: `e${price}-${index}`,
          sku: `S${index}`,
          quantity: '5',
          selling_price: `${price}`,
          occurred_at: new Date(START + price).toISOString(),
        }),
      ),
    });
    now += 70_000;
    await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'manual', created_by: 'user:x' });
    const begun = await begin(ledger, (await ledger.take('pasons:1', 10))!, { endpoint: outlet().endpoint! });
    assert.ok(begun.send);
    await ledger.settle(begun.chunk, outcome, { ...OK, duration_ms: 40 * items });
    // The push ends when there is nothing more to take.
    await ledger.take('pasons:1', 10);
  };

  it('counts pushes and errors by the hour, for 24 hours, and reads no push for it', async () => {
    await push(accepted);
    await push(accepted);
    now += HOUR;
    await push(DOWN);
    const [hours] = await ledger.activity();
    assert.equal(hours!.outlet, 'pasons:1');
    assert.deepEqual([hours!.pushes.length, hours!.pushes.slice(-2)], [24, [2, 1]]);
    assert.deepEqual(hours!.errors.slice(-2), [0, 1]);
    now += 22 * HOUR;
    assert.equal((await ledger.activity())[0]!.pushes[0], 2);
    now += HOUR;
    assert.equal((await ledger.activity())[0]!.pushes[0], 1);
    now += HOUR;
    assert.deepEqual(await ledger.activity(), []);
  });

  it('keeps no more than 24 rows of an outlet, also when the clock was wrong meanwhile', async () => {
    for (let hour = 0; hour < 30; hour++) {
      await push(accepted);
      now += HOUR;
    }
    now += 1000 * HOUR;
    await push(accepted);
    now -= 1000 * HOUR;
    await push(accepted);
    const db = new DatabaseSync(file, { readOnly: true });
    const rows = db.prepare('SELECT hour FROM outlet_hours').all();
    db.close();
    assert.ok(rows.length <= 24, String(rows.length));
    assert.equal((await ledger.activity())[0]!.pushes.at(-1), 1);
  });

  it('knows how fast the platform takes things', async () => {
    assert.equal(await ledger.pace('pasons:1'), null);
    assert.equal(await ledger.pace('pasons:9'), null);
    await push(accepted, 3);
    await push(accepted);
    await push(accepted);
    assert.deepEqual(await ledger.pace('pasons:1'), { items: 3, capped: false, duration_ms: 40 });
  });

  it('stores a changed setting together with who changed it, and tells both', async () => {
    const change = { by: 'user:mona', subject: 'outlet:pasons:1', what: 'auto', old: 'on', new: 'off' };
    await ledger.change({ name: 'outlet-change:pasons:1', value: '{}', ...change });
    await ledger.change({ name: 'device:b:x', value: '1', ...change, subject: 'device:x' });
    await ledger.change({ name: 'device:b:x', value: null, ...change, subject: 'device:x', what: 'gone' });
    assert.deepEqual(await ledger.settingsOf('outlet-change:'), [['pasons:1', '{}']]);
    assert.deepEqual(await ledger.settingsOf('device:'), []);
    const { rows } = await ledger.changes({ subject: 'outlet:pasons:1' });
    assert.deepEqual(rows, [{ id: 1, at: new Date(now).toISOString(), ...change }]);
    const first = await ledger.changes({ limit: 2 });
    assert.deepEqual(
      first.rows.map(({ what }) => what),
      ['gone', 'auto'],
    );
    assert.deepEqual((await ledger.changes({ limit: 2, cursor: first.cursor! })).rows.length, 1);
  });
});
