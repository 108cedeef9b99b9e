/**
 * Three branches on the bundled flow with a simulated Pasons, in a state that an operator meets: most is in sync, one item
 * is refused by name, one has no price, one event names an unknown location, and the clock of one scanner is wrong.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import type { OutletSummary } from '../../../core/ledger/ledger';
import { paradigmBody, paradigmHeaders } from '../../../simulators/paradigm';
import { type PasonsSimulator, startPasons } from '../../../simulators/pasons';
import { type EditorOptions, type OpenEditor, TestBrowser } from '../../support/browser';
import { bundledFlow, entry } from '../../support/bundled-flow';
import { PASONS_KEY, SECRETS, startDemoFlow } from '../../support/demo-flow';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/free-port';
import type { RunningNodeRed } from '../../support/node-red';
import { PASSWORD_HASH, tokenOf, writeSessions } from '../../support/sessions';
import { tempFolder } from '../../support/temp-folder';

export const NAMES = ['Marina Mall', 'Deira City', 'Airport T3'];
export const REFUSED = '9340957005972';
/** Its quantity is told after the feed that said it is in stock. */
export const COUNTED = '9340957010000';
export const INCOMPLETE = '9340957005989';
const ITEMS = 24;
const HOUR = 3_600_000;

const USERS = [
  { username: 'anna', password: PASSWORD_HASH, permissions: '*' },
  { username: 'reader', password: PASSWORD_HASH, permissions: 'read' },
  {
    username: 'nobody',
    password: PASSWORD_HASH,
    permissions: ['flows.read', 'nodes.read', 'plugins.read', 'settings.read', 'library.read'],
  },
];

export type User = 'anna' | 'reader' | 'nobody';

export interface OperatorShop {
  readonly red: RunningNodeRed;
  readonly pasons: PasonsSimulator;
  /** Opens the editor with the sidebar. */
  open(user?: User, options?: EditorOptions): Promise<OpenEditor>;
  /** A price feed with these rows `sku,selling_price,stock_status`. */
  feed(store: string, rows: string[]): Promise<void>;
  outlets(): Promise<OutletSummary[]>;
  ask(method: string, path: string, user?: User): Promise<Response>;
  stop(): Promise<void>;
}

function shopFlow() {
  const flow = bundledFlow();
  const outlets = entry(flow, 'shelfwire-outlets');
  (outlets.rows as { name: string }[]).forEach((row, index) => {
    row.name = NAMES[index]!;
  });
  return flow;
}

export async function startOperatorShop(): Promise<OperatorShop> {
  const folder = tempFolder('operator');
  writeSessions(
    join(folder.path, 'node-red'),
    USERS.map(({ username, permissions }) => ({ name: username, scope: permissions })),
  );
  const pasons = await startPasons({ apiKey: PASONS_KEY, behaviour: { refuse: [REFUSED] } });
  const mqttPort = await freePort();
  const red = await startDemoFlow({
    flow: shopFlow(),
    folder: folder.path,
    port: await freePort(),
    mqttPort,
    pasonsUrl: pasons.url,
    settings: { adminAuth: { type: 'credentials', users: USERS } },
  });
  const browser = await TestBrowser.start();
  const ask = (method: string, path: string, user: User = 'anna') =>
    fetch(`${red.adminUrl}/${path}`, { method, headers: { Authorization: `Bearer ${tokenOf(user)}` } });
  const shop: OperatorShop = {
    red,
    pasons,
    ask,
    async open(user = 'anna', options = {}) {
      const editor = await browser.open(red.adminUrl, 'sw-pasons-push', { ...options, token: tokenOf(user) });
      await editor.page.evaluate(() => RED.sidebar.show('shelfwire'));
      return editor;
    },
    async feed(store, rows) {
      const answer = await fetch(`${red.url}/api/catalogue/${store}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${SECRETS.token}`, 'Content-Type': 'text/csv' },
        body: `sku,selling_price,stock_status\n${rows.join('\n')}\n`,
      });
      if (!answer.ok) throw new Error(`the feed was answered ${answer.status} ${await answer.text()}`);
    },
    outlets: async () => (await (await ask('GET', 'shelfwire/outlets')).json()) as OutletSummary[],
    async stop() {
      await browser.close();
      await red.stop();
      await pasons.stop();
      folder.remove();
    },
  };
  try {
    await trade(shop, mqttPort);
  } catch (thrown) {
    await shop.stop();
    throw thrown;
  }
  return shop;
}

async function trade(shop: OperatorShop, mqttPort: number): Promise<void> {
  const skus = Array.from({ length: ITEMS }, (_, index) => `93409570${String(10_000 + index * 37).padStart(5, '0')}`);
  for (const store of ['1', '2', '3'])
    await shop.feed(
      store,
      skus.map((sku, index) => `${sku},${4 + index}.${index % 2 ? '50' : '95'},${index % 5 ? 1 : 0}`),
    );
  await shop.feed('1', [`${REFUSED},12.40,1`, `${INCOMPLETE},,1`]);
  await paradigm(shop, [
    { productId: COUNTED, newQuantity: '17', location: '1', referenceId: 'SO-12345' },
    { productId: skus[1]!, newQuantity: '4', location: 'Warehouse 9', referenceId: 'SO-12346' },
  ]);
  await scan(mqttPort, 'scanner-1', '1', skus[2]!, 0);
  await scan(mqttPort, 'scanner-2', '2', skus[3]!, -HOUR / 4);
  await eventually(
    async () => {
      const counts = (await shop.outlets()).map((outlet) => outlet.counts);
      assert.deepEqual(
        counts.map((each) => [each.in_sync, each.refused, each.incomplete]),
        // By name: Airport, Deira, Marina.
        [
          [ITEMS, 0, 0],
          [ITEMS, 0, 0],
          [ITEMS, 1, 1],
        ],
      );
      return true;
    },
    30_000,
    'everything at the platform, but what it refuses',
  );
}

async function paradigm(
  shop: OperatorShop,
  events: { productId: string; newQuantity: string; location: string; referenceId: string }[],
): Promise<void> {
  const timestamp = new Date().toISOString();
  const body = paradigmBody(events.map((event) => ({ ...event, timestamp, source: 'SALES_ORDER' as const })));
  const answer = await fetch(`${shop.red.url}/webhook/paradigm/inventory`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...paradigmHeaders(SECRETS.paradigm, body) },
    body,
  });
  if (!answer.ok) throw new Error(`the webhook was answered ${answer.status} ${await answer.text()}`);
}

/** @param offset how far the device's clock is ahead, in milliseconds */
async function scan(port: number, account: string, store: string, sku: string, offset: number): Promise<void> {
  const device = await connectAsync(`mqtt://127.0.0.1:${port}`, { username: account, password: SECRETS.scanner });
  const occurred_at = new Date(Date.now() + offset).toISOString();
  await device.publishAsync(
    `shelfwire/stores/${store}/stock`,
    JSON.stringify({ device_id: account, seq: 1, sku, quantity: 9, occurred_at }),
    { qos: 1 },
  );
  await device.endAsync();
}
