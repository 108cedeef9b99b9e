/** The broker's dialog in the real editor: device accounts whose passwords the editor is never told. */
import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';
import { type OpenEditor, openEditor } from '../support/browser';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { type RunningNodeRed, startNodeRed } from '../support/node-red';

interface BrokerInEditor {
  accounts: { account: string; store_id: string; name: string; slot: number }[];
  credentials: Record<string, unknown>;
}

describe("broker's dialog", function () {
  this.timeout(90_000);
  let port: number;
  let nodeRed: RunningNodeRed;
  let editor: OpenEditor;

  before(async () => {
    port = await freePort();
    nodeRed = await startNodeRed({
      flows: [
        { id: 'tab', type: 'tab', label: 'test' },
        {
          id: 'broker',
          type: 'shelfwire-broker',
          name: '',
          kind: 'embedded',
          host: '127.0.0.1',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable
          port: '${BROKER_PORT}',
          accounts: [
            { account: 'scanner-1', store_id: '1', name: 'Front', slot: 0 },
            { account: 'scanner-2', store_id: '2', name: 'Back', slot: 1 },
            { account: 'scanner-3', store_id: '3', name: 'Side', slot: 2 },
          ],
          version: 1,
        },
        {
          id: 'scan',
          type: 'shelfwire-scanner-in',
          z: 'tab',
          x: 200,
          y: 80,
          broker: 'broker',
          wires: [['record']],
          version: 1,
        },
        { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db', version: 1 },
        { id: 'record', type: 'shelfwire-record-stock', z: 'tab', x: 400, y: 80, ledger: 'ledger', wires: [[], []] },
      ],
      env: { BROKER_PORT: String(port) },
      credentials: { broker: { password_0: 'one', password_1: 'two', password_2: 'three' } },
    });
    editor = await openEditor(nodeRed.adminUrl, 'scan');
  });
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
  });

  async function openBroker(): Promise<void> {
    await editor.edit('scan');
    await editor.page.evaluate(() =>
      (RED.editor as unknown as { editConfig(name: string, type: string, id: string): void }).editConfig(
        'broker',
        'shelfwire-broker',
        'broker',
      ),
    );
    await editor.page.waitForSelector('#shelfwire-accounts .sw-password');
  }

  async function login(username: string, password: string): Promise<boolean> {
    try {
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, reconnectPeriod: 0 });
      await client.endAsync(true);
      return true;
    } catch {
      return false;
    }
  }

  it('keeps, changes, removes and adds accounts', async () => {
    const { page } = editor;
    assert.equal(await login('scanner-1', 'one'), true);
    await openBroker();
    assert.deepEqual(
      await page
        .locator('#shelfwire-accounts .sw-password')
        .evaluateAll((all) => all.map((one) => (one as never as { value: string }).value)),
      ['__PWRD__', '__PWRD__', '__PWRD__'],
    );
    await page.fill('#node-config-input-password_1', 'changed');
    await page.locator('.red-ui-editableList-item-remove').first().click();
    await page.locator('#shelfwire-accounts > li').nth(2).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'add device' }).click();
    const added = page.locator('#shelfwire-accounts > li').last();
    await added.locator('.sw-account').fill('scanner-9');
    await added.locator('.sw-store').fill('9');
    await added.locator('.sw-password').fill('nine');
    await page.click('#node-config-dialog-ok');
    await page.waitForSelector('#node-config-dialog-ok', { state: 'detached' });
    await editor.done();
    const { accounts, credentials } = (await page.evaluate(() => {
      const { accounts: rows, credentials: kept } = RED.nodes.node('broker')!;
      return { accounts: rows, credentials: kept };
    })) as BrokerInEditor;
    assert.deepEqual(
      accounts.map(({ account, slot }) => [account, slot]),
      [
        ['scanner-2', 1],
        ['scanner-3', 2],
        ['scanner-9', 3],
      ],
    );
    assert.ok(!JSON.stringify([accounts, credentials]).includes('three'));

    await page.click('#red-ui-header-button-deploy');
    await eventually(() => login('scanner-9', 'nine'));
    assert.deepEqual(
      [
        await login('scanner-1', 'one'),
        await login('scanner-2', 'two'),
        await login('scanner-2', 'changed'),
        await login('scanner-3', 'three'),
      ],
      [false, false, true, true],
    );
    const flows = await (await fetch(`${nodeRed.adminUrl}/flows`)).text();
    for (const secret of ['one', 'two', 'three', 'changed', 'nine']) assert.ok(!flows.includes(`"${secret}"`), secret);
    assert.deepEqual(editor.errors, []);
  });

  it('says what to enter in a device: what a variable stands for, and no address of all network cards', async () => {
    const { page } = editor;
    await openBroker();
    const address = page.locator('#shelfwire-broker-address');
    await address.getByText(`mqtt://127.0.0.1:${port}`, { exact: true }).waitFor();
    await page.fill('#node-config-input-host', '0.0.0.0');
    await page.fill('#node-config-input-port', '1999');
    assert.equal(await address.textContent(), 'mqtt://127.0.0.1:1999');
    await page.click('#node-config-dialog-cancel');
    await page.waitForSelector('#node-config-dialog-ok', { state: 'detached' });
    await editor.done();
  });

  it('takes no more accounts than it can keep passwords of', async () => {
    const said = (count: number) =>
      editor.page.evaluate((rows) => {
        const { validate } = RED.nodes.getType('shelfwire-broker')!.defaults.accounts as unknown as {
          validate(this: EditorNode, value: object[], options: object): boolean | string;
        };
        const accounts = Array.from({ length: rows }, (_, n) => ({ account: `scanner-${n}`, store_id: '1' }));
        return validate.call(RED.nodes.node('broker')!, accounts, {});
      }, count);
    assert.equal(await said(500), true);
    assert.match(String(await said(501)), /^At most 500 device accounts/);
  });

  it('says what is wrong with an account and an address', async () => {
    const { page } = editor;
    await openBroker();
    await page.locator('#shelfwire-accounts .sw-store').first().fill('');
    await page.selectOption('#node-config-input-kind', 'external');
    await page.fill('#node-config-input-url', 'mqtt://user:geheim@broker.example');
    await page.click('#node-config-dialog-ok');
    await page.waitForSelector('#node-config-dialog-ok', { state: 'detached' });
    const problems = await page.evaluate(() => RED.nodes.node('broker')!.validationErrors as string[]);
    assert.match(problems.join('\n'), /in every export of the flow/);
    assert.ok(!problems.join('\n').includes('geheim'));
  });
});
