/** The pictures of README and docs show what there is: their outlines were made together with them. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { OpenEditor } from '../../support/browser';
import { ROOT } from '../../support/node-red';
import { FLOWS, MAKE, outlineOf, outlineOfTab, SIDEBAR, show, storedOutlines, styleOfSidebar } from '../pictured';
import type { OperatorShop } from './shop';

const STALE = `The picture is older than what it shows: make all anew with ${MAKE}, and look at them`;

export function pictures(shop: () => OperatorShop): void {
  describe('the pictures of README and docs', () => {
    const stored = storedOutlines();
    const files = [...FLOWS, ...SIDEBAR].map(({ file }) => file).sort();

    it('each has its outline, and each is shown', () => {
      assert.deepEqual(globSync('*.png', { cwd: join(ROOT, 'docs/images') }).sort(), files);
      assert.deepEqual(Object.keys(stored.pictures).sort(), files);
      const pages = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })].map((file) =>
        readFileSync(join(ROOT, file), 'utf8'),
      );
      for (const file of files)
        assert.ok(
          pages.some((text) => text.includes(`images/${basename(file)}`)),
          file,
        );
    });

    it('the flows', () => {
      for (const { file, tab } of FLOWS)
        assert.deepEqual(outlineOfTab(tab), stored.pictures[file], `${file}: ${STALE}`);
    });

    it("the sidebar's colours and sizes", () => {
      assert.equal(styleOfSidebar(), stored.style, STALE);
    });

    for (const [theme, language] of [
      ['light', 'en-US'],
      ['dark', 'en-US'],
      ['light', 'ar'],
    ] as const)
      it(`the sidebar, ${theme}, ${language}`, async () => {
        const editor: OpenEditor = await shop().open('anna', { theme, language });
        try {
          for (const picture of SIDEBAR) {
            const { file } = picture;
            if ((picture.theme ?? 'light') !== theme || (picture.language ?? 'en-US') !== language) continue;
            await show(editor.page, picture);
            assert.deepEqual(await outlineOf(editor.page), stored.pictures[file], `${file}: ${STALE}`);
          }
        } finally {
          await editor.close();
        }
      });
  });
}
