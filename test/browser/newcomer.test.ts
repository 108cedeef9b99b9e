/**
 * A newcomer's way, in one story: import the example, fill in the platform, test, deploy, see a push; the platform breaks
 * and comes back; it refuses one item by name, and the item is tried again. All that a person does is done in the editor.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type PasonsSimulator, startPasons } from '../../simulators/pasons';
import { type OpenEditor, openEditor } from '../support/browser';
import { type RunningNodeRed, startNodeRed } from '../support/node-red';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const SKU = '9340957005965';

describe("a newcomer's way", function () {
  this.timeout(90_000);
  let folder: TempFolder;
  let red: RunningNodeRed;
  let pasons: PasonsSimulator;
  let editor: OpenEditor;

  before(async () => {
    folder = tempFolder('newcomer');
    pasons = await startPasons({ apiKey: 'the-key' });
    // Below `demo`, so that the ledger takes simulated numbers.
    const userDir = join(folder.path, 'demo');
    mkdirSync(userDir);
    red = await startNodeRed({
      userDir,
      flows: [
        { id: 'tab', type: 'tab', label: 'mine' },
        { id: 'note', type: 'comment', z: 'tab', x: 100, y: 40, name: 'mine', wires: [] },
      ],
    });
    editor = await openEditor(red.adminUrl, 'note');
  });
  afterEach(() => assert.deepEqual(editor.errors, []));
  after(async () => {
    await editor?.close();
    await red?.stop();
    await pasons?.stop();
    folder?.remove();
  });

  const sidebar = () => editor.page.locator('.shelfwire-sidebar');
  const row = (text: string) => sidebar().locator('.shelfwire-row', { hasText: text });
  const go = async (tab: string) => {
    await sidebar().getByRole('tab', { name: tab }).click();
  };
  const dialog = (id: string) => editor.page.locator(`#node-config-input-${id}`);

  it('imports the example', async () => {
    const { page } = editor;
    await page.evaluate(() => RED.actions.invoke('core:show-examples-import-dialog'));
    const examples = page.locator('#red-ui-clipboard-dialog-import-tab-examples');
    await examples.getByText('@shelfwire/node-red-shelfwire').click();
    await examples.getByText('05 - Push what changed to Pasons').click();
    await page.locator('#red-ui-clipboard-dialog-ok').click();
    await page.waitForFunction(() => RED.nodes.filterNodes({ type: 'shelfwire-changed-stock' }).length === 1);
  });

  it('fills in the address and the key, and tests them before anything is deployed', async () => {
    const { page } = editor;
    const changed = await page.evaluate(() => RED.nodes.filterNodes({ type: 'shelfwire-changed-stock' })[0]!.id);
    await editor.edit(changed);
    await page.locator('#node-input-btn-outlets-edit, #node-input-lookup-outlets').first().click();
    await page.waitForSelector('#shelfwire-outlet-rows .sw-store');
    await editor.atRest();
    await dialog('endpoint').fill(`${pasons.url}/v1/inventory/{store_id}`);
    await dialog('auth').selectOption('api-key');
    await dialog('api_key').fill('wrong');
    const test = page.locator('#shelfwire-outlet-rows .sw-test').first();
    await test.click();
    await page.locator('#shelfwire-outlet-test.shelfwire-bad').waitFor();
    await dialog('api_key').fill('the-key');
    await test.click();
    await page.locator('#shelfwire-outlet-test.shelfwire-good').waitFor();
    await page.click('#node-config-dialog-ok');
    await page.waitForSelector('#node-config-dialog-ok', { state: 'detached' });
    await editor.done();
  });

  it('deploys, presses the button, and sees the push', async () => {
    const { page } = editor;
    await page.click('#red-ui-header-button-deploy');
    await page.waitForFunction(() => !RED.nodes.dirty());
    await page.evaluate(() => RED.sidebar.show('shelfwire'));
    await row('shop-05').waitFor();
    const [tested] = await Promise.all([
      page.waitForResponse(/\/test$/),
      row('shop-05').getByRole('button', { name: 'Test connection' }).click(),
    ]);
    assert.equal(((await tested.json()) as { code: string }).code, 'ok', await tested.text());
    await row('shop-05').getByText('Connected: the platform answers').waitFor();
    const inject = await page.evaluate(
      () => RED.nodes.filterNodes({ type: 'inject' }).find(({ name }) => name === 'two items')!.id,
    );
    assert.equal((await fetch(`${red.adminUrl}/inject/${inject}`, { method: 'POST' })).status, 200);
    await row('shop-05').locator('.shelfwire-is-in_sync', { hasText: '2' }).waitFor();
    await go('Pushes');
    await row('done').getByText('items: 2').waitFor();
    assert.deepEqual(Object.keys(pasons.store.content()['shop-05'] ?? {}).length, 2);
  });

  it('sees that the platform is broken, and what to do; nothing is refused', async () => {
    const { page } = editor;
    pasons.behave({ fault: '500' });
    await sendAgain();
    await go('Outlets');
    await row('shop-05').locator('.shelfwire-trouble', { hasText: '500' }).waitFor();
    await row('shop-05').locator('.shelfwire-is-waiting', { hasText: '1' }).waitFor();
    await page.locator('.shelfwire-badge', { hasText: '1' }).waitFor();
    await go('Problems');
    await row('not reachable').getByText('sent by itself once the platform answers').waitFor();
    await row('not reachable').getByRole('button', { name: 'Show the outlets' }).click();
    assert.equal(await row('shop-05').locator('.shelfwire-is-refused').count(), 0);
  });

  it('is in sync again by itself once the platform answers', async () => {
    pasons.behave(null);
    await row('shop-05').locator('.shelfwire-is-in_sync', { hasText: '2' }).waitFor();
    await go('Problems');
    await sidebar().getByText('No problems.').waitFor();
    await editor.page.locator('.shelfwire-badge').waitFor({ state: 'detached' });
  });

  it('sees which item is refused and why, and tries it again', async () => {
    pasons.behave({ refuse: [SKU] });
    await sendAgain();
    await go('Problems');
    const problem = row('refused items: 1');
    await problem.getByText(`${SKU} is not listed here`).waitFor();
    await problem.getByRole('button', { name: 'Show the items' }).click();
    await row(SKU).getByText('is not listed here').waitFor();
    await go('Pushes');
    await row('partly').or(row('failed')).first().waitFor();
    pasons.behave(null);
    await go('Problems');
    await problem.getByRole('button', { name: 'Try all of this reason again' }).click();
    await sidebar().getByText('No problems.').waitFor();
    await go('Outlets');
    await row('shop-05').locator('.shelfwire-is-in_sync', { hasText: '2' }).waitFor();
    assert.deepEqual(pasons.store.reversals, []);
  });

  async function sendAgain(): Promise<void> {
    const { page } = editor;
    await go('Items');
    await page.locator('.shelfwire-search').fill(SKU);
    await page.locator('.shelfwire-opener', { hasText: SKU }).click();
    await page.getByRole('button', { name: 'Send again' }).click();
    await page
      .locator('.red-ui-notification', { hasText: `${SKU} is being sent again` })
      .last()
      .waitFor();
  }
});
