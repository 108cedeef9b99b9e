/** The field mapper's dialog in the real editor: the table, the presets, and the preview that runs the node's own code. */
import assert from 'node:assert/strict';
import { type OpenEditor, openEditor } from '../support/browser';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { cutOff, findings } from './operator/looks';

const mapper = { type: 'shelfwire-field-mapper', z: 'tab', x: 200, name: '', wires: [[], []], version: 1 };
const flows: FlowEntry[] = [
  { id: 'tab', type: 'tab', label: 'test' },
  { ...mapper, id: 'plain', y: 80, preset: 'none', fields: [], wrap: '' },
  { ...mapper, id: 'byPreset', y: 140, preset: 'pasons-example' },
  { id: 'chunker', type: 'shelfwire-chunker', z: 'tab', x: 200, y: 260, size: 0, bytes: 0, wires: [[]], version: 1 },
  { ...mapper, id: 'broken', y: 200, preset: 'custom', fields: [{ from: 'selling_price', to: 'price' }], wrap: '' },
];
const variables = [
  { from: 'sku', to: 'sku', type: 'text' },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
  { to: 'price', type: 'number', expression: 'selling_price * ${RATE}' },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
  { to: 'channel', type: 'integer', constant: '1${CHANNEL}' },
];
flows.push({ ...mapper, id: 'variables', y: 320, preset: 'custom', fields: variables, wrap: '' });

describe("field mapper's dialog", function () {
  this.timeout(90_000);
  let nodeRed: RunningNodeRed;
  let editor: OpenEditor;

  before(async () => {
    nodeRed = await startNodeRed({ flows });
    editor = await openEditor(nodeRed.adminUrl, 'plain');
  });
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
  });

  const bodyHas = (text: string) =>
    editor.page.waitForFunction((part) => $('#node-input-preview .sw-body').text().includes(part), text);
  const preset = () => editor.page.locator('#node-input-preset').inputValue();
  const stored = (id: string) =>
    editor.page.evaluate((name) => {
      const { preset: chosen, fields, wrap, valid } = RED.nodes.node(name)!;
      return { preset: chosen, fields, wrap, valid };
    }, id);

  it('fills the table from a preset, follows every change with the preview, and stores what it shows', async () => {
    await editor.edit('plain');
    await bodyHas('[{"sku":"9340957005965","selling_price":13.99');
    await editor.page.selectOption('#node-input-preset', 'branch-envelope');
    await bodyHas('{"branch_id":"1","products":[{"product_id":"9340957005965","price":13.99,"is_available":true}');

    const decimals = editor.page.locator('#node-input-fields-list .sw-decimals').nth(1);
    await decimals.fill('1');
    const refused = editor.page.locator('#node-input-preview .sw-refused');
    await refused.waitFor();
    assert.match((await refused.textContent()) ?? '', /9340957005965, field "price": 13\.99 has 2 decimals/);
    assert.equal(await preset(), 'custom');

    await decimals.fill('');
    await bodyHas('13.99');
    assert.equal(await preset(), 'branch-envelope', 'the same table has the same name again');

    await editor.page.evaluate(() =>
      $('#node-input-fields-list').editableList('addItem', {
        to: 'net',
        expression: '$round(selling_price / 1.05, 2)',
      }),
    );
    await bodyHas('"net":13.32');
    assert.deepEqual(await findings(editor.page, '#dialog-form'), []);
    assert.deepEqual(await cutOff(editor.page, '#dialog-form'), []);
    await editor.done();
    assert.deepEqual(await stored('plain'), {
      preset: 'custom',
      fields: [
        { from: 'sku', to: 'product_id', type: 'text' },
        { from: 'selling_price', to: 'price', type: 'number' },
        { from: 'stock_status', to: 'is_available', type: 'boolean' },
        { to: 'net', expression: '$round(selling_price / 1.05, 2)' },
      ],
      wrap: '{"branch_id":"{store_id}","products":"{items}"}',
      valid: true,
    });
  });

  it('shows what a flow names only by preset, and marks what is wrong', async () => {
    await editor.edit('byPreset');
    await bodyHas('"product_id"');
    assert.equal(await preset(), 'pasons-example');
    await editor.done();
    await editor.edit('broken');
    await editor.page.locator('#node-input-preview .sw-refused', { hasText: 'takes the SKU' }).waitFor();
    await editor.done();
    assert.equal((await stored('broken')).valid, false);
    assert.equal((await stored('chunker')).valid, false, 'a number out of range is marked too');
    assert.deepEqual(editor.errors, []);
  });

  it('takes a variable for what only the running flow knows, and shows it as it is written', async () => {
    assert.equal((await stored('variables')).valid, true);
    await editor.edit('variables');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
    await bodyHas('"price":"selling_price * ${RATE}","channel":"1${CHANNEL}"');
    await editor.done();
    assert.deepEqual((await stored('variables')).fields, variables);
  });

  it('runs from right to left in Arabic', async () => {
    const arabic = await openEditor(nodeRed.adminUrl, 'plain', 'ar');
    try {
      await arabic.edit('plain');
      await arabic.page.waitForSelector('#dialog-form[dir="rtl"]');
      const label = await arabic.page.locator('label[for="node-input-preset"]').textContent();
      assert.match(label ?? '', /ابدأ من/);
    } finally {
      await arabic.close();
    }
  });
});
