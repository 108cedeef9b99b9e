/** The dialogs of hmac verify, catalogue in, push request and paradigm sync in the real editor. */
import assert from 'node:assert/strict';
import { type OpenEditor, openEditor } from '../support/browser';
import { eventually } from '../support/eventually';
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
  at('hmac', 80, {
    type: 'shelfwire-hmac-verify',
    wires: [[], []],
    scheme: 'paradigm',
    header: 'X-Signature',
    prefix: '',
    signed: '{body}',
    algorithm: 'sha256',
    encoding: 'hex',
    secretEncoding: 'utf8',
    timestamp: '',
    tolerance: 0,
    nonce: '',
    previousUntil: '',
    reply: true,
    ledger: '',
  }),
  at('catalogue', 140, {
    type: 'shelfwire-catalogue-in',
    wires: [['record']],
    path: '/api/catalogue/:store_id',
    timeZone: '',
    unsigned: 'refuse',
    maxBody: 20971520,
    wait: 60,
  }),
  at('push', 200, {
    type: 'shelfwire-push-request',
    wires: [[]],
    kind: 'sync',
    path: '/api/sync/product/:product_id',
    outlets: '',
    unsigned: 'refuse',
    maxBody: 65536,
    wait: 20,
  }),
  at('sync', 260, {
    type: 'shelfwire-paradigm-sync',
    wires: [['record']],
    url: 'http://127.0.0.1:9/api/Items/GetItems',
    paging: 'path',
    size: 500,
    fields: [
      { from: 'productId', to: 'sku' },
      { from: 'quantity', to: 'quantity' },
    ],
    changedField: 'modifiedAt',
    storeMap: [],
    defaultStore: '1',
    ledger: '',
    timeout: 30,
    attempts: 8,
    wait: 60,
  }),
  at('record', 300, { type: 'shelfwire-record-stock', ledger: '', wires: [[], []] }),
  at('wrong-hmac', 320, {
    type: 'shelfwire-hmac-verify',
    wires: [[], []],
    scheme: 'custom',
    header: 'X Signature',
    prefix: '',
    signed: 'hello {you}',
    algorithm: 'sha256',
    encoding: 'hex',
    secretEncoding: 'utf8',
    timestamp: '',
    tolerance: 300,
    nonce: 'somewhere',
    // Browsers take it for a time; the runtime does not.
    previousUntil: '12/31/2026',
    reply: true,
    ledger: '',
  }),
  at('wrong-push', 380, {
    type: 'shelfwire-push-request',
    wires: [[]],
    kind: 'push',
    path: '/api/push',
    outlets: '',
    unsigned: 'refuse',
    maxBody: 0,
    wait: 20,
  }),
  at('wrong-sync', 440, {
    type: 'shelfwire-paradigm-sync',
    wires: [['record']],
    url: 'paradigm',
    paging: 'path',
    size: 0,
    fields: [{ from: 'a', to: 'quantity' }],
    changedField: 'a b',
    storeMap: [],
    defaultStore: '',
    ledger: '',
    timeout: 30,
    attempts: 8,
    wait: 60,
  }),
];

