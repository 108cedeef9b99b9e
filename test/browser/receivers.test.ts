/** The dialogs of paradigm in, mipos in and record stock in the real editor. */
import assert from 'node:assert/strict';
import { type OpenEditor, openEditor } from '../support/browser';
import { type RunningNodeRed, startNodeRed } from '../support/node-red';

const at = (id: string, y: number, more: Record<string, unknown>) => ({
  id,
  z: 'tab',
  x: 200,
  y,
  name: '',
  version: 1,
  ...more,
  type: String(more.type),
});
const flows = [
  { id: 'tab', type: 'tab', label: 'test' },
  at('paradigm', 80, {
    type: 'shelfwire-paradigm-in',
    wires: [['verify']],
    path: '/webhook/paradigm/inventory',
    events: [],
    storeMap: [{ location: '1', store_id: '1' }],
    defaultStore: '1',
    priceScope: 'all',
    timeZone: '',
    unsigned: 'refuse',
    maxBody: 5242880,
    wait: 20,
  }),
  at('mipos', 140, {
    type: 'shelfwire-mipos-in',
    wires: [['record']],
    path: '/hooks/mipos',
    storeMap: { '7': 'Marina' },
    timeZone: 'Asia/Dubai',
    inventorySystemId: '',
    unsigned: 'allow',
    maxBody: 1000,
    wait: 5,
  }),
  at('verify', 170, { type: 'shelfwire-hmac-verify', scheme: 'paradigm', wires: [['record'], []] }),
  at('record', 200, {
    type: 'shelfwire-record-stock',
    wires: [[], []],
    ledger: '',
    reply: true,
    codes: 'as-is',
    maxFuture: 300,
  }),
  at('wrong', 260, {
    type: 'shelfwire-mipos-in',
    wires: [['verify']],
    path: 'no path',
    storeMap: [
      { location: '1', store_id: 'a' },
      { location: '2', store_id: 'a' },
    ],
    timeZone: 'Mars',
    inventorySystemId: '',
    unsigned: 'refuse',
    maxBody: 1,
    wait: 5,
  }),
];

describe('dialogs of the receivers', function () {
  this.timeout(90_000);
  let nodeRed: RunningNodeRed;
  let editor: OpenEditor;

  before(async () => {
    nodeRed = await startNodeRed({ flows, env: { SHELFWIRE_TIMEZONE: 'Asia/Dubai' } });
    editor = await openEditor(nodeRed.adminUrl, 'paradigm');
  });
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
  });
  const stored = (id: string) =>
    editor.page.evaluate((name) => {
      const { events, storeMap, path, valid, changed, validationErrors } = RED.nodes.node(name)!;
      return { events, storeMap, path, valid, changed: !!changed, errors: validationErrors };
    }, id);

  it('change nothing when opened and closed', async () => {
    for (const id of ['paradigm', 'record']) {
      const before = await stored(id);
      await editor.edit(id);
      await editor.done();
      assert.deepEqual(await stored(id), before);
    }
    assert.deepEqual(editor.errors, []);
  });

  it('store the kinds of events and the stores', async () => {
    await editor.edit('paradigm');
    assert.equal(
      await editor.page.locator('#shelfwire-address').textContent(),
      `${nodeRed.url}/webhook/paradigm/inventory`,
    );
    await editor.page.uncheck('#shelfwire-events input[value="STOCK_TRANSFER"]');
    await editor.page.evaluate(() => $('#shelfwire-store-map').editableList('addItem', {}));
    await editor.page.locator('#shelfwire-store-map .sw-location').nth(1).fill('WH-2');
    await editor.page.locator('#shelfwire-store-map .sw-store').nth(1).fill('2');
    await editor.page.evaluate(() => $('#shelfwire-store-map').editableList('addItem', {}));
    await editor.done();
    const { events, storeMap, valid, changed } = await stored('paradigm');
    assert.deepEqual(events, ['SALES_ORDER', 'PURCHASE_ORDER', 'INVENTORY_ADJUSTMENT', 'PRICE_UPDATE', 'OTHER']);
    assert.deepEqual(storeMap, [
      { location: '1', store_id: '1' },
      { location: 'WH-2', store_id: '2' },
    ]);
    assert.deepEqual([valid, changed], [true, true]);
    await editor.edit('paradigm');
    assert.equal(await editor.page.isChecked('#shelfwire-events input[value="STOCK_TRANSFER"]'), false);
    await editor.page.check('#shelfwire-events input[value="STOCK_TRANSFER"]');
    await editor.done();
    assert.deepEqual((await stored('paradigm')).events, []);
  });

  it('show how a time without a zone is read', async () => {
    await editor.edit('paradigm');
    const sample = editor.page.locator('#shelfwire-time-zone-sample');
    assert.match((await sample.textContent()) ?? '', /2025-08-01T18:30:00\.000Z.*Asia\/Dubai/);
    await editor.page.fill('#node-input-timeZone', 'UTC');
    assert.match((await sample.textContent()) ?? '', /2025-08-01T22:30:00\.000Z/);
    await editor.page.fill('#node-input-timeZone', 'Mars/Olympus');
    assert.doesNotMatch((await sample.textContent()) ?? '', /2025/);
    await editor.page.fill('#node-input-timeZone', '');
    await editor.done();
  });

  it('read what a flow holds in another form, and say what is wrong', async () => {
    await editor.edit('mipos');
    assert.equal(await editor.page.locator('#shelfwire-store-map .sw-store').inputValue(), 'Marina');
    await editor.done();
    assert.deepEqual((await stored('mipos')).storeMap, [{ location: '7', store_id: 'Marina' }]);
    await editor.edit('wrong');
    await editor.done();
    const { valid, errors } = await stored('wrong');
    assert.equal(valid, false);
    const text = JSON.stringify(errors);
    for (const part of [/Write the path/, /Two locations go to the store a/, /time zone is not known/])
      assert.match(text, part);
    assert.deepEqual(editor.errors, []);
  });

  it('run from right to left in Arabic', async () => {
    const arabic = await openEditor(nodeRed.adminUrl, 'paradigm', 'ar');
    try {
      await arabic.edit('mipos');
      await arabic.page.waitForSelector('#dialog-form[dir="rtl"]');
      assert.match((await arabic.page.locator('label[for="node-input-path"]').textContent()) ?? '', /المسار/);
      assert.deepEqual(arabic.errors, []);
    } finally {
      await arabic.close();
    }
  });
});
