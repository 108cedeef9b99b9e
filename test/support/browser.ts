/**
 * Node-RED's editor in a real browser: the Chromium inside @sparticuz/chromium, or the one that CHROMIUM_PATH names.
 * Errors of the page are collected, so that a test can fail on them.
 */
import { readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

export interface OpenEditor {
  page: Page;
  /** What the page threw. */
  errors: string[];
  /** What it wrote to the console as an error. */
  complaints: string[];
  /** Opens the dialog of a node. */
  edit(id: string): Promise<void>;
  /** Waits until the dialog that was opened last stands still: a press on a moving one hits nothing. */
  atRest(): Promise<void>;
  /** Presses Done and waits until the dialog has gone. */
  done(): Promise<void>;
  close(): Promise<void>;
}

async function launch(): Promise<Browser> {
  const own = process.env.CHROMIUM_PATH;
  if (own) return chromium.launch({ executablePath: own });
  // Set before the package is loaded: it then brings its system libraries.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs24.x';
  const { default: packed } = await import('@sparticuz/chromium');
  // In a single process the whole browser ends with the first page that is closed.
  const args = packed.args.filter((each) => each !== '--single-process');
  return chromium.launch({ executablePath: await packed.executablePath(), args });
}

/** The packed browser has no Arabic letters: they come from a font package, under the name that the editor asks for first. */
function arabicLetters(): string {
  const file = require.resolve('@fontsource/noto-sans-arabic/files/noto-sans-arabic-arabic-400-normal.woff2');
  const source = `url(data:font/woff2;base64,${readFileSync(file).toString('base64')})`;
  return `@font-face { font-family: 'Helvetica Neue'; src: ${source}; unicode-range: U+0600-06FF, U+FB50-FDFF, U+FE70-FEFF; }`;
}

export interface EditorOptions {
  language?: string;
  /** Of Node-RED 5's own setting. */
  theme?: 'light' | 'dark';
  /** Somebody is logged in with this access token. */
  token?: string;
}

/** One browser for several editors, each with a session of its own. */
export class TestBrowser {
  private readonly browser: Browser;

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    return new TestBrowser(await launch());
  }

  /** @param adminUrl without a trailing slash; the flows have to hold node `id` before this resolves */
  async open(adminUrl: string, id: string, options: EditorOptions = {}): Promise<OpenEditor> {
    const { language = 'en-US', theme = 'light', token } = options;
    const context = await this.browser.newContext({
      viewport: { width: 1400, height: 1000 },
      locale: language,
      storageState: {
        cookies: [],
        origins: [{ origin: new URL(adminUrl).origin, localStorage: remembered(adminUrl, theme, token) }],
      },
    });
    try {
      const page = await context.newPage();
      return await editorIn(page, adminUrl, id, language, () => context.close());
    } catch (thrown) {
      await context.close();
      throw thrown;
    }
  }

  /** A page of a session of its own, nothing loaded yet. @param token of who is logged in to the editor in this browser */
  async page(
    adminUrl: string,
    options: EditorOptions & { size?: [width: number, height: number] } = {},
  ): Promise<Page> {
    const { language = 'en-US', theme = 'light', token, size: [width, height] = [1920, 1080] } = options;
    const localStorage = token === undefined ? [] : remembered(adminUrl, theme, token);
    const context = await this.browser.newContext({
      viewport: { width, height },
      locale: language,
      colorScheme: theme,
      storageState: { cookies: [], origins: [{ origin: new URL(adminUrl).origin, localStorage }] },
    });
    return context.newPage();
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

/** As the editor keeps it, the token under the path that the editor was opened by. */
function remembered(adminUrl: string, theme: string, token?: string): { name: string; value: string }[] {
  const path = new URL(`${adminUrl}/`).pathname.slice(0, -1).replaceAll('/', '-');
  return [
    { name: 'view-dark-theme', value: theme },
    ...(token === undefined ? [] : [{ name: `auth-tokens${path}`, value: JSON.stringify({ access_token: token }) }]),
  ];
}

/** @param adminUrl without a trailing slash; the flows have to hold node `id` before this resolves */
export async function openEditor(adminUrl: string, id: string, language = 'en-US'): Promise<OpenEditor> {
  const browser = await TestBrowser.start();
  try {
    const editor = await browser.open(adminUrl, id, { language });
    return { ...editor, close: () => browser.close() };
  } catch (thrown) {
    await browser.close();
    throw thrown;
  }
}

async function editorIn(
  page: Page,
  adminUrl: string,
  id: string,
  language: string,
  close: () => Promise<void>,
): Promise<OpenEditor> {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  await page.goto(`${adminUrl}/`);
  if (language === 'ar') await page.addStyleTag({ content: arabicLetters() });
  await page
    .waitForFunction((node) => typeof RED !== 'undefined' && !!RED.nodes?.node(node), id)
    .catch((thrown: Error) => {
      throw new Error(`${thrown.message}\n${[...errors, ...complaints].join('\n')}`);
    });
  // Until its tray has come to rest, Node-RED ignores Done and still resizes panes that may be gone by then.
  const atRest = async () => {
    await page.waitForFunction("document.querySelector('#red-ui-editor-stack').style.zIndex === '13'");
  };
  return {
    page,
    errors,
    complaints,
    async edit(node) {
      await page.evaluate((name) => RED.editor.edit?.(RED.nodes.node(name)!), node);
      await page.waitForSelector('#node-dialog-ok');
      await atRest();
    },
    atRest,
    async done() {
      await page.click('#node-dialog-ok');
      await page.waitForSelector('#node-dialog-ok', { state: 'detached' });
    },
    close,
  };
}
