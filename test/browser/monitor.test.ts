/** The monitor page in a real browser: by the editor's login, by a read-only link, over a restart, asking nobody else. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { MonitorData } from '../../runtime/monitor/data';
import { type EditorOptions, TestBrowser } from '../support/browser';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { PASSWORD_HASH, writeSessions } from '../support/sessions';
import { event, injectEvents, LEDGER, oneOutlet, recordStock, TAB } from '../support/small-shop';
import { type TempFolder, tempFolder } from '../support/temp-folder';
import { findings } from './operator/looks';

const NAME = '<img src=x class=evil> Marina';
const FLOW: FlowEntry[] = [
  TAB,
  LEDGER,
  oneOutlet(NAME),
  injectEvents('inject', [event('A', { selling_price: '12.40' })], true),
  recordStock(),
];

describe('the monitor page', function () {
  this.timeout(90_000);
  let folder: TempFolder;
  let port: number;
  let red: RunningNodeRed;
  let browser: TestBrowser;
  let link: string;

  const start = () =>
    startNodeRed({
      userDir: folder.path,
      port,
      flows: FLOW,
      settings: {
        httpAdminRoot: '/admin',
        adminAuth: { type: 'credentials', users: [{ username: 'owner', password: PASSWORD_HASH, permissions: '*' }] },
      },
    });

  before(async () => {
    folder = tempFolder('monitor');
    port = await freePort();
    writeSessions(folder.path, [{ name: 'owner', scope: '*' }]);
    red = await start();
    browser = await TestBrowser.start();
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
    folder.remove();
  });

  /** A page that may ask this Node-RED only, and never with the link's token in an address. */
  async function open(address: string, options: EditorOptions & { size?: [number, number] } = {}) {
    const page = await browser.page(red.adminUrl, options);
    const strangers: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${red.url}/`) && !url.startsWith('data:')) strangers.push(url);
      if (url.includes('swm_') || request.headers().referer?.includes('swm_')) strangers.push(url);
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      // That the server was not there is what the page has to bear.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) errors.push(message.text());
    });
    await page.goto(address);
    return {
      page,
      async end() {
        assert.deepEqual([strangers, errors], [[], []]);
        await page.context().close();
      },
    };
  }
  const monitor = () => `${red.adminUrl}/shelfwire/monitor`;
  const tile = (page: Page, label: string) =>
    page.locator('.tile', { has: page.getByText(label, { exact: true }) }).locator('dd');

  it('says what to do where nobody is logged in and there is no link', async () => {
    const { page, end } = await open(monitor());
    await page.getByText('Log in to the editor in this browser').waitFor();
    assert.equal(await page.locator('.tile').count(), 0);
    assert.equal(await page.getByRole('link', { name: 'Open the editor' }).getAttribute('href'), '../');
    await end();
  });

  it('shows the figures to who is logged in to the editor', async () => {
    const { page, end } = await open(monitor(), { token: 'token-of-owner' });
    await tile(page, 'Outlets connected').getByText('0 / 1').waitFor();
    await page.locator('.outlet', { hasText: NAME }).waitFor();
    assert.equal(await page.locator('.evil').count(), 0);
    assert.equal(await page.locator('.plot canvas').count(), 5);
    await end();
  });

  it('a link is made in the sidebar, its address shown once', async () => {
    const editor = await browser.open(red.adminUrl, 'record', { token: 'token-of-owner' });
    const { page } = editor;
    await page.evaluate(() => RED.sidebar.show('shelfwire'));
    assert.equal(
      await page.getByRole('link', { name: 'Open the monitor page' }).getAttribute('href'),
      'shelfwire/monitor',
    );
    await page.getByRole('button', { name: 'Links to the monitor' }).click();
    await page.getByText('There is no link yet.').waitFor();
    await page.getByLabel('What it is for').fill('<b class="evil">office</b>');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const field = page.getByLabel('Address of the new link');
    await field.waitFor();
    link = await field.inputValue();
    assert.ok(link.startsWith(`${monitor()}#swm_`), link);
    await page.getByText('Made by owner').waitFor();
    assert.equal(await page.locator('.evil').count(), 0);
    await page.keyboard.press('Escape');
    await page.getByText('Made by owner').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Links to the monitor' }).click();
    await page.getByText('Made by owner').waitFor();
    assert.equal(await page.getByLabel('Address of the new link').count(), 0);
    assert.deepEqual(editor.errors, []);
    await editor.close();
  });

  it('with the link it shows the figures and goes on by itself over a restart of Node-RED', async () => {
    const { page, end } = await open(link);
    await tile(page, 'Outlets connected').getByText('0 / 1').waitFor();
    await page.locator('.live').waitFor();
    await red.stop();
    await page.getByText('No connection since').waitFor();
    assert.equal(await page.locator('.tile').count(), 8);
    red = await start();
    await page.locator('.live').waitFor();
    await page.locator('.lost').waitFor({ state: 'hidden' });
    await end();
  });

  for (const theme of ['light', 'dark'] as const) {
    it(`${theme}: nothing that the checker of accessibility finds serious, nothing wider than the screen`, async () => {
      const sizes: [number, number][] = [
        [1920, 1080],
        [390, 800],
      ];
      for (const size of sizes) {
        const { page, end } = await open(link, { theme, size });
        await page.locator('.plot canvas').first().waitFor();
        assert.deepEqual(await findings(page, 'body'), []);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
        await end();
      }
    });
  }

  it('is in Arabic from right to left, by the language of the browser or of the address', async () => {
    const arabic = await open(link, { language: 'ar' });
    await arabic.page.getByText('منافذ متصلة').waitFor();
    assert.equal(await arabic.page.locator('html').getAttribute('dir'), 'rtl');
    await arabic.end();
    const asked = await open(link.replace('#', '?lang=ar#'));
    await asked.page.getByText('منافذ متصلة').waitFor();
    await asked.end();
  });

  it('of many outlets it says how many of those that it does not show are in trouble', async () => {
    const { page, end } = await open(link);
    await page.locator('.outlet').first().waitFor();
    await page.route('**/monitor/data*', async (route) => {
      const answer = await route.fetch();
      const data = (await answer.json()) as MonitorData;
      const outlets = Array.from({ length: 60 }, (_, n) => ({
        ...data.outlets[0]!,
        id: String(n),
        state: n < 50 ? 'not_reachable' : 'ok',
        stuck: 0,
        oldest_waiting_s: null,
      }));
      await route.fulfill({ json: { ...data, outlets } });
    });
    await page.getByText('and 36 more, in trouble: 26').waitFor();
    await page.unrouteAll();
    await end();
  });

  it('the size of a plot stays while nothing changes', async () => {
    const { page, end } = await open(link, { size: [1500, 700] });
    await page.locator('.plot canvas').first().waitFor();
    const height = () => page.evaluate('document.documentElement.scrollHeight');
    const first = await height();
    await page.evaluate(
      'new Promise((r) => { let n = 0; const f = () => (++n < 30 ? requestAnimationFrame(f) : r()); f(); })',
    );
    assert.equal(await height(), first);
    await end();
  });

  it('shows nothing any more once the link is revoked', async () => {
    const { page, end } = await open(link);
    await page.locator('.live').waitFor();
    const editor = await browser.open(red.adminUrl, 'record', { token: 'token-of-owner' });
    await editor.page.evaluate(() => RED.sidebar.show('shelfwire'));
    await editor.page.getByRole('button', { name: 'Links to the monitor' }).click();
    await editor.page.getByRole('button', { name: 'Revoke' }).click();
    await editor.page.getByText('There is no link yet.').waitFor();
    await editor.close();
    await page.getByText('This link was revoked').waitFor();
    await eventually(async () => (await page.locator('.tile:visible').count()) === 0);
    await end();
  });
});
