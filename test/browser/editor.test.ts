/**
 * The whole pack in the real editor, on the bundled flows: every type is known, every dialog opens in English and Arabic
 * with its texts, and "Done" without an edit changes nothing. SHELFWIRE_SCREENSHOTS=<folder> keeps a picture of each.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type OpenEditor, TestBrowser } from '../support/browser';
import { bundledFlow } from '../support/bundled-flow';
import { ROOT } from '../support/node-red';
import { npmStart, type Started } from '../support/npm-start';
import { type TempFolder, tempFolder } from '../support/temp-folder';
import { cutOff, findings } from './operator/looks';

const sets = Object.keys(
  (require(join(ROOT, 'package.json')) as { 'node-red': { nodes: Record<string, string> } })['node-red'].nodes,
);
const CONFIG = ['shelfwire-ledger', 'shelfwire-outlets', 'shelfwire-broker'];
const IN_PALETTE = sets.filter((type) => !CONFIG.includes(type));
/** The one node that the bundled flows do without. */
const ALSO = {
  id: 'problems-of-the-test',
  type: 'shelfwire-problems',
  z: 'sw-tab-push',
  x: 160,
  y: 420,
  name: '',
  kinds: [],
  quiet: 60,
  growth: 2,
  version: 1,
  wires: [[]],
};
/** Node-RED could not find the text of a key. */
const RAW_KEY = /^(?:[\w@/-]+:)?[a-z]\w*(?:\.[a-z][\w-]*)+$/i;

interface Dialog {
  direction: string | null;
  /** Addresses, variables and templates that would be shown from right to left, so garbled. */
  garbled: string[];
  texts: string[];
  labels: string[];
}

/** Runs in the page. */
function readDialog(form: string): Dialog {
  const root = $(form);
  const texts: string[] = [];
  root.find('label, span, option, button, a, p, th, .form-tips').each(function () {
    if ($(this).children().length === 0) texts.push($(this).text().trim());
  });
  for (const name of ['placeholder', 'title', 'aria-label']) {
    root.find(`[${name}]`).each(function () {
      texts.push($(this).attr(name) ?? '');
    });
  }
  // Where a text was asked for and none came.
  root.find('[data-i18n]').each(function () {
    const key = $(this).attr('data-i18n') ?? '';
    if (!key.startsWith('[') && $(this).text().trim() === '') texts.push(key);
  });
  const labels: string[] = [];
  root.find('.form-row > label:first-child').each(function () {
    labels.push($(this).text().trim());
  });
  const garbled: string[] = [];
  root.find('input, textarea').each(function () {
    if ($(this).attr('type') === 'hidden') return;
    for (const text of [String($(this).val() ?? ''), $(this).attr('placeholder') ?? ''])
      if (/[/{}$=]/.test(text) && $(this).css('direction') !== 'ltr') garbled.push(text);
  });
  return {
    direction: root.attr('dir') ?? null,
    garbled,
    texts: texts.filter((text) => text !== ''),
    labels: labels.filter((text) => text !== ''),
  };
}

/** Runs in the page: what the flow file would hold of this node. */
function stored(id: string): Record<string, unknown> {
  const node = RED.nodes.node(id)!;
  return Object.fromEntries(
    Object.keys(RED.nodes.getType(node.type)!.defaults).map((name) => [name, JSON.stringify(node[name])]),
  );
}

