/** The dialogs of outlets, changed stock and pasons push in the real editor. */
import assert from 'node:assert/strict';
import { type OpenEditor, openEditor } from '../support/browser';
import { eventually } from '../support/eventually';
import { type RunningNodeRed, startNodeRed } from '../support/node-red';

const row = (store_id: string, more: object = {}) => ({
  store_id,
  name: `Shop ${store_id}`,
  push_enabled: true,
  auto: true,
  endpoint: '',
  keyRef: '',
  ...more,
});

describe('dialogs of outlets and changed stock', function () {
  this.timeout(90_000);
  let nodeRed: RunningNodeRed;
  let editor: OpenEditor;

  before(async () => {
    nodeRed = await startNodeRed({
      flows: [
        { id: 'tab', type: 'tab', label: 'test' },
        { id: 'ledger', type: 'shelfwire-ledger', file: 'test.db', publicUrl: '', timeZone: '', healthPath: '/health' },
        {
          id: 'outlets',
          type: 'shelfwire-outlets',
          name: 'Pasons',
          ledger: 'ledger',
          platform: 'pasons',
          endpoint: 'http://127.0.0.1:9/{store_id}',
          auth: 'api-key',
          keyHeader: 'X-API-Key',
          headers: [{ name: 'X-Region', value: 'AE' }],
          fields: ['selling_price', 'stock_status'],
          rows: [row('1'), row('2', { auto: false }), row('3')],
          version: 1,
        },
        {
          id: 'changed',
          type: 'shelfwire-changed-stock',
          z: 'tab',
          x: 200,
          y: 80,
          outlets: 'outlets',
          stores: ['2', 'gone'],
          auto: true,
          wires: [['push']],
          version: 1,
        },
        // Carries the others, which "changed" leaves out: else Node-RED would ask before each deploy.
        {
          id: 'rest',
          type: 'shelfwire-changed-stock',
          z: 'tab',
          x: 200,
          y: 160,
          outlets: 'outlets',
          stores: [],
          auto: true,
          wires: [['push']],
          version: 1,
        },
        {
          id: 'push',
          type: 'shelfwire-pasons-push',
          z: 'tab',
          x: 400,
          y: 80,
          wires: [[], []],
          version: 1,
        },
      ],
      credentials: { outlets: { api_key: 'common', keys: '{"1":"first"}' } },
    });
    editor = await openEditor(nodeRed.adminUrl, 'changed');
  });
  afterEach(() => assert.deepEqual(editor.errors, []));
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
  });

  async function openOutlets(): Promise<void> {
    await editor.edit('changed');
    await editor.page.evaluate(() =>
      (RED.editor as unknown as { editConfig(name: string, type: string, id: string): void }).editConfig(
        'outlets',
        'shelfwire-outlets',
        'outlets',
      ),
    );
    await editor.page.waitForSelector('#shelfwire-outlet-rows .sw-store');
  }
  async function closeOutlets(): Promise<void> {
    await editor.page.click('#node-config-dialog-ok');
    await editor.page.waitForSelector('#node-config-dialog-ok', { state: 'detached' });
    await editor.done();
  }
  const stored = () =>
    editor.page.evaluate(() => {
      const { rows, headers, fields, credentials } = RED.nodes.node('outlets')!;
      return { rows, headers, fields, credentials } as Record<string, unknown>;
    });

  it('edits rows, takes a spreadsheet, and never learns the stored keys', async () => {
    const { page } = editor;
    await openOutlets();
    assert.equal(await page.locator('#shelfwire-outlet-keys-stored').isVisible(), true);
    await page.locator('#shelfwire-outlet-rows .sw-name').nth(1).fill('Deira');
    await page.locator('#shelfwire-outlet-rows .sw-push').nth(2).uncheck();
    await page.check('#shelfwire-field-quantity');
    await page.click('#shelfwire-outlet-show-csv');
    assert.match(
      await page.inputValue('#shelfwire-outlet-csv'),
      /^store_id,name,.*\r?\n1,Shop 1,true,true,,\r?\n2,Deira,/,
    );
    await page.fill('#shelfwire-outlet-csv', 'store_id;name;push_enabled\n3;Karama;1\n4;"Al; Barsha";no\n');
    await page.click('#shelfwire-outlet-import');
    assert.equal(await page.locator('#shelfwire-outlet-rows .sw-store').count(), 4);
    await page.locator('#shelfwire-outlet-csv-said', { hasText: 'Rows read: 2.' }).waitFor();
    await page.fill('#shelfwire-outlet-keys', '1,new-key\n2,other-key');
    await closeOutlets();
    const after = await stored();
    assert.deepEqual(after.rows, [
      row('1'),
      row('2', { name: 'Deira', auto: false }),
      row('3', { name: 'Karama' }),
      row('4', { name: 'Al; Barsha', push_enabled: false }),
    ]);
    assert.deepEqual(after.fields, ['selling_price', 'stock_status', 'quantity']);
    assert.deepEqual(after.headers, [{ name: 'X-Region', value: 'AE' }]);
    await page.click('#red-ui-header-button-deploy');
    const flows = async () => (await (await fetch(`${nodeRed.adminUrl}/flows`)).json()) as Record<string, unknown>[];
    const kept = await eventually(async () => {
      const found = (await flows()).find(({ id }) => id === 'outlets');
      return (found?.rows as unknown[] | undefined)?.length === 4 && found;
    });
    assert.ok(!JSON.stringify(kept).includes('new-key'));
    const credentials = await (await fetch(`${nodeRed.adminUrl}/credentials/shelfwire-outlets/outlets`)).text();
    assert.match(credentials, /"has_keys":true/);
    assert.ok(!credentials.includes('key-') && !credentials.includes('new-key') && !credentials.includes('common'));
  });

  it('opens 500 rows and saves them as they were', async () => {
    const { page } = editor;
    await page.evaluate(() => {
      RED.nodes.node('outlets')!.rows = Array.from({ length: 500 }, (_, n) => ({
        store_id: String(n),
        name: `Shop ${n}`,
        push_enabled: n % 2 === 0,
        auto: true,
        endpoint: '',
        keyRef: '',
      }));
    });
    const start = Date.now();
    await openOutlets();
    await page.locator('#shelfwire-outlet-rows .sw-store').nth(499).waitFor();
    assert.ok(Date.now() - start < 20_000);
    await closeOutlets();
    const { rows } = await stored();
    assert.equal((rows as unknown[]).length, 500);
    assert.deepEqual((rows as unknown[])[7], row('7', { push_enabled: false }));
  });

  it('a list of names switches nothing off, what cannot be read leaves the table alone, and both are said', async () => {
    const { page } = editor;
    await openOutlets();
    const said = page.locator('#shelfwire-outlet-csv-said');
    const paste = async (text: string, button: string) => {
      await page.click('#shelfwire-outlet-show-csv');
      await page.fill('#shelfwire-outlet-csv', text);
      await page.click(button);
    };
    const names = Array.from({ length: 500 }, (_, n) => `${n};Branch ${n}`).join('\n');
    await paste(`store_id;name\n${names}\n;nobody`, '#shelfwire-outlet-import');
    await said.getByText('Rows read: 500. Lines left out, without a store id or with an open quote: 1.').waitFor();
    assert.equal(await page.locator('#shelfwire-outlet-rows .sw-name').nth(499).inputValue(), 'Branch 499');
    assert.equal(await page.locator('#shelfwire-outlet-rows .sw-push').nth(0).isChecked(), true);
    assert.equal(await page.locator('#shelfwire-outlet-rows .sw-push').nth(1).isChecked(), false);
    await paste('', '#shelfwire-outlet-replace');
    await said.getByText('Rows read: 0.').waitFor();
    assert.equal(await page.locator('#shelfwire-outlet-rows .sw-store').count(), 500);
    assert.equal(await page.locator('#shelfwire-outlet-csv').isVisible(), true);
    await page.click('#node-config-dialog-cancel');
    await page.waitForSelector('#node-config-dialog-ok', { state: 'detached' });
    await editor.done();
  });

  it('says what is wrong with a table', async () => {
    await openOutlets();
    const { page } = editor;
    await page.locator('#shelfwire-outlet-rows .sw-store').nth(2).fill('0');
    await closeOutlets();
    const errors = await page.evaluate(() => RED.nodes.node('outlets')!.validationErrors as string[]);
    assert.match(errors.join(), /store 0 is switched on twice/);
  });

  it('chooses shops out of the table, and keeps one that is gone', async () => {
    const { page } = editor;
    await editor.edit('changed');
    const shops = page.locator('#shelfwire-stores input');
    assert.ok((await shops.count()) >= 4);
    assert.deepEqual(
      await page
        .locator('#shelfwire-stores input:checked')
        .evaluateAll((all) => all.map((one) => (one as never as { value: string }).value)),
      ['2', 'gone'],
    );
    const none = page.locator('#shelfwire-none');
    assert.equal(await none.isVisible(), false);
    await page.uncheck('#shelfwire-stores input[value="2"]');
    await page.uncheck('#shelfwire-stores input[value="gone"]');
    await none.getByText('that counts as all of the table').waitFor();
    await page.check('#shelfwire-stores input[value="gone"]');
    await page.check('#shelfwire-stores input[value="2"]');
    assert.equal(await none.isVisible(), false);
    await shops.first().check();
    await editor.done();
    assert.deepEqual(await page.evaluate(() => RED.nodes.node('changed')!.stores), ['0', '2', 'gone']);
    await editor.edit('changed');
    await page.selectOption('#shelfwire-which', 'all');
    await editor.done();
    assert.deepEqual(await page.evaluate(() => RED.nodes.node('changed')!.stores), []);
    await editor.edit('push');
    await page.fill('#node-input-key', 'item_code');
    await editor.done();
    assert.equal(await page.evaluate(() => RED.nodes.node('push')!.key), 'item_code');
  });

  it('reads from right to left in Arabic', async () => {
    await editor.close();
    editor = await openEditor(nodeRed.adminUrl, 'changed', 'ar');
    const { page } = editor;
    await editor.edit('changed');
    assert.equal(await page.getAttribute('#dialog-form', 'dir'), 'rtl');
    assert.match((await page.textContent('#dialog-form')) ?? '', /المنافذ/);
    assert.ok(!/label\.|tip\.|mode\./.test((await page.textContent('#dialog-form')) ?? ''));
    await editor.done();
    await openOutlets();
    assert.equal(await page.getAttribute('#node-config-dialog-edit-form', 'dir'), 'rtl');
    const text = (await page.textContent('#node-config-dialog-edit-form')) ?? '';
    assert.match(text, /مفاتيح المنافذ/);
    assert.ok(!/label\.|tip\.|column\.|auth\./.test(text), text);
    await closeOutlets();
  });
});
