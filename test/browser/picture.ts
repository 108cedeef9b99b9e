/**
 * Makes the pictures of README and docs anew: the flows from the real editor while the demo trades, the sidebar from the
 * shop that the browser tests use. `node dist/test/browser/picture.js`. Chromium and fonts are those of the tests,
 * and an outline of each picture is kept for the test that says when they are old.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEditor } from '../support/browser';
import { eventually } from '../support/eventually';
import { ROOT } from '../support/node-red';
import { npmStart } from '../support/npm-start';
import { tempFolder } from '../support/temp-folder';
import { type OperatorShop, startOperatorShop } from './operator/shop';
import {
  FLOWS,
  OUTLINES,
  type Outlines,
  outlineOf,
  outlineOfTab,
  SIDEBAR,
  SIDEBAR_WIDTH,
  type SidebarPicture,
  show,
  styleOfSidebar,
} from './pictured';

const outlines: Outlines = { style: styleOfSidebar(), pictures: {} };
const MARGIN = 40;
/** The bar of tabs above the workspace, and the header of the editor. */
const ABOVE = 36 + 40;

/** Until the simulated platform has got something, so that the nodes show what they do. */
async function somethingArrived(logs: () => string): Promise<void> {
  const address = await eventually(
    () => /simulated platform (\S+)/.exec(logs())?.[1],
    30_000,
    'the simulated platform',
  );
  await eventually(
    async () => ((await (await fetch(address)).json()) as { requests: number }).requests > 3,
    60_000,
    'a push to the simulated platform',
  );
}

interface Box {
  x: number;
  y: number;
  w?: number;
  h?: number;
}

interface Workspace {
  nodes: { filterNodes(by: { z: string }): Box[]; groups(z: string): Box[] };
  workspaces: { show(id: string): void };
}

/** Runs in the page: where the flow ends; null while it is not drawn. */
function sizeOf(tab: string): { width: number; height: number } | null {
  const { nodes } = RED as unknown as Workspace;
  // A node's place is its middle, a group's its corner.
  const ends = [
    ...nodes.filterNodes({ z: tab }).map(({ x, y, w, h }) => [x + w! / 2, y + h! / 2] as const),
    ...nodes.groups(tab).map(({ x, y, w, h }) => [x + w!, y + h!] as const),
  ];
  const width = Math.max(...ends.map(([x]) => x));
  const height = Math.max(...ends.map(([, y]) => y));
  return width > 0 && height > 0 ? { width, height } : null;
}

async function sidebarPictures(): Promise<void> {
  const shop = await startOperatorShop();
  try {
    for (const picture of SIDEBAR) await sidebarPicture(shop, picture);
  } finally {
    await shop.stop();
  }
}

/** Runs in the page: out of Node-RED's half of a sidebar, as high as what it shows. */
function takeOut(width: number): void {
  const sidebar = document.querySelector<HTMLElement>('.shelfwire-sidebar')!;
  document.querySelector('.red-ui-editor')!.append(sidebar);
  const background = 'var(--red-ui-secondary-background)';
  Object.assign(sidebar.style, { position: 'fixed', top: 0, left: 0, zIndex: 1_000, width: `${width}px`, background });
  sidebar.style.height = 'max-content';
  sidebar.style.maxHeight = '640px';
}

async function sidebarPicture(shop: OperatorShop, picture: SidebarPicture): Promise<void> {
  const { file, theme = 'light', language = 'en-US' } = picture;
  const { page, close } = await shop.open('anna', { theme, language });
  try {
    await show(page, picture);
    outlines.pictures[file] = await outlineOf(page);
    await page.evaluate(takeOut, SIDEBAR_WIDTH);
    await page.mouse.move(0, 0);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.waitForTimeout(500);
    await page.locator('.shelfwire-sidebar').screenshot({ path: join(ROOT, 'docs/images', file) });
    console.log(`docs/images/${file}`);
  } finally {
    await close();
  }
}

async function main(): Promise<void> {
  await flowPictures();
  await sidebarPictures();
  writeFileSync(join(ROOT, OUTLINES), `${JSON.stringify(outlines, null, 2)}\n`);
}

async function flowPictures(): Promise<void> {
  const data = tempFolder('picture');
  const started = await npmStart(data.path);
  try {
    await somethingArrived(started.logs);
    const { page, close } = await openEditor(started.adminUrl, 'sw-pasons-push');
    try {
      mkdirSync(join(ROOT, 'docs/images'), { recursive: true });
      await page.evaluate(() => {
        RED.actions.invoke('core:toggle-left-sidebar');
        RED.actions.invoke('core:toggle-right-sidebar');
      });
      for (const { file, tab } of FLOWS) {
        outlines.pictures[file] = outlineOfTab(tab);
        await page.evaluate((id) => (RED as unknown as Workspace).workspaces.show(id), tab);
        const size = await eventually(() => page.evaluate(sizeOf, tab), 10_000, `${tab} is drawn`);
        await page.setViewportSize({
          width: Math.ceil(size.width + MARGIN),
          height: Math.ceil(ABOVE + size.height + MARGIN),
        });
        // The layout follows the window, and statuses come in.
        await page.waitForTimeout(1500);
        await page.screenshot({ path: join(ROOT, 'docs/images', file) });
        console.log(`docs/images/${file}`);
      }
    } finally {
      await close();
    }
  } catch (thrown) {
    console.error(started.logs());
    throw thrown;
  } finally {
    await started.stop();
    data.remove();
  }
}

main().catch((thrown) => {
  console.error(thrown);
  process.exitCode = 1;
});
