/** The sidebar in the editor of another Node-RED (4.1 has other sidebars than 5): for `npm run check:package`. */
import assert from 'node:assert/strict';
import { openEditor } from '../support/browser';
import type { FlowEntry } from '../support/node-red';
import { event, injectEvents, LEDGER, oneOutlet, recordStock, TAB } from '../support/small-shop';
import { findings, misplaced } from './operator/looks';

/** One outlet that has something to send and that nothing carries, and a price that is missing: two problems. */
export const SIDEBAR_FLOW: FlowEntry[] = [
  TAB,
  LEDGER,
  oneOutlet('Marina Mall'),
  injectEvents('inject', [event('WHOLE', { selling_price: '12.40' }), event('NO-PRICE')], true),
  recordStock(),
];

/** Opens, shows outlets, has its number on the tab, does what its buttons say. */
export async function sidebarWorks(adminUrl: string): Promise<void> {
  const editor = await openEditor(adminUrl, 'record');
  const { page } = editor;
  try {
    await page.evaluate(() => RED.actions.invoke('shelfwire:show-sidebar'));
    const row = page.locator('.shelfwire-row', { hasText: 'Marina Mall' });
    await row.locator('.shelfwire-is-waiting', { hasText: '1' }).waitFor();
    await page.locator('.shelfwire-badge:visible', { hasText: '2' }).waitFor();
    assert.deepEqual(await misplaced(page), []);
    assert.deepEqual(await findings(page), []);
    await row.getByRole('button', { name: 'Pause' }).click();
    await row.locator('.shelfwire-is-held', { hasText: '1' }).waitFor();
    await row.getByRole('button', { name: 'Resume' }).click();
    await row.locator('.shelfwire-is-waiting', { hasText: '1' }).waitFor();
    for (const [tab, text] of [
      ['Pushes', 'No pushes'],
      ['Items', 'Type a SKU'],
      ['Incoming', 'NO-PRICE'],
      ['Problems', 'incomplete items: 1'],
      ['Devices', 'No device'],
    ] as const) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      await page.locator('.shelfwire-panel', { hasText: text }).waitFor();
      assert.deepEqual(await misplaced(page), [], tab);
    }
    assert.deepEqual(editor.errors, []);
  } finally {
    await editor.close();
  }
}
