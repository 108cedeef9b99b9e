/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the pictures of README and docs show, and an outline of each in words: kept beside the pictures, made together with
 * them, and compared by a test. So a picture does not go stale unseen. Numbers and times are left out.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundledFlow } from '../support/bundled-flow';
import { ROOT } from '../support/node-red';
import { shape, type ViewName, view } from './operator/looks';
import { REFUSED } from './operator/shop';

export const OUTLINES = 'docs/images/outlines.json';
export const MAKE = 'node dist/test/browser/picture.js';

export interface Outlines {
  /** Of the sidebar's style sheet. */
  style: string;
  /** By the picture's file. */
  pictures: Record<string, string[]>;
}

export const FLOWS = [
  { file: 'flow.png', tab: 'sw-tab-push' },
  { file: 'stock-in.png', tab: 'sw-tab-stock-in' },
  { file: 'catalogue.png', tab: 'sw-tab-catalogue' },
];

export interface SidebarPicture {
  file: string;
  view: ViewName;
  theme?: 'light' | 'dark';
  language?: string;
  /** Opens what it shows. */
  first?(page: Page): Promise<void>;
}

export const SIDEBAR: SidebarPicture[] = [
  { file: 'sidebar-outlets.png', view: 'outlets' },
  { file: 'sidebar-pushes.png', view: 'pushes', first: openPush },
  { file: 'sidebar-items.png', view: 'items', first: openItem },
  { file: 'sidebar-incoming.png', view: 'incoming' },
  { file: 'sidebar-problems.png', view: 'problems' },
  { file: 'sidebar-devices.png', view: 'devices' },
  { file: 'sidebar-dark.png', view: 'problems', theme: 'dark' },
  { file: 'sidebar-arabic.png', view: 'problems', language: 'ar' },
];
export const SIDEBAR_WIDTH = 320;

async function openPush(page: Page): Promise<void> {
  // The one with the refused item, whatever was sent after it.
  await page.locator('.shelfwire-row', { hasText: 'refused: 1' }).locator('.shelfwire-opener').first().click();
  await page.locator('.shelfwire-request').first().waitFor();
}

async function openItem(page: Page): Promise<void> {
  await page.locator('.shelfwire-search').fill(REFUSED);
  await page.locator('.shelfwire-opener', { hasText: REFUSED }).click();
  await page.locator('.shelfwire-story h3').waitFor();
}

/** Brings the sidebar of an open editor to what the picture shows. */
export async function show(page: Page, picture: SidebarPicture): Promise<void> {
  await shape(page, SIDEBAR_WIDTH);
  await view(page, picture.view);
  await picture.first?.(page);
}

/** Names, headings and controls of the sidebar, each once: what a person reads that is the same in every run. */
export async function outlineOf(page: Page): Promise<string[]> {
  const lines = await page.evaluate(() => {
    const found: string[] = [];
    const wanted = 'button, h3, h4, label, option, th, p, .shelfwire-name, input, [aria-label], .shelfwire-trouble';
    for (const element of document.querySelectorAll<HTMLElement>(
      wanted
        .split(', ')
        .map((each) => `.shelfwire-sidebar ${each}`)
        .join(),
    )) {
      if (element.tagName !== 'OPTION' && element.getClientRects().length === 0) continue;
      // A row's title holds when it was; its name is told by itself.
      const text = element.matches('.shelfwire-opener, .shelfwire-folder:has(bdi), .shelfwire-quiet, ul, li')
        ? ''
        : (element.textContent ?? '');
      const words = [text, element.getAttribute('aria-label') ?? '', element.getAttribute('placeholder') ?? '']
        .map((each) => each.replace(/\s+/g, ' ').trim())
        .filter(Boolean);
      for (const each of words) found.push(`${element.tagName.toLowerCase()} ${each}`);
    }
    return found;
  });
  return inOrder(lines.map((line) => line.replace(/[\p{Nd}]+(?:[.,:٫٬][\p{Nd}]+)*/gu, '#')));
}

/** A tab of the bundled flow: what stands where, wired to what. */
export function outlineOfTab(tab: string): string[] {
  const entries = bundledFlow().flows.filter(({ z }) => z === tab);
  return inOrder(
    entries.map(({ type, name, id, x, y, w, h, wires }) =>
      [type, JSON.stringify(name ?? ''), id, `at ${x},${y}`, w ? `${w}x${h}` : '', wires ? JSON.stringify(wires) : '']
        .filter(Boolean)
        .join(' '),
    ),
  );
}

/** Colours and sizes, as far as they are ours. */
export function styleOfSidebar(): string {
  const [style] = readFileSync(join(ROOT, 'editor/shelfwire.html'), 'utf8').split('/* In dialogs */');
  return createHash('sha256').update(style!).digest('hex').slice(0, 16);
}

export function storedOutlines(): Outlines {
  return JSON.parse(readFileSync(join(ROOT, OUTLINES), 'utf8')) as Outlines;
}

const inOrder = (lines: string[]): string[] => [...new Set(lines)].sort();
