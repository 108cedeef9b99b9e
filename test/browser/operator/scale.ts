/** A hundred outlets with 40,000 items each: what the page draws and asks for stays bounded. */
import assert from 'node:assert/strict';
import type { Route } from 'playwright-core';
import type { OutletSummary } from '../../../core/ledger/ledger';
import { eventually } from '../../support/eventually';
import { asked } from './buttons';
import { shape } from './looks';
import type { OperatorShop } from './shop';

const OUTLETS = 100;
const ITEMS = 40_000;
const PAGE = 50;

export function scale(shop: () => OperatorShop): void {
  describe(`${OUTLETS} outlets with ${ITEMS.toLocaleString('en')} items each`, () => {
    it('the page draws a page at a time, asks once for each news, and never stands still', async () => {
      const [like] = await shop().outlets();
      const editor = await shop().open();
      const { page } = editor;
      try {
        await shape(page, 300);
        let version = 0;
        await page.route('**/shelfwire/outlets?*', (route) => route.fulfill({ json: many(like!, version) }));
        await page.route('**/shelfwire/outlets', (route) => route.fulfill({ json: many(like!, version) }));
        await page.route('**/shelfwire/items?*', (route) => items(route));
        await page.getByRole('tab', { name: 'Pushes' }).click();
        await page.getByRole('tab', { name: 'Outlets' }).click();
        const rows = page.locator('.shelfwire-list > .shelfwire-row');
        await page.locator('.shelfwire-name', { hasText: 'Branch 100' }).waitFor();
        assert.equal(await rows.count(), OUTLETS);

        await page.evaluate(() => {
          const seen = window as unknown as { longest: number; first: Element };
          seen.longest = 0;
          seen.first = document.querySelector('.shelfwire-row')!;
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
          }).observe({ type: 'longtask' });
        });
        const requests: string[] = [];
        page.on('request', (request) => request.url().includes('/shelfwire/') && requests.push(asked(request)));
        version = 1;
        // One piece of news, and three that follow while it is still being read.
        for (const sku of ['SCALE1', 'SCALE2', 'SCALE3', 'SCALE4']) await shop().feed('3', [`${sku},1.00,1`]);
        await page.locator('.shelfwire-is-waiting', { hasText: '1' }).first().waitFor();
        await eventually(async () => (await rows.count()) === OUTLETS, 5_000);
        assert.ok(requests.length > 0 && requests.every((each) => each === 'GET outlets'), requests.join('\n'));
        const seen = await page.evaluate(() => {
          const { longest, first } = window as unknown as { longest: number; first: Element };
          return { longest, same: document.querySelector('.shelfwire-row') === first };
        });
        assert.ok(seen.same, 'rows stay what they are');
        // Of a busy machine; quiet ones need a tenth.
        assert.ok(seen.longest < 1_000, `${seen.longest} ms`);

        await page.getByLabel('Find an outlet').fill('Branch 77');
        assert.equal(await rows.count(), 1);
        await rows.locator('.shelfwire-is-in_sync').click();
        await page.locator('.shelfwire-list > .shelfwire-row', { hasText: 'SKU-0-49' }).waitFor();
        assert.equal(await rows.count(), PAGE);
        await page.getByRole('button', { name: 'Show older' }).click();
        await page.locator('.shelfwire-list > .shelfwire-row', { hasText: 'SKU-1-49' }).waitFor();
        assert.equal(await rows.count(), 2 * PAGE);
        assert.deepEqual(editor.errors, []);
      } finally {
        await editor.close();
      }
    });

    it('the server answers no list longer than it was asked for, nor than 1,000', async () => {
      for (const [path, name] of [
        ['items?outlet=pasons%3A1', 'items'],
        ['events', 'events'],
        ['pushes', 'pushes'],
        ['refused', 'refused'],
      ] as const) {
        const join = path.includes('?') ? '&' : '?';
        const page = await list<Record<string, unknown[]>>(`${path}${join}limit=1`);
        assert.equal(page[name]!.length, 1, path);
        assert.equal((await shop().ask('GET', `shelfwire/${path}${join}limit=1001`)).status, 422, path);
      }
    });

    const list = async <T>(path: string) => (await (await shop().ask('GET', `shelfwire/${path}`)).json()) as T;
  });
}

function many(like: OutletSummary, version: number): OutletSummary[] {
  return Array.from({ length: OUTLETS }, (_, index) => ({
    ...like,
    id: `pasons:many-${index + 1}`,
    name: `Branch ${index + 1}`,
    store_id: `many-${index + 1}`,
    counts: { ...like.counts, in_sync: ITEMS - version, waiting: version },
  }));
}

function items(route: Route): Promise<void> {
  const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
  const rows = Array.from({ length: PAGE }, (_, index) => ({
    store_id: 'many-77',
    sku: `SKU-${from}-${index}`,
    outlet: 'pasons:many-77',
    state: 'in_sync',
    reason_code: null,
    reason: null,
    confirmed: null,
    changed_at: null,
    selling_price: '1',
  }));
  return route.fulfill({ json: { items: rows, cursor: String(from + 1) } });
}
