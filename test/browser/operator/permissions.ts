/** Who may only look sees everything, can press nothing that changes, and is refused by the server too. */
import assert from 'node:assert/strict';
import { ADMIN_ROUTES } from '../../../runtime/admin/routes';
import { shape, VIEWS, view } from './looks';
import { type OperatorShop, REFUSED } from './shop';

const READING = ['CSV', 'Copy as curl', 'Show older', 'Back to the list', 'Settings and more'];

export function permissions(shop: () => OperatorShop): void {
  describe('permissions', () => {
    it('who may only look: all views, every button that changes something is off and says why', async () => {
      const editor = await shop().open('reader');
      const { page } = editor;
      try {
        await shape(page, 300);
        const off: string[] = [];
        const look = async () => {
          for (const button of await page.locator('.shelfwire-panel .red-ui-button:visible').all()) {
            const name = (await button.getAttribute('aria-label')) ?? (await button.textContent())!.trim();
            if (READING.includes(name) || name.startsWith('Show the')) continue;
            assert.equal(await button.isDisabled(), true, name);
            assert.match((await button.getAttribute('title'))!, /shelfwire\.write/, name);
            off.push(name);
          }
        };
        for (const name of VIEWS) {
          await view(page, name);
          if (name === 'pushes') {
            await page.locator('.shelfwire-opener', { hasText: 'Marina' }).last().click();
            await page.locator('.shelfwire-request').first().waitFor();
          }
          if (name === 'incoming') {
            await page.getByLabel('Show', { exact: true }).selectOption('refused');
            await page.getByText('Warehouse 9').first().waitFor();
          }
          if (name === 'items') {
            await page.locator('.shelfwire-search').fill(REFUSED);
            await page.locator('.shelfwire-opener', { hasText: REFUSED }).click();
            await page.locator('.shelfwire-story h3').waitFor();
          }
          await look();
        }
        for (const name of ['Test connection', 'Push now', 'Pause', 'Try all refused again', 'Send again', 'Replay'])
          assert.ok(off.includes(name), name);
        assert.deepEqual(editor.errors, []);
      } finally {
        await editor.close();
      }
    });

    it('who may only look is refused by every route that changes something; who may not look, by every route', async () => {
      for (const { method, path, permission } of ADMIN_ROUTES) {
        const address = path.slice(1).replace(/:(id|chunk|sku|type|\w+)/g, '1');
        if (permission === 'shelfwire.write')
          assert.equal((await shop().ask(method.toUpperCase(), address, 'reader')).status, 401, path);
        assert.equal((await shop().ask(method.toUpperCase(), address, 'nobody')).status, 401, path);
      }
    });

    it('whose login has ended is told so, and not that Node-RED is down', async () => {
      const editor = await shop().open();
      const { page } = editor;
      try {
        await view(page, 'outlets');
        await page.route('**/shelfwire/outlets**', (route) => route.fulfill({ status: 401, body: 'Unauthorized' }));
        await page.getByRole('button', { name: 'Read again' }).click();
        await page.getByRole('alert').getByText('does not take your login any more').waitFor();
        await page.locator('.shelfwire-row').first().getByRole('button', { name: 'Pause' }).click();
        await page.locator('.red-ui-notification', { hasText: 'log in again' }).waitFor();
      } finally {
        await editor.close();
      }
    });

    it('who may not look has no sidebar, and no badge', async () => {
      const editor = await shop().open('nobody');
      try {
        const found = await editor.page.evaluate(() => [
          RED.sidebar.containsTab('shelfwire'),
          document.querySelectorAll('.shelfwire-sidebar, .shelfwire-badge').length,
        ]);
        assert.deepEqual(found, [false, 0]);
        assert.deepEqual(editor.errors, []);
      } finally {
        await editor.close();
      }
    });
  });
}
