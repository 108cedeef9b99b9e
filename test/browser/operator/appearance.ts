/** How the sidebar looks: both themes, narrow and low, Arabic. */
import assert from 'node:assert/strict';
import type { OutletRow } from '../../../runtime/admin/outlets';
import type { OpenEditor } from '../../support/browser';
import { findings, misplaced, shape, VIEWS, view } from './looks';
import { INCOMPLETE, type OperatorShop, REFUSED } from './shop';

export function appearance(shop: () => OperatorShop): void {
  describe('in every shape', () => {
    let editor: OpenEditor;
    const close = async () => {
      assert.deepEqual(editor.errors, []);
      await editor.close();
    };

    describe('light and dark', () => {
      afterEach(close);
      for (const theme of ['light', 'dark'] as const)
        it(`${theme}: axe has no serious finding in any view`, async () => {
          editor = await shop().open('anna', { theme });
          const { page } = editor;
          await shape(page, 300);
          const dark = await page.evaluate(() => document.documentElement.classList.contains('nr-theme-dark'));
          assert.equal(dark, theme === 'dark');
          for (const name of VIEWS) {
            await view(page, name);
            assert.deepEqual(await findings(page), [], name);
          }
          await view(page, 'pushes');
          await page.locator('.shelfwire-opener', { hasText: 'Marina' }).first().click();
          await page.locator('.shelfwire-request').first().waitFor();
          assert.deepEqual(await findings(page), [], 'a push');
          await openStory(editor, REFUSED);
          assert.deepEqual(await findings(page), [], 'an item');
        });
    });

    for (const language of ['en-US', 'ar'])
      describe(`${language}: nothing is clipped, overlaps or sticks out`, () => {
        before(async () => {
          editor = await shop().open('anna', { language });
        });
        after(close);
        for (const [width, height] of [
          [180, 620],
          [240, 700],
          [300, 1000],
          [500, 1000],
        ] as const)
          it(`${width} px wide in a window ${height} px high`, async () => {
            const { page } = editor;
            await shape(page, width, height);
            for (const name of VIEWS) {
              await view(page, name);
              assert.deepEqual(await misplaced(page), [], name);
            }
            await openStory(editor, INCOMPLETE);
            assert.deepEqual(await misplaced(page), [], 'an item');
            await view(page, 'pushes');
            await page.locator('.shelfwire-opener', { hasText: 'Marina' }).first().click();
            await page.locator('.shelfwire-request').first().waitFor();
            assert.deepEqual(await misplaced(page), [], 'a push');
            await page.keyboard.press('Escape');
          });
      });

    describe('Arabic', () => {
      before(async () => {
        editor = await shop().open('anna', { language: 'ar' });
      });
      after(close);

      it('begins at the right, walks to the left, and keeps SKUs and names as they are written', async () => {
        const { page } = editor;
        await shape(page, 300);
        await view(page, 'outlets');
        const edges = await page.evaluate(() => {
          const box = (selector: string) => document.querySelector(selector)!.getBoundingClientRect();
          return {
            first: box('#shelfwire-tab-outlets').left,
            last: box('#shelfwire-tab-devices').left,
            dot: box('.shelfwire-row .shelfwire-dot').left,
            name: box('.shelfwire-row .shelfwire-name').right,
          };
        });
        assert.ok(edges.first > edges.last, 'the first tab is at the right');
        assert.ok(edges.dot > edges.name, 'the name follows its dot to the left');
        await page.locator('#shelfwire-tab-outlets').focus();
        await page.keyboard.press('ArrowLeft');
        assert.equal(await page.evaluate('document.activeElement.id'), 'shelfwire-tab-pushes');
        await openStory(editor, REFUSED);
        // Each run of digits goes its own way, whatever stands around it.
        const sku = page.locator('.shelfwire-story h3 bdi');
        assert.equal(await sku.textContent(), REFUSED);
        assert.equal(
          await page
            .locator('.shelfwire-story code')
            .first()
            .evaluate((code) => getComputedStyle(code).direction),
          'ltr',
        );
      });

      it('says why an outlet is held and what became of an item, and leaves the words of a platform as they are', async () => {
        const { page } = editor;
        const [like] = (await (await shop().ask('GET', 'shelfwire/outlets')).json()) as OutletRow[];
        const hold = { why: 'copy', since: '2026-01-31T09:00:00.000Z' } as const;
        const rows: Partial<OutletRow>[] = [
          { ...like!, id: 'a', paused: true, paused_by: 'restore', paused_why: 'in English', hold },
          { ...like!, id: 'b', paused: true, paused_by: 'user:anna', reach: 'fault', reach_message: 'in English' },
        ];
        const problem = { count: 1, outlet: 'a', outlet_name: 'A', store_id: '1', sender: null, last_at: null };
        const problems = [
          { ...problem, key: '1', kind: 'refused', code: 'not_found', message: 'No such product' },
          { ...problem, key: '2', kind: 'held', code: 'dropped_by_flow', message: 'in English' },
        ];
        await page.route(/shelfwire\/outlets(\?|$)/, (route) => route.fulfill({ json: rows }));
        await page.route(/shelfwire\/problems/, (route) => route.fulfill({ json: { problems } }));
        const trouble = () => page.locator('.shelfwire-row > .shelfwire-trouble:visible').allTextContents();
        try {
          await view(page, 'outlets');
          await page.locator('.shelfwire-row', { hasText: 'نسخة من ملف آخر' }).waitFor();
          const [held, paused] = await trouble();
          assert.match(held!, /2026|٢٠٢٦/);
          assert.match(paused!, /أوقفه \u2068anna\u2069/);
          assert.ok(!`${held}${paused}`.includes('English'));
          await view(page, 'problems');
          await page.locator('.shelfwire-row', { hasText: 'No such product' }).waitFor();
          const [refused, dropped] = await trouble();
          assert.equal(refused, 'No such product');
          assert.match(dropped!, /أخرج المخطط هذا الصنف/);
        } finally {
          await page.unrouteAll();
        }
        await openStory(editor, REFUSED);
        await page.locator('.shelfwire-step-out-refused', { hasText: 'مرفوض' }).first().waitFor();
        await view(page, 'incoming');
        await page.locator('.shelfwire-filters select').first().selectOption('refused');
        const input = page.locator('.shelfwire-row', { hasText: 'UNKNOWN_STORE' }).first();
        await input.getByText('ليس في خريطة المتاجر').waitFor();
        await input.getByText('Warehouse 9').waitFor();
        await page.locator('.shelfwire-filters select').first().selectOption('events');
      });

      it('asks and tells from right to left, too', async () => {
        const { page } = editor;
        await view(page, 'outlets');
        await page.locator('.shelfwire-row [aria-expanded]').first().click();
        await page.getByRole('button', { name: 'إغلاق الفرع…' }).first().click();
        const asked = page.locator('.red-ui-notification p', { hasText: 'إغلاق' });
        await asked.waitFor();
        assert.equal(await asked.evaluate((text) => getComputedStyle(text).direction), 'rtl');
        await page.keyboard.press('Escape');
        await asked.waitFor({ state: 'detached' });
        await page.locator('.shelfwire-row [aria-expanded]').first().click();
      });

      it('says everything in Arabic', async () => {
        const { page } = editor;
        const ours = new Set([
          'pasons',
          'paradigm',
          'catalogue',
          'scanner',
          'mqtt',
          'SCAN',
          'SALES_ORDER',
          'CSV',
          'curl',
          'SKU',
          'ms',
        ]);
        for (const name of VIEWS) {
          await view(page, name);
          const words = await page.evaluate(() =>
            [...document.querySelectorAll('.shelfwire-sidebar button, .shelfwire-sidebar h4, .shelfwire-sidebar label')]
              .filter(
                (element) => element.getClientRects().length > 0 && !element.querySelector('bdi, .shelfwire-name'),
              )
              .map((element) => element.textContent!.trim()),
          );
          for (const text of words)
            assert.ok(text === '' || /[\u0600-\u06ff]/.test(text) || ours.has(text), `${name}: ${text}`);
        }
      });
    });
  });
}

async function openStory({ page }: OpenEditor, sku: string): Promise<void> {
  await view(page, 'items');
  await page.locator('.shelfwire-search').fill(sku);
  await page.locator('.shelfwire-opener', { hasText: sku }).click();
  await page.locator('.shelfwire-story h3').waitFor();
}
