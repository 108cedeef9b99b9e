/** Without a mouse: everything is reached, the focus is seen, and stays where it is while the lists change. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { OpenEditor } from '../../support/browser';
import { shape, VIEWS, view } from './looks';
import { type OperatorShop, REFUSED } from './shop';

/** What has the focus: its words, and whether a person sees that it has. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const active = document.activeElement as HTMLElement;
    const { outlineStyle, outlineWidth, borderColor } = getComputedStyle(active);
    const ring = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
    const without = active.cloneNode(true) as HTMLElement;
    active.parentElement!.append(without);
    const changed = getComputedStyle(without).borderColor !== borderColor;
    without.remove();
    return {
      inside: active.closest('.shelfwire-sidebar') !== null,
      name: active.getAttribute('aria-label') ?? active.textContent!.trim(),
      seen: ring || changed,
    };
  });

export function keyboard(shop: () => OperatorShop): void {
  describe('by keyboard alone', () => {
    let editor: OpenEditor;
    before(async () => {
      editor = await shop().open();
      await shape(editor.page, 300);
    });
    after(async () => {
      assert.deepEqual(editor.errors, []);
      await editor.close();
    });

    it('Tab comes to everything that can be pressed, in the order in which it stands, and the focus is seen', async () => {
      const { page } = editor;
      for (const name of VIEWS) {
        await view(page, name);
        const wanted = await page.evaluate(() =>
          [...document.querySelectorAll<HTMLElement>('.shelfwire-panel :is(button, input, select)')]
            .filter((element) => element.getClientRects().length > 0 && !element.matches(':disabled'))
            .map((element) => element.getAttribute('aria-label') ?? element.textContent!.trim())
            .slice(0, 12),
        );
        // Meanwhile it gets older.
        const ageless = (words: string) => words.replace(/(just now|\d+ \S+ ago)$/, '');
        await page.locator(`#shelfwire-tab-${name}`).focus();
        const reached: string[] = [];
        for (const _ of wanted) {
          await page.keyboard.press('Tab');
          const { inside, name: words, seen } = await focused(page);
          assert.ok(inside && seen, `${name}: ${words}`);
          reached.push(ageless(words));
        }
        assert.deepEqual(reached, wanted.map(ageless), name);
      }
    });

    it('Enter pauses and resumes; the focus stays on the button, whatever comes in', async () => {
      const { page } = editor;
      await view(page, 'outlets');
      const row = page.locator('.shelfwire-row', { hasText: 'Airport T3' });
      await row.getByRole('button', { name: 'Pause' }).focus();
      await page.keyboard.press('Enter');
      await row.getByRole('button', { name: 'Resume' }).waitFor();
      await shop().feed('3', ['93409570KEYS1,1.50,1']);
      await row.locator('.shelfwire-is-held', { hasText: '1' }).waitFor();
      assert.equal((await focused(page)).name, 'Resume');
      await page.keyboard.press('Enter');
      await row.getByRole('button', { name: 'Pause' }).waitFor();
      await row.locator('.shelfwire-is-held').waitFor({ state: 'detached' });
      assert.equal((await focused(page)).name, 'Pause');
      // A count is drawn anew each time.
      await row.locator('.shelfwire-is-in_sync').focus();
      await shop().feed('3', ['93409570KEYS2,1.50,1']);
      await row.locator('.shelfwire-is-in_sync', { hasText: '26' }).waitFor();
      assert.equal((await focused(page)).name, '26 in sync');
    });

    it('Enter opens what stands behind a count, Escape goes back', async () => {
      const { page } = editor;
      await page.keyboard.press('Enter');
      await page.getByText('Airport T3: in sync').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement!.id), 'shelfwire-panel');
      await page.locator('.shelfwire-opener').first().waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('.shelfwire-story h3').waitFor();
      await page.keyboard.press('Escape');
      await page.getByText('Airport T3: in sync').waitFor();
    });

    it("an item's story is drawn anew below the focus", async () => {
      const { page } = editor;
      await view(page, 'items');
      await page.locator('.shelfwire-search').fill(REFUSED);
      await page.locator('.shelfwire-opener', { hasText: REFUSED }).focus();
      await page.keyboard.press('Enter');
      const send = page.getByRole('button', { name: 'Send again' });
      await send.focus();
      await shop().feed('1', [`${REFUSED},77.70,1`]);
      await page.locator('.shelfwire-step', { hasText: 'price 77.7' }).first().waitFor();
      assert.equal((await focused(page)).name, 'Send again');
    });

    it('Escape closes an opened push and comes back to its row', async () => {
      const { page } = editor;
      await view(page, 'pushes');
      const opener = page.locator('.shelfwire-opener', { hasText: 'Deira City' }).last();
      await opener.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'CSV' }).focus();
      await page.keyboard.press('Escape');
      assert.equal(await opener.getAttribute('aria-expanded'), 'false');
      assert.equal(await opener.evaluate((element) => element === document.activeElement), true);
    });
  });
}
