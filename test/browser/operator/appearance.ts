/** How the sidebar looks: both themes, narrow and low, Arabic. */
import assert from 'node:assert/strict';
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
