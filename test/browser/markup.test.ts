/** Names, SKUs, statuses and a platform's answers are text in the editor, whatever they hold: no script, no element. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type OpenEditor, openEditor } from '../support/browser';
import { eventually } from '../support/eventually';
import { type FlowEntry, ROOT, type RunningNodeRed, startNodeRed } from '../support/node-red';

/** Leaves an element when it is taken for markup, and a mark when it runs. */
const EVIL = `"'><img src=x class=evil onerror="window.evil=1"><script>window.evil=1</script>`;
const SKU = `A${EVIL}`;

describe('markup in data', function () {
  this.timeout(90_000);
  let platform: Server;
  let red: RunningNodeRed;
  let editor: OpenEditor;

  /** The bundled flow with the mark in every name and every table, and what the operator sees of it. */
  function flows(endpoint: string): FlowEntry[] {
    const all = JSON.parse(readFileSync(join(ROOT, 'flows/flows.json'), 'utf8')) as FlowEntry[];
    const kept = all.filter(({ type }) => !['group', 'inject', 'junction'].includes(type));
    for (const node of kept) {
      delete node.g;
      if (node.type !== 'tab') node.name = `${node.type} ${EVIL}`;
      if (Array.isArray(node.storeMap)) node.storeMap = [{ location: EVIL, store_id: EVIL }];
      if (node.type === 'shelfwire-ledger') Object.assign(node, { file: 'ledger.db', publicUrl: EVIL, timeZone: '' });
      if (node.type === 'shelfwire-broker')
        Object.assign(node, {
          host: '127.0.0.1',
          port: '0',
          accounts: [{ account: EVIL, store_id: EVIL, name: EVIL, slot: 0 }],
        });
      if (node.type === 'shelfwire-outlets')
        Object.assign(node, {
          endpoint,
          auth: 'none',
          headers: [{ name: 'X-Evil', value: EVIL }],
          rows: [EVIL, '2'].map((store_id) => ({
            store_id,
            name: `Shop ${EVIL}`,
            push_enabled: true,
            auto: true,
            endpoint: '',
            keyRef: '',
          })),
        });
      if (node.type === 'shelfwire-changed-stock') Object.assign(node, { linger: 0.05, stores: [] });
      if (node.type === 'shelfwire-retry') node.attempts = 1;
      if (node.type === 'debug')
        Object.assign(node, {
          active: true,
          complete: 'true',
          tosidebar: true,
          tostatus: true,
          statusVal: 'error',
          statusType: 'auto',
        });
    }
    const record = kept.find(({ type }) => type === 'shelfwire-record-stock')!;
    const event = (sku: string, more = {}) => ({
      store_id: EVIL,
      sku,
      selling_price: '1.00',
      stock_status: 1,
      reference_id: EVIL,
      event_type: EVIL,
      source: EVIL,
      occurred_at: '2025-08-01T22:30:00Z',
      ...more,
    });
    return [
      ...kept,
      {
        id: 'give',
        type: 'inject',
        z: record.z,
        x: 90,
        y: 600,
        name: EVIL,
        once: false,
        props: [{ p: 'payload' }],
        payloadType: 'json',
        payload: JSON.stringify([event(SKU), event('B'), event(`C${EVIL}`, { selling_price: EVIL })]),
        wires: [[record.id]],
      },
    ];
  }

  before(async () => {
    platform = http.createServer((_req, res) => {
      res.writeHead(422, { 'Content-Type': 'application/json' });
      res.end(
        JSON.stringify({
          message: EVIL,
          errors: [
            { sku: SKU, code: EVIL, message: EVIL },
            { sku: 'B', code: EVIL, message: EVIL },
          ],
        }),
      );
    });
    await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve));
    const { port } = platform.address() as AddressInfo;
    const env = {
      SHELFWIRE_API_TOKEN: 't'.repeat(10),
      PARADIGM_WEBHOOK_SECRET: 's'.repeat(10),
      MIPOS_CLIENT_SECRET: 's'.repeat(10),
      SCANNER_PASSWORD: 'p'.repeat(10),
      PASONS_API_KEY: 'k'.repeat(10),
      PARADIGM_API_KEY: 'k'.repeat(10),
      PARADIGM_URL: 'http://127.0.0.1:9/api',
      SHELFWIRE_MQTT_PORT: '0',
      SHELFWIRE_MQTT_HOST: '127.0.0.1',
    };
    red = await startNodeRed({ flows: flows(`http://127.0.0.1:${port}/{store_id}`), env });
    editor = await openEditor(red.adminUrl, 'give');
    editor.page.setDefaultTimeout(15_000);
    await fetch(`${red.adminUrl}/inject/give`, { method: 'POST' });
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
    platform?.closeAllConnections();
    await new Promise((resolve) => (platform ? platform.close(resolve) : resolve(null)));
  });
  afterEach(async () => {
    const { page } = editor;
    assert.equal(await page.evaluate('window.evil'), undefined, 'a script of the data has run');
    assert.equal(await page.locator('img.evil, img[src="x"]').count(), 0, 'data has become an element');
    assert.deepEqual(editor.errors, []);
  });

  it('is text in the sidebar: outlets, pushes with their answers, items with their story', async () => {
    const { page } = editor;
    await page.evaluate(() => RED.sidebar.show('shelfwire'));
    await page.locator('.shelfwire-row', { hasText: '<img src=x' }).first().waitFor();
    await eventually(async () => {
      const { pushes } = (await (await fetch(`${red.adminUrl}/shelfwire/pushes`)).json()) as {
        pushes: { finished_at: string | null; refused: number }[];
      };
      return pushes.some(({ refused }) => refused === 2);
    }, 20_000);
    await page.getByRole('tab', { name: 'Pushes' }).click();
    await page.locator('.shelfwire-opener:visible').first().click();
    await page.locator('.shelfwire-detail', { hasText: '<img src=x' }).first().waitFor();
    await page.getByRole('tab', { name: 'Items' }).click();
    await page.getByPlaceholder('SKU or barcode').fill('A');
    await page.locator('.shelfwire-opener:visible', { hasText: '<img src=x' }).first().click();
    await page.locator('.shelfwire-story:visible', { hasText: '<img src=x' }).waitFor();
  });

  it('is text in the debug sidebar and on the nodes', async () => {
    const { page } = editor;
    await page.evaluate(() => RED.sidebar.show('debug'));
    await fetch(`${red.adminUrl}/inject/give`, { method: 'POST' });
    await page.locator('.red-ui-debug-msg', { hasText: '<img' }).first().waitFor();
    assert.ok((await page.locator('.red-ui-flow-node-label', { hasText: '<img' }).count()) > 5);
  });

  it('is text in every dialog', async () => {
    const { page } = editor;
    const nodes = (flows('http://127.0.0.1:9') as { id: string; type: string; z?: string }[]).filter(({ type }) =>
      type.startsWith('shelfwire-'),
    );
    const seen = new Set<string>();
    for (const { id, type, z } of nodes) {
      if (seen.has(type)) continue;
      seen.add(type);
      if (z) {
        await editor.edit(id);
        await page.click('#node-dialog-cancel');
        await page.waitForSelector('#node-dialog-cancel', { state: 'detached' });
      } else {
        await page.evaluate(
          ([name, kind]) =>
            (RED.editor as unknown as { editConfig(...args: unknown[]): void }).editConfig('', kind, name),
          [id, type],
        );
        await page.waitForSelector('#node-config-dialog-cancel');
        await page.waitForFunction("document.querySelector('#red-ui-editor-stack').style.zIndex === '13'");
        await page.click('#node-config-dialog-cancel');
        await page.waitForSelector('#node-config-dialog-cancel', { state: 'detached' });
      }
      assert.equal(await page.locator('img.evil, img[src="x"]').count(), 0, type);
    }
    assert.equal(seen.size, 17);
  });
});