describe('the editor with the bundled flows', function () {
  this.timeout(120_000);
  let data: TempFolder;
  let red: Started;
  const flows = [...bundledFlow().flows, ALSO];
  const sample = (type: string) => flows.find((entry) => entry.type === type)!;

  before(async () => {
    data = tempFolder('editor');
    // Live, so that nothing but the test changes what is shown; nobody listens there.
    red = await npmStart(data.path, { PASONS_URL: 'http://127.0.0.1:1', PASONS_API_KEY: 'none' });
    const deployed = (await (await fetch(`${red.adminUrl}/flows`)).json()) as unknown[];
    const answer = await fetch(`${red.adminUrl}/flows`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify([...deployed, ALSO]),
    });
    assert.equal(answer.status, 204);
  });
  after(async () => {
    await red?.stop();
    data?.remove();
  });

  // Every dialog is opened twice: each language with one of the themes.
  for (const [language, theme] of [
    ['en-US', 'light'],
    ['ar', 'dark'],
  ] as const) {
    describe(`${language}, ${theme}`, () => {
      let editor: OpenEditor;
      let browser: TestBrowser;
      const open = () => browser.open(red.adminUrl, 'sw-pasons-push', { language, theme });
      before(async () => {
        browser = await TestBrowser.start();
        editor = await open();
      });
      after(() => browser?.close());
      // A dialog that stayed open would spoil the next one.
      afterEach(async function () {
        if (this.currentTest?.state !== 'failed') return;
        await editor.close();
        editor = await open();
      });

      it('knows every type and has the fifteen nodes in the palette', async () => {
        const { unknown, palette } = await editor.page.evaluate(() => {
          const shown: { type: string; label: string; icon: string }[] = [];
          $('#red-ui-palette-shelfwire .red-ui-palette-node').each(function () {
            shown.push({
              type: $(this).attr('data-palette-type') ?? '',
              label: $(this).find('.red-ui-palette-label').text(),
              icon: $(this).find('.red-ui-palette-icon').css('background-image'),
            });
          });
          return { unknown: RED.nodes.filterNodes({ type: 'unknown' }).map(({ name }) => name), palette: shown };
        });
        assert.deepEqual(unknown, []);
        assert.deepEqual(palette.map(({ type }) => type).sort(), [...IN_PALETTE].sort());
        assert.equal(palette.length, 15);
        for (const { type, label } of palette) assert.doesNotMatch(label, /palette|shelfwire-/, type);
        assert.equal(new Set(palette.map(({ icon }) => icon)).size, 15, 'each node has an icon of its own');
      });

      for (const type of sets) {
        it(`${type}: the dialog has its texts, nothing is cut off or hard to use, and Done without an edit changes nothing`, async () => {
          const { id } = sample(type);
          const config = CONFIG.includes(type);
          const form = config ? '#node-config-dialog-edit-form' : '#dialog-form';
          const ok = config ? '#node-config-dialog-ok' : '#node-dialog-ok';
          const before = editor.errors.length;
          const held = await editor.page.evaluate(stored, id);
          await editor.page.evaluate(
            ([name, node, isConfig]) => {
              RED.nodes.dirty(false);
              const dialogs = RED.editor as unknown as {
                edit(node: unknown): void;
                editConfig(property: string, type: string, id: string): void;
              };
              if (isConfig) dialogs.editConfig('', name, node);
              else dialogs.edit(RED.nodes.node(node));
            },
            [type, id, config] as const,
          );
          await editor.page.waitForSelector(ok);
          await editor.page.waitForSelector(`${form} .form-row`);
          const { direction, garbled, texts, labels } = await editor.page.evaluate(readDialog, form);
          if (process.env.SHELFWIRE_SCREENSHOTS) {
            await editor.page.waitForTimeout(500);
            await editor.page.screenshot({ path: join(process.env.SHELFWIRE_SCREENSHOTS, `${type}-${language}.png`) });
          }
          assert.ok(labels.length > 0, 'a dialog has labels');
          assert.deepEqual(garbled, []);
          assert.deepEqual(
            texts.filter((text) => RAW_KEY.test(text) && !/^[\d.]+$|\.(com|db)$/.test(text)),
            [],
          );
          if (language === 'ar') {
            assert.equal(direction, 'rtl');
            for (const label of labels) assert.match(label, /[\u0600-\u06ff]|^(QoS|TLS)$/);
          } else assert.notEqual(direction, 'rtl');

          assert.deepEqual(await cutOff(editor.page, form), []);
          assert.deepEqual(await findings(editor.page, form), []);

          await editor.page.click(ok);
          await editor.page.waitForSelector(ok, { state: 'detached' });
          assert.deepEqual(await editor.page.evaluate(stored, id), held);
          const state = await editor.page.evaluate((node) => {
            const { changed, valid, validationErrors } = RED.nodes.node(node)!;
            return { changed: changed === true, dirty: RED.nodes.dirty(), valid, validationErrors };
          }, id);
          assert.deepEqual([state.changed, state.dirty], [false, false]);
          assert.notEqual(state.valid, false, JSON.stringify(state.validationErrors));
          assert.deepEqual(editor.errors.slice(before), []);
        });
      }

      it('has written no error to the console', () => {
        assert.deepEqual(editor.errors, []);
        // Node-RED's list of packs, which tests do not need and a shop without internet does not have.
        const own = editor.complaints.filter((text) => !text.includes('catalogue.nodered.org'));
        assert.deepEqual(own, []);
      });
    });
  }
});
