/** The sidebar in the real editor: tabs, outlets, news, who may do what. */
import assert from 'node:assert/strict';
import { type OpenEditor, openEditor } from '../support/browser';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { event, injectEvents, LEDGER, oneOutlet, recordStock, TAB } from '../support/small-shop';

const SKU = 'SKU-<i id="injected">x</i>/%2F';
const { sku: _none, ...UNLINKED } = event('', { barcode: '9340957005965', quantity: '7', selling_price: '1.30' });
const FLOW: FlowEntry[] = [
  TAB,
  LEDGER,
  oneOutlet('<b id="injected">Marina & Sons</b>'),
  injectEvents('inject', [event(SKU, { selling_price: '12.40' })]),
  injectEvents('scan', [UNLINKED]),
  recordStock('look-up'),
];

describe('sidebar', function () {
  this.timeout(90_000);
  let nodeRed: RunningNodeRed;
  let editor: OpenEditor;

  before(async () => {
    nodeRed = await startNodeRed({ flows: FLOW });
    editor = await openEditor(nodeRed.adminUrl, 'record');
    await editor.page.evaluate(() => RED.sidebar.show('shelfwire'));
  });
  afterEach(() => assert.deepEqual(editor.errors, []));
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
  });

  const row = () => editor.page.locator('.shelfwire-row');

  it('shows an outlet by its name, as text', async () => {
    await row().waitFor();
    assert.match((await row().textContent())!, /<b id="injected">Marina & Sons<\/b>/);
    assert.equal(await editor.page.locator('#injected').count(), 0);
  });

  it('shows what comes in without being asked', async () => {
    const answer = await fetch(`${nodeRed.adminUrl}/inject/inject`, { method: 'POST' });
    assert.equal(answer.status, 200);
    await editor.page.locator('.shelfwire-is-waiting', { hasText: '1' }).waitFor();
  });

  it('pauses and resumes', async () => {
    await row().getByRole('button', { name: 'Pause' }).click();
    await editor.page.locator('.shelfwire-is-held', { hasText: '1' }).waitFor();
    await row().getByText('Paused by \u2068editor\u2069: changes are kept').waitFor();
    await row().getByRole('button', { name: 'Push now' }).click();
    await editor.page.locator('.red-ui-notification', { hasText: 'is pushed after Resume' }).waitFor();
    await row().getByRole('button', { name: 'Resume' }).click();
    await editor.page.locator('.shelfwire-is-waiting', { hasText: '1' }).waitFor();
  });

  it('tells the story of an item, found by the beginning of its SKU', async () => {
    const { page } = editor;
    await page.getByRole('tab', { name: 'Items' }).click();
    await page.getByPlaceholder('SKU or barcode').fill('SKU-');
    await page.locator('.shelfwire-opener', { hasText: SKU }).click();
    await page.locator('.shelfwire-step', { hasText: 'price 12.4' }).waitFor();
    assert.match((await page.locator('.shelfwire-story').textContent())!, /waiting/);
    assert.equal(await page.locator('#injected').count(), 0);
  });

  it('lists pushes, opens one and filters them', async () => {
    const { page } = editor;
    await page.getByRole('tab', { name: 'Outlets' }).click();
    await row().getByRole('button', { name: 'Push now' }).click();
    await page.getByRole('tab', { name: 'Pushes' }).click();
    await page.locator('.shelfwire-opener').first().click();
    await page.locator('.shelfwire-detail progress').waitFor();
    await page.getByLabel('Started by').selectOption('api');
    await page.getByText('No pushes.').waitFor();
    await page.getByLabel('Started by').selectOption('user');
    await page.locator('.shelfwire-opener').first().waitFor();
  });

  it('counts a problem on its tab, shows the refused input, links its code and replays it', async () => {
    const { page } = editor;
    await fetch(`${nodeRed.adminUrl}/inject/scan`, { method: 'POST' });
    // No changed stock is in this flow: what waits there is a problem, too.
    await page.locator('.shelfwire-badge', { hasText: '2' }).waitFor();
    await page.getByRole('tab', { name: 'Problems' }).click();
    await page.getByRole('button', { name: 'Show the input' }).click();
    const refused = page.locator('.shelfwire-row', { hasText: 'is not linked to a SKU' });
    await refused.getByLabel('SKU').fill('LINKED');
    await refused.getByRole('button', { name: 'Link and replay' }).click();
    await refused.getByText('Replayed').waitFor();
    await page.getByRole('tab', { name: 'Items' }).click();
    await page.getByPlaceholder('SKU or barcode').fill('9340957005965');
    await page.locator('.shelfwire-opener', { hasText: 'LINKED' }).waitFor();
    await page.getByRole('tab', { name: 'Problems' }).click();
    await page.getByText('no changed stock carries it').waitFor();
    await page.locator('.shelfwire-panel .shelfwire-row').nth(1).waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Outlets' }).click();
    await page.getByText('No changed stock node carries this shop.').waitFor();
    await page.locator('.shelfwire-badge', { hasText: '1' }).waitFor();
  });

  it('walks along its tabs with the arrow keys', async () => {
    const { page } = editor;
    await page.getByRole('tab', { name: 'Pushes' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.getByRole('tab', { name: 'Items' }).getAttribute('aria-selected'), 'true');
    assert.equal(await page.evaluate('document.activeElement.id'), 'shelfwire-tab-items');
  });
});
