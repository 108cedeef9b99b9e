/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What a person would stumble over, measured: clipped or overlapping text, contrast, names that are missing. Runs in the page. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

export const VIEWS = ['outlets', 'pushes', 'items', 'incoming', 'problems', 'devices'] as const;
export type ViewName = (typeof VIEWS)[number];

/** @param height of the window: the sidebar gets the upper part of it */
export async function shape(page: Page, width: number, height = 1000): Promise<void> {
  await page.setViewportSize({ width: 1200, height });
  await page.evaluate((pixels) => {
    document.querySelector<HTMLElement>('#red-ui-sidebar')!.style.width = `${pixels}px`;
  }, width);
}

/** Goes to a view and waits until it shows what it has. */
export async function view(page: Page, name: ViewName): Promise<void> {
  await page.locator(`#shelfwire-tab-${name}`).click();
  await page
    .locator('.shelfwire-panel')
    .locator(name === 'items' ? '.shelfwire-search' : '.shelfwire-row')
    .first()
    .waitFor();
}

/** Texts that are wider than their place, rows that lie on each other, what sticks out of the sidebar. */
export function misplaced(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const sidebar = document.querySelector('.shelfwire-sidebar')!;
    const found: string[] = [];
    const shown = (element: Element) => element.getClientRects().length > 0;
    const nameOf = (element: Element) =>
      `${element.tagName}.${element.className}: ${element.textContent?.slice(0, 40)}`;
    const panel = sidebar.querySelector('.shelfwire-panel')!.getBoundingClientRect();
    for (const element of sidebar.querySelectorAll<HTMLElement>('*')) {
      if (!shown(element) || element.tagName === 'OPTION') continue;
      const { overflowX } = getComputedStyle(element);
      // An inline element has no width of its own.
      if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 && overflowX !== 'auto')
        found.push(`clipped ${nameOf(element)}: ${element.scrollWidth} > ${element.clientWidth}`);
      const box = element.getBoundingClientRect();
      if (element.closest('.shelfwire-panel') && (box.left < panel.left - 1 || box.right > panel.right + 1))
        found.push(`sticks out ${nameOf(element)}`);
    }
    const texts = [...sidebar.querySelectorAll<HTMLElement>('button, input, select, .shelfwire-row > *')].filter(shown);
    for (const [index, one] of texts.entries())
      for (const other of texts.slice(index + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        const a = one.getBoundingClientRect();
        const b = other.getBoundingClientRect();
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // What is scrolled away lies behind the tabs, but is not seen.
        const behind = !!one.closest('.shelfwire-tabs') !== !!other.closest('.shelfwire-tabs');
        if (wide > 1 && high > 1 && !behind) found.push(`overlap ${nameOf(one)} / ${nameOf(other)}`);
      }
    const tabs = sidebar.querySelector('.shelfwire-tabs')!;
    if (tabs.scrollWidth > tabs.clientWidth + 1) found.push(`tabs: ${tabs.scrollWidth} > ${tabs.clientWidth}`);
    return found;
  });
}

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  id: string;
  impact: string | null;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** Serious and critical findings of axe in what is ours, each in a line. */
export async function findings(page: Page, within = '.shelfwire-sidebar'): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const found = (await page.evaluate(
    (selector) =>
      (window as unknown as { axe: { run(where: object, options: object): Promise<{ violations: unknown[] }> } }).axe
        // Node-RED puts inputs there that catch what browsers fill in by themselves.
        .run({ include: [selector], exclude: ['[id^=red-ui-trap]'] }, { resultTypes: ['violations'] })
        .then(({ violations }) => violations),
    within,
  )) as Finding[];
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
}

/** Of a dialog: labels and buttons that are cut off, and choices that their list is too narrow for. */
export function cutOff(page: Page, form: string): Promise<string[]> {
  return page.evaluate((selector) => {
    const found: string[] = [];
    const root = document.querySelector(selector)!;
    const shown = (element: Element) => element.getClientRects().length > 0;
    const pen = document.createElement('canvas').getContext('2d')!;
    /** Of the arrow, and of Node-RED's own padding. */
    const ARROW = 24;
    for (const select of root.querySelectorAll('select')) {
      if (!shown(select)) continue;
      const { font, paddingLeft, paddingRight } = getComputedStyle(select);
      pen.font = font;
      const room =
        select.clientWidth - Math.max(ARROW, Number.parseFloat(paddingLeft) + Number.parseFloat(paddingRight));
      for (const { text } of select.options) {
        const wide = Math.ceil(pen.measureText(text).width);
        if (wide > room) found.push(`${select.id || select.className}: "${text}" ${wide} > ${room}`);
      }
    }
    for (const element of root.querySelectorAll<HTMLElement>('label, button, a, span, .form-tips')) {
      if (!shown(element)) continue;
      if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
        found.push(`clipped ${element.className} "${element.textContent?.trim().slice(0, 40)}"`);
    }
    return found;
  }, form);
}
