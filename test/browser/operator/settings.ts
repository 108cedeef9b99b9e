/** Settings without a deploy, by the buttons that an operator presses. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import type { Locator } from 'playwright-core';
import type { DeviceList } from '../../../runtime/admin/devices';
import type { OpenEditor } from '../../support/browser';
import { eventually } from '../../support/eventually';
import { findings, misplaced, shape, view } from './looks';
import type { OperatorShop } from './shop';

export function settings(shop: () => OperatorShop): void {
  describe('settings without a deploy', () => {
    let editor: OpenEditor;
    before(async () => {
      editor = await shop().open('anna');
      editor.page.setDefaultTimeout(5_000);
      await shape(editor.page, 300, 1000);
    });
    afterEach(() => assert.deepEqual(editor.errors, []));
    after(() => editor?.close());

    const row = (name: string): Locator => editor.page.locator('.shelfwire-row', { hasText: name });
    const press = (within: Locator, name: string) => within.getByRole('button', { name, exact: true }).click();
    const answer = (name: string) =>
      editor.page.locator('.red-ui-notification').getByRole('button', { name, exact: true }).last().click();
    const told = (text: string | RegExp) =>
      editor.page.locator('.red-ui-notification', { hasText: text }).first().waitFor();
    const outlet = async (id: string) => (await shop().outlets()).find((each) => each.id === id)!;
    const devices = async () => (await (await shop().ask('GET', 'shelfwire/devices')).json()) as DeviceList;

    it('shows the day of an outlet and says in its row what the connection test found', async () => {
      await view(editor.page, 'outlets');
      const marina = row('Marina Mall');
      assert.match((await marina.locator('.shelfwire-plot').getAttribute('aria-label'))!, /24 hours: [1-9]\d*, errors/);
      assert.ok((await marina.locator('.shelfwire-plot-pushes').count()) > 0);
      await press(marina, 'Test connection');
      await marina.getByText('Connected: the platform answers.').waitFor();
    });

    it('pushes everything after it has said how much that is', async () => {
      const before = shop().pasons.count();
      const deira = row('Deira City');
      await press(deira, 'Settings and more');
      await press(deira, 'Push everything…');
      await told(/Items: 24, requests: 1\b/);
      await answer('Cancel');
      assert.equal(shop().pasons.count(), before);
      await press(deira, 'Push everything…');
      await answer('Push everything');
      await eventually(() => shop().pasons.count() > before);
    });

    it('switches pushes off and on, and says who did it', async () => {
      const deira = row('Deira City');
      await deira.getByLabel('Push to this outlet').uncheck();
      await deira.getByText('Switched off').waitFor();
      assert.equal((await outlet('pasons:2')).enabled, false);
      await deira.getByText('Changed here, not in the flow: push.').waitFor();
      await press(deira, 'Who changed what');
      await deira.locator('.shelfwire-change', { hasText: 'anna: push · on → off' }).waitFor();
      await editor.page.evaluate(() =>
        (RED.editor as unknown as { editConfig(...args: string[]): void }).editConfig(
          '',
          'shelfwire-outlets',
          'sw-outlets',
        ),
      );
      await editor.page.getByText('Changed in the sidebar: Deira City (2)').waitFor();
      await editor.page.locator('#node-config-dialog-cancel').click();
      await press(deira, 'As in the flow');
      await eventually(async () => (await outlet('pasons:2')).enabled);
      await deira.getByLabel('Push by itself when something changes').uncheck();
      await deira.locator('.shelfwire-change', { hasText: 'push on change · on → off' }).waitFor();
      await deira.getByLabel('Push by itself when something changes').check();
      assert.deepEqual(await findings(editor.page), []);
      assert.deepEqual(await misplaced(editor.page), []);
    });

    it('stores a new key only when the platform takes it', async () => {
      const deira = row('Deira City');
      await deira.getByLabel('New key').fill('a wrong key');
      await press(deira, 'Test and store');
      await told(/refuses the key.*was not stored/);
      await deira.getByLabel('New key').fill('test-pasons');
      await deira.getByLabel('New key').press('Enter');
      await told('takes the new key');
      assert.equal(await deira.getByLabel('New key').inputValue(), '');
      await press(deira, 'As in the flow');
    });

    it('shows requests and answers for an hour, live and without the key', async () => {
      const deira = row('Deira City');
      await press(deira, 'Debug for an hour');
      await deira.getByText('Nothing was sent yet.').waitFor();
      await press(deira, 'Test connection');
      await deira.getByRole('button', { name: /GET 200/ }).click();
      const text = (await deira.locator('.shelfwire-exchange').textContent())!;
      assert.match(text, /X-API-Key: \*\*\*/);
      assert.ok(!text.includes('test-pasons'));
      await press(deira, 'End debugging');
      await deira.locator('.shelfwire-exchange').waitFor({ state: 'hidden' });
      await deira.locator('.shelfwire-change', { hasText: 'anna: debugging for an hour · off → on' }).waitFor();
      await deira.locator('.shelfwire-change', { hasText: 'anna: debugging for an hour · on → off' }).waitFor();
    });

    it('exports the feed', async () => {
      const [file] = await Promise.all([
        editor.page.waitForEvent('download'),
        press(row('Deira City'), 'Export Feed CSV'),
      ]);
      assert.equal(file.suggestedFilename(), 'feed-2.csv');
      const lines = readFileSync(await file.path(), 'utf8')
        .trim()
        .split('\r\n');
      assert.deepEqual([lines[0], lines.length], ['sku,selling_price,stock_status', 25]);
    });

    it('adds a branch, closes and reopens it', async () => {
      const { page } = editor;
      await page.getByRole('button', { name: 'New branch' }).click();
      const form = page.locator('.shelfwire-fields', { hasText: 'Add branch' });
      await form.getByLabel('Store id').fill('1');
      await press(form, 'Add branch');
      await told('is on pasons already');
      await form.getByLabel('Store id').fill('77');
      await form.getByLabel('Name').fill('Harbour');
      await form.getByLabel('Push to it at once').check();
      await form.getByLabel('Name').press('Enter');
      const harbour = row('Harbour');
      await harbour.waitFor();
      assert.equal((await outlet('pasons:77')).enabled, true);
      await press(harbour, 'Settings and more');
      await press(harbour, 'Close branch…');
      await answer('Close branch');
      await page.getByRole('button', { name: 'Closed branches (1)' }).click();
      await press(row('Harbour'), 'Settings and more');
      await press(row('Harbour'), 'Reopen branch');
      await eventually(async () => (await outlet('pasons:77')).enabled);
      await page.getByRole('button', { name: /^Closed branches/ }).waitFor({ state: 'hidden' });
      await press(row('Harbour'), 'Settings and more');
      await press(row('Harbour'), 'Close branch…');
      await answer('Close branch');
      await eventually(async () => !(await outlet('pasons:77')).enabled);
    });

    it('adds a device with a QR code, disables it, gives it a new password, removes it', async () => {
      const { page } = editor;
      await view(page, 'devices');
      await page.getByRole('button', { name: 'New device' }).click();
      const form = page.locator('.shelfwire-fields', { hasText: 'Add device' });
      await form.getByLabel('Login').fill('scanner-9');
      await form.getByLabel('Store id').fill('1');
      await form.getByLabel('Name').fill('Back door');
      await press(form, 'Add device');
      await page.getByRole('img', { name: 'Login of Back door as a QR code' }).waitFor();
      const password = (await page.locator('.shelfwire-login code').textContent())!;
      assert.deepEqual(await findings(page), []);
      assert.deepEqual(await misplaced(page), []);
      const { port } = (await devices()).brokers[0]!;
      const login = (word: string) =>
        connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'scanner-9', password: word, reconnectPeriod: 0 });
      const client = await login(password);
      await press(page.locator('.shelfwire-login'), 'Done');
      assert.ok(!(await page.content()).includes(password));
      const device = row('Back door');
      await press(device, 'Login and changes');
      await press(device, 'Disable');
      await device.getByText('Disabled: it cannot connect.').waitFor();
      await eventually(() => !client.connected);
      client.end(true);
      await press(device, 'Enable');
      await press(device, 'New password…');
      await answer('New password');
      await device.getByRole('img', { name: 'Login of Back door as a QR code' }).waitFor();
      await assert.rejects(login(password));
      await press(device, 'Done');
      await press(device, 'Remove…');
      await answer('Remove');
      await device.waitFor({ state: 'detached' });
    });

    it('who may only read sees it and cannot change it; the server refuses too', async () => {
      const reader = await shop().open('reader');
      try {
        await shape(reader.page, 300, 1000);
        await view(reader.page, 'outlets');
        const marina = reader.page.locator('.shelfwire-row', { hasText: 'Marina Mall' });
        await marina.getByRole('button', { name: 'Settings and more' }).click();
        for (const name of ['Test and store', 'Push everything…', 'Close branch…', 'Debug for an hour'])
          assert.equal(await marina.getByRole('button', { name, exact: true }).isDisabled(), true, name);
        assert.equal(await marina.getByLabel('Push to this outlet').isDisabled(), true);
        assert.equal(await reader.page.getByRole('button', { name: 'New branch' }).isVisible(), false);
        await view(reader.page, 'devices');
        assert.equal(await reader.page.getByRole('button', { name: 'New device' }).isVisible(), false);
        for (const path of ['outlets', 'outlets/pasons:1/key', 'outlets/pasons:1/close', 'devices'])
          assert.ok([401, 403].includes((await shop().ask('POST', `shelfwire/${path}`, 'reader')).status), path);
      } finally {
        await reader.close();
      }
    });
  });
}