describe('dialogs of hmac verify and the feeds', function () {
  this.timeout(90_000);
  let nodeRed: RunningNodeRed;
  let editor: OpenEditor;

  before(async () => {
    nodeRed = await startNodeRed({
      flows,
      credentials: {
        hmac: { secret: 's' },
        'wrong-hmac': { secret: 's' },
        catalogue: { token: 't' },
        push: { token: 't' },
        sync: { api_key: 'k' },
      },
      env: { SHELFWIRE_TIMEZONE: 'Asia/Dubai' },
    });
    editor = await openEditor(nodeRed.adminUrl, 'hmac');
  });
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
  });
  /** What a flow file stores of the node, and whether it is valid. */
  const stored = (id: string) =>
    editor.page.evaluate((name) => {
      const node = RED.nodes.node(name)!;
      const { defaults } = RED.nodes.getType(node.type)!;
      const values = Object.keys(defaults).map((key) => [key, node[key] as unknown]);
      return { ...Object.fromEntries(values), valid: node.valid } as Record<string, unknown>;
    }, id);
  const shown = (selector: string) => editor.page.locator(selector).isVisible();

  it('change nothing when opened and closed', async () => {
    for (const id of ['hmac', 'catalogue', 'push', 'sync']) {
      const before = await stored(id);
      assert.equal(before.valid, true, id);
      await editor.edit(id);
      await editor.done();
      assert.deepEqual(await stored(id), before, id);
    }
    assert.deepEqual(editor.errors, []);
  });

  it('hmac verify: choosing a sender fills the fields and shows what means something', async () => {
    await editor.edit('hmac');
    await editor.page.selectOption('#node-input-scheme', 'standard-webhooks');
    const value = (name: string) => editor.page.inputValue(`#node-input-${name}`);
    assert.equal(await value('header'), 'Webhook-Signature');
    assert.equal(await value('prefix'), 'v1,');
    assert.equal(await value('signed'), '{id}.{timestamp}.{body}');
    assert.equal(await value('timestamp'), 'header:Webhook-Timestamp');
    assert.equal(await value('nonce'), 'header:Webhook-Id');
    assert.equal(await value('tolerance'), '300');
    assert.equal(await value('secretEncoding'), 'base64');
    assert.match((await editor.page.getAttribute('#shelfwire-scheme-source', 'href')) ?? '', /^https:/);
    await editor.page.selectOption('#node-input-scheme', 'basic');
    assert.equal(await shown('#node-input-signed'), false);
    assert.equal(await shown('#node-input-prefix'), false);
    await editor.page.selectOption('#node-input-scheme', 'token');
    assert.equal(await value('prefix'), 'Bearer ');
    assert.equal(await shown('#node-input-prefix'), true);
    await editor.page.selectOption('#node-input-scheme', 'mipos-constructed');
    await editor.page.fill('#node-input-header', 'X-Other');
    await editor.done();
    const after = await stored('hmac');
    assert.equal(after.scheme, 'mipos-constructed');
    assert.equal(after.header, 'X-Other', 'what was filled in may be changed');
    assert.match(String(after.signed), /^\{"url": "\{url\}"/);
    assert.equal(after.tolerance, 0);
    assert.equal(after.valid, true);
  });

  it('push request: the outlets are asked for only where they are needed', async () => {
    await editor.edit('push');
    assert.equal(await shown('#shelfwire-outlets-row'), false);
    await editor.page.selectOption('#node-input-kind', 'push');
    assert.equal(await shown('#shelfwire-outlets-row'), true);
    assert.equal(
      await editor.page.inputValue('#node-input-path'),
      '/api/sync/product/:product_id',
      'one’s own path stays',
    );
    await editor.page.fill('#node-input-path', '/api/push/:store_id');
    await editor.page.selectOption('#node-input-kind', 'sync');
    assert.equal(await editor.page.inputValue('#node-input-path'), '/api/sync/all');
    await editor.done();
    assert.equal((await stored('push')).path, '/api/sync/all');
  });

  it('paradigm sync: the table of fields and the first page’s address', async () => {
    await editor.edit('sync');
    const address = () => editor.page.locator('#shelfwire-page-address').textContent();
    assert.equal(await address(), 'http://127.0.0.1:9/api/Items/GetItems/0/500');
    await editor.page.selectOption('#node-input-paging', 'query');
    assert.equal(await address(), 'http://127.0.0.1:9/api/Items/GetItems?pageNumber=1&size=500');
    await editor.page.evaluate(() => $('#shelfwire-fields').editableList('addItem', { to: 'selling_price' }));
    await editor.page.locator('#shelfwire-fields .sw-from').nth(2).fill('price');
    await editor.page.evaluate(() => $('#shelfwire-fields').editableList('addItem', {}));
    await editor.done();
    const { fields, valid } = await stored('sync');
    assert.deepEqual(fields, [
      { from: 'productId', to: 'sku' },
      { from: 'quantity', to: 'quantity' },
      { from: 'price', to: 'selling_price' },
    ]);
    assert.equal(valid, true);
  });

  it('say in words what is wrong', async () => {
    const wrong = (id: string) =>
      editor.page.evaluate((name) => RED.nodes.node(name)!.validationErrors as string[], id);
    for (const id of ['wrong-hmac', 'wrong-push', 'wrong-sync']) {
      const errors = await eventually(async () => {
        const found = await wrong(id);
        return found?.length > 0 ? found : null;
      });
      for (const text of errors) assert.ok(!/error\.|undefined/.test(text), text);
    }
    assert.equal((await wrong('wrong-hmac')).length, 5);
    assert.equal((await wrong('wrong-push')).length, 3);
    assert.equal((await wrong('wrong-sync')).length, 4);
  });

  it('every label, tip and option has its text', async () => {
    for (const id of ['hmac', 'catalogue', 'push', 'sync']) {
      await editor.edit(id);
      const texts = await editor.page
        .locator('#dialog-form [data-i18n]')
        .evaluateAll((elements) =>
          elements.map((element) => `${element.textContent} ${element.getAttribute('placeholder') ?? ''}`.trim()),
        );
      assert.ok(texts.length > 5);
      const untranslated = texts.filter((text) => text === '' || /^[a-z]+\.\w+$/.test(text));
      assert.deepEqual(untranslated, [], id);
      await editor.done();
    }
    assert.deepEqual(editor.errors, []);
  });

  it('run from right to left in Arabic', async () => {
    const arabic = await openEditor(nodeRed.adminUrl, 'hmac', 'ar');
    try {
      for (const id of ['hmac', 'catalogue', 'push', 'sync']) {
        await arabic.edit(id);
        await arabic.page.waitForSelector('#dialog-form[dir="rtl"]');
        assert.match((await arabic.page.locator('label[for="node-input-name"]').textContent()) ?? '', /الاسم/);
        await arabic.done();
      }
      assert.deepEqual(arabic.errors, []);
    } finally {
      await arabic.close();
    }
  });
});
