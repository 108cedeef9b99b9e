/** SKUs of naughty texts through the whole path: webhook, ledger, push, platform, admin side, Export Feed, and in again. */
import assert from 'node:assert/strict';
import { csvRows } from '../../connectors/catalogue/csv';
import type { ItemRow, ItemStory } from '../../core/ledger/ledger';
import { scalarText } from '../../simulators/exact-json';
import { paradigmHeaders } from '../../simulators/paradigm';
import { type PasonsSimulator, startPasons } from '../../simulators/pasons';
import { eventually } from '../support/eventually';
import { NAUGHTY } from '../support/naughty';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';

const SECRET = 'secret';
const STORES = ['1', '2'];

const flows = (url: string): FlowEntry[] => [
  { id: 'tab', type: 'tab', label: 'naughty' },
  { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db' },
  {
    id: 'outlets',
    type: 'shelfwire-outlets',
    ledger: 'ledger',
    platform: 'pasons',
    endpoint: `${url}/v1/inventory/{store_id}`,
    rows: STORES.map((store_id) => ({ store_id, name: `Shop ${store_id}`, push_enabled: true, auto: true })),
  },
  ...[
    { id: 'in', type: 'shelfwire-paradigm-in', defaultStore: '1', priceScope: 'default', wires: [['verify']] },
    { id: 'verify', type: 'shelfwire-hmac-verify', scheme: 'paradigm', ledger: 'ledger', wires: [['record'], []] },
    { id: 'feed', type: 'shelfwire-catalogue-in', unsigned: 'allow', wires: [['record']] },
    { id: 'record', type: 'shelfwire-record-stock', ledger: 'ledger', wires: [[], []] },
    {
      id: 'changed',
      type: 'shelfwire-changed-stock',
      outlets: 'outlets',
      auto: true,
      linger: 0.1,
      wires: [['chunker']],
    },
    { id: 'chunker', type: 'shelfwire-chunker', size: 20, wires: [['push']] },
    { id: 'push', type: 'shelfwire-pasons-push', outlets: 'outlets', wires: [[], []] },
  ].map((node, index) => ({ z: 'tab', x: 100, y: 60 * (index + 1), ...node })),
];

describe('SKUs of naughty texts, there and back again', () => {
  let red: RunningNodeRed;
  let pasons: PasonsSimulator;

  before(async () => {
    pasons = await startPasons();
    red = await startNodeRed({ flows: flows(pasons.url), credentials: { verify: { secret: SECRET } } });
    await eventually(async () => (await fetch(`${red.url}/health`)).status === 200);
  });
  after(async () => {
    await red?.stop();
    await pasons?.stop();
  });

  const admin = async <T>(path: string) => (await (await fetch(`${red.adminUrl}/shelfwire/${path}`)).json()) as T;
  const skusAt = (store: string) => new Set(pasons.store.items(store).map((item) => scalarText(item.sku)));
  const all = new Set(NAUGHTY);

  it('from the webhook to the platform, code point by code point', async () => {
    const events = NAUGHTY.flatMap((sku, index) => [
      { eventType: 'INVENTORY_UPDATE', productId: sku, newQuantity: index + 1, timestamp: '2025-08-01T22:30:00Z' },
      { eventType: 'PRICE_UPDATE', productId: sku, newPrice: `${index}.250`, timestamp: '2025-08-01T22:30:00Z' },
    ]);
    const body = JSON.stringify(events);
    const answer = await fetch(`${red.url}/webhook/paradigm/inventory`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...paradigmHeaders(SECRET, body) },
      body,
    });
    const { accepted, errors } = (await answer.json()) as { accepted: number; errors: unknown[] };
    assert.deepEqual([errors, accepted], [[], events.length]);
    await eventually(() => skusAt('1').size === all.size, 20_000);
    assert.deepEqual(skusAt('1'), all);
  });

  it('in the list of items, in the story of each, and in the search', async () => {
    const { items } = await admin<{ items: ItemRow[] }>('items?outlet=pasons:1&limit=1000');
    assert.deepEqual(new Set(items.map(({ sku }) => sku)), all);
    for (const [index, sku] of NAUGHTY.entries()) {
      const asQuery = await admin<ItemStory>(`items/1?sku=${encodeURIComponent(sku)}`);
      assert.deepEqual([asQuery.sku, asQuery.quantity], [sku, String(index + 1)], JSON.stringify(sku));
      // An address swallows these two before they are sent.
      if (sku === '.' || sku === '..') continue;
      const inPath = await admin<ItemStory>(`items/1/${encodeURIComponent(sku)}`);
      assert.deepEqual([inPath.sku, inPath.selling_price], [sku, `${index}.250`], JSON.stringify(sku));
    }
  });

  it('in the Export Feed, which no spreadsheet runs, and from there into another store and its platform', async () => {
    const csv = await (await fetch(`${red.adminUrl}/shelfwire/feed/1.csv`)).text();
    const cells = csvRows(csv).map((row) => row.cells);
    assert.equal(cells.length, NAUGHTY.length + 1);
    for (const row of cells) for (const cell of row) assert.doesNotMatch(cell, /^\s*=|^\s*[+\-@].*[(|!]/s);
    const exact = await (await fetch(`${red.adminUrl}/shelfwire/feed/1.csv?exact=1`)).text();
    assert.deepEqual(
      new Set(
        csvRows(exact)
          .slice(1)
          .map((row) => row.cells[0]),
      ),
      all,
    );

    const answer = await fetch(`${red.url}/api/catalogue/2`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv' },
      body: csv,
    });
    const { accepted, errors } = (await answer.json()) as { accepted: number; errors: unknown[] };
    assert.deepEqual([errors, accepted], [[], NAUGHTY.length]);
    await eventually(() => skusAt('2').size === all.size, 20_000);
    assert.deepEqual(skusAt('2'), all);
    const prices = (store: string) =>
      pasons.store
        .items(store)
        .map((item) => [scalarText(item.sku), scalarText(item.selling_price)])
        .sort();
    assert.deepEqual(prices('2'), prices('1'));
  });

  it('queries of any shape are answered, never with what went wrong inside', async () => {
    const odd = [
      '%00',
      '__proto__',
      '-1',
      '1e400',
      '[]',
      '{}',
      "'",
      '%F0%9F%98%80',
      '0',
      'NaN',
      'a:b:c',
      '1.1.1',
      'x'.repeat(5_000),
    ];
    for (const path of ['items', 'pushes', 'refused', 'search', 'events', 'items/1'])
      for (const name of ['limit', 'cursor', 'state', 'outlet', 'status', 'sku', 'text', 'store_id'])
        for (const value of odd)
          for (const query of [`${name}=${value}`, `${name}[]=${value}`, `${name}[__proto__]=${value}`]) {
            const answer = await fetch(`${red.adminUrl}/shelfwire/${path}?${query}`);
            assert.ok([200, 404, 422].includes(answer.status), `${path}?${query.slice(0, 80)}: ${answer.status}`);
            await answer.arrayBuffer();
          }
    assert.doesNotMatch(red.logs(), /TypeError|uncaught/i);
  });
});
