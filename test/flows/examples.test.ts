/** The flows under Import → Examples: imported, deployed and run, all in one Node-RED, as an operator might try them. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import type { EventCounts, ItemStory, OutletSummary, PushRecord } from '../../core/ledger/ledger';
import { miposHeaders } from '../../simulators/mipos';
import { type ParadigmApi, paradigmBody, paradigmHeaders, startParadigmApi } from '../../simulators/paradigm';
import { type PasonsSimulator, startPasons } from '../../simulators/pasons';
import { bundledFlow } from '../support/bundled-flow';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { type FlowEntry, ROOT, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { type TempFolder, tempFolder } from '../support/temp-folder';

interface Example {
  file: string;
  /** `01`, `02`, … */
  number: string;
  text: string;
  nodes: FlowEntry[];
}

const FOLDER = join(ROOT, 'examples');

const examples: Example[] = readdirSync(FOLDER)
  .sort()
  .map((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    return { file, number: file.slice(0, 2), text, nodes: JSON.parse(text) as FlowEntry[] };
  });

const ofType = (nodes: FlowEntry[], type: string) => nodes.filter((node) => node.type === type);
const paths = (nodes: FlowEntry[]) =>
  nodes.flatMap(({ path, healthPath, url, type }) => [path, healthPath, type === 'http in' ? url : undefined]);
const shops = (nodes: FlowEntry[]) =>
  nodes.flatMap(({ rows, platform }) =>
    ((rows ?? []) as { store_id: string }[]).map((row) => `${platform}:${row.store_id}`),
  );

describe('the examples, as they are written', () => {
  it('show every node type of the pack', () => {
    const { 'node-red': pack } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const shown = new Set(examples.flatMap(({ nodes }) => nodes.map(({ type }) => type)));
    const types = Object.keys(pack.nodes);
    assert.equal(types.length, 18);
    assert.deepEqual(
      types.filter((type) => !shown.has(type)),
      [],
    );
  });

  for (const { file, number, nodes } of examples) {
    it(`${file}: says what to do, is whole, and holds no secret`, () => {
      assert.match(file, /^\d\d - .+\.json$/);
      const known = new Set(nodes.map(({ id }) => id));
      assert.equal(known.size, nodes.length, 'an id is there twice');
      const [note] = ofType(nodes, 'comment');
      assert.ok(String(note?.info).length > 200 && /\bDeploy\b|deploy\b/.test(String(note?.info)), 'no instructions');
      assert.equal(ofType(nodes, 'tab').length, 1);
      for (const node of nodes) {
        assert.match(node.id, new RegExp(`^ex${number}-[a-z0-9-]+$`));
        assert.ok(node.z === undefined || node.z === `ex${number}-tab`);
        for (const target of ((node.wires ?? []) as string[][]).flat()) assert.ok(known.has(target), target);
        for (const name of ['ledger', 'outlets', 'broker'])
          if (typeof node[name] === 'string' && node[name].startsWith('ex')) assert.ok(known.has(node[name]), name);
        const { user: _, ...secrets } = (node.credentials ?? {}) as Record<string, string>;
        for (const secret of Object.values(secrets)) assert.match(secret, /^\$\{[A-Z_]+\}$/);
      }
      for (const { file: ledger } of ofType(nodes, 'shelfwire-ledger'))
        assert.equal(ledger, `shelfwire/example-${number}.db`);
      const places = nodes.filter(({ x }) => x !== undefined).map(({ x, y }) => `${x},${y}`);
      assert.equal(new Set(places).size, places.length, 'two nodes lie on each other');
    });
  }

  it('can be imported beside each other and beside the bundled flows', () => {
    const all = [bundledFlow().flows, ...examples.map(({ nodes }) => nodes)];
    for (const list of [
      all.flatMap((nodes) => nodes.map(({ id }) => id)),
      all.flatMap(paths).filter((path) => typeof path === 'string' && path !== ''),
      all.flatMap(shops),
    ])
      assert.deepEqual(
        list.filter((one, index) => list.indexOf(one) !== index),
        [],
      );
  });
});

describe('the examples, deployed', function () {
  this.timeout(60_000);
  const TOKEN = 'token-of-the-test';
  const env = {
    PARADIGM_WEBHOOK_SECRET: 'secret of paradigm',
    MIPOS_CLIENT_SECRET: 'secret of mipos',
    SHOPIFY_WEBHOOK_SECRET: 'secret of shopify',
    SCANNER_PASSWORD: 'secret of scanners',
    SHELFWIRE_API_TOKEN: TOKEN,
    PARADIGM_API_KEY: 'key of paradigm',
  };
  let folder: TempFolder;
  let red: RunningNodeRed;
  let pasons: PasonsSimulator;
  let paradigm: ParadigmApi;
  let broker: { port: number; stop(): Promise<void> };

  before(async () => {
    folder = tempFolder('examples');
    pasons = await startPasons();
    paradigm = await startParadigmApi({ apiKey: env.PARADIGM_API_KEY, products: 1200 });
    broker = await otherBroker();
    // Below `demo`, so that the ledgers take simulated numbers.
    const userDir = join(folder.path, 'demo');
    mkdirSync(userDir);
    red = await startNodeRed({
      flows: [],
      userDir,
      settings: { mqttReconnectTime: 100 },
      env: { ...env, SHELFWIRE_DATA: folder.path, PARADIGM_URL: `${paradigm.url}/api` },
    });
    const port = String(await freePort());
    const flows = examples.flatMap(({ text }) => {
      const local = text
        .replaceAll('http://127.0.0.1:4010', pasons.url)
        .replaceAll('mqtt://127.0.0.1:1883', `mqtt://127.0.0.1:${broker.port}`)
        .replaceAll('http://127.0.0.1:1880', red.url)
        .replaceAll('"1884"', `"${port}"`);
      return JSON.parse(local) as FlowEntry[];
    });
    for (const node of flows) {
      if (node.type === 'tab') node.disabled = false;
      if (node.type === 'debug') node.console = true;
    }
    await red.deploy(flows);
  });
  after(async () => {
    await red?.stop();
    await broker?.stop();
    await paradigm?.stop();
    await pasons?.stop();
    folder?.remove();
  });

  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${red.adminUrl}${path}`);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const press = async (id: string) => {
    const answer = await fetch(`${red.adminUrl}/inject/${id}`, { method: 'POST' });
    assert.equal(answer.status, 200, `button ${id}`);
  };
  const post = (path: string, body: string, headers: Record<string, string>) =>
    fetch(red.url + path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
  const counts = async (number: string) => (await get<{ counts: EventCounts }>(`/example-${number}/health`)).counts;
  const stored = (number: string, accepted: number) =>
    eventually(async () => (await counts(number)).accepted === accepted, 15_000, `${accepted} stored by ${number}`);
  const story = (number: string, sku: string) => get<ItemStory>(`/shelfwire/items/shop-${number}/${sku}`);
  const shown = (number: string) => pasons.store.items(`shop-${number}`);
  const arrived = (number: string, count: number) =>
    eventually(() => shown(number).length === count, 15_000, `${count} items of example ${number} at the platform`);

  it('01: a signed Paradigm webhook is stored, an unsigned one changes nothing', async () => {
    const body = paradigmBody({
      productId: '1015AW',
      oldQuantity: '100',
      newQuantity: '95',
      timestamp: '2025-08-01T22:30:00Z',
      source: 'SALES_ORDER',
      referenceId: 'SO-12345',
    });
    assert.equal((await post('/example-01/paradigm', body, {})).status, 401);
    assert.equal((await post('/example-01/paradigm', body, paradigmHeaders('another', body))).status, 401);
    assert.equal((await counts('01')).received, 0);
    const answer = await post('/example-01/paradigm', body, paradigmHeaders(env.PARADIGM_WEBHOOK_SECRET, body));
    assert.equal(answer.status, 200);
    assert.equal(((await answer.json()) as EventCounts).accepted, 1);
    assert.equal((await story('01', '1015AW')).quantity, '95');
  });

  it('02: a signed MiPOS webhook is answered 204 without a body', async () => {
    const body =
      '{"pos_id":"3","inventory_system_id":"4344be8c","current_stock":"95.50","quantity":"5","date":"2025-08-01 22:30:00","movement_type":2,"external_id":"item_abc123","now":"2025-08-01 22:30:01","store_id":1}';
    assert.equal((await post('/example-02/mipos', body, {})).status, 401);
    const answer = await post('/example-02/mipos', body, miposHeaders(env.MIPOS_CLIENT_SECRET, body));
    assert.equal(answer.status, 204);
    assert.equal(await answer.text(), '');
    assert.equal((await story('02', 'item_abc123')).quantity, '95.50');
  });

  it('03: the buttons publish as a scanner would', async () => {
    await eventually(async () => {
      await press('ex03-count');
      return (await counts('03')).accepted > 0;
    });
    await press('ex03-sale');
    await eventually(async () => (await story('03', '6291041500213')).quantity === '11');
  });

  it('04: a feed is stored row by row', async () => {
    const feed = 'sku,selling_price,stock_status\nA,13.990,1\nB,8.50,0\nC,cheap,1\n';
    const send = (token: string) =>
      post('/example-04/catalogue/shop-04', feed, { 'Content-Type': 'text/csv', Authorization: `Bearer ${token}` });
    assert.equal((await send('wrong')).status, 401);
    const answer = await send(TOKEN);
    assert.equal(answer.status, 200);
    const { accepted, refused, errors } = (await answer.json()) as EventCounts & { errors: { sku: string }[] };
    assert.deepEqual([accepted, refused, errors.map(({ sku }) => sku)], [2, 1, ['C']]);
    assert.equal((await story('04', 'A')).selling_price, '13.990');
  });

  it('05: what changed is pushed by itself, once, and comes through an outage', async () => {
    pasons.behave({ fault: '503', times: 1 });
    await press('ex05-two-items');
    await arrived('05', 2);
    assert.deepEqual(
      JSON.parse(JSON.stringify(shown('05')))
        .map((item: { sku: string }) => item.sku)
        .sort(),
      ['9340957005965', '9340957005966'],
    );
    await eventually(async () => {
      const outlets = await get<OutletSummary[]>('/shelfwire/outlets');
      return outlets.find(({ id }) => id === 'pasons:shop-05')?.counts.in_sync === 2;
    });
    const before = pasons.count();
    await press('ex05-two-items');
    await stored('05', 4);
    const { pushes } = await get<{ pushes: PushRecord[] }>('/shelfwire/pushes?outlet=pasons:shop-05');
    assert.deepEqual(
      pushes.map(({ status, confirmed, created_by }) => [status, confirmed, created_by]),
      [['success', 2, 'auto']],
    );
    assert.equal(pasons.count(), before);
  });

  it('06: fields are renamed and wrapped', async () => {
    await press('ex06-two-items');
    await arrived('06', 2);
    const sent = pasons.requests.filter(({ store }) => store === 'shop-06');
    const { branch_id, products } = JSON.parse(sent[0]!.body);
    assert.equal(branch_id, 'shop-06');
    assert.deepEqual(
      products.sort((a: { price: number }, b: { price: number }) => b.price - a.price),
      [
        { product_id: '9340957005965', price: 13.99, is_available: true },
        { product_id: '9340957005966', price: 8.5, is_available: false },
      ],
    );
  });

  it("07: another vendor's signature is proven behind http in, and no digit of its ids is lost", async () => {
    const body =
      '{"inventory_item_id":271878346596884015,"location_id":24826418,"available":6,"updated_at":"2021-12-31T19:00:00-05:00"}';
    const sign = (secret: string) => ({
      'X-Shopify-Hmac-Sha256': createHmac('sha256', secret).update(body).digest('base64'),
      'X-Shopify-Webhook-Id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
    });
    assert.equal((await post('/example-07/shopify', body, {})).status, 401);
    assert.equal((await post('/example-07/shopify', body, sign('wrong'))).status, 401);
    assert.equal((await post('/example-07/shopify', body, sign(env.SHOPIFY_WEBHOOK_SECRET))).status, 200);
    assert.equal((await post('/example-07/shopify', body, sign(env.SHOPIFY_WEBHOOK_SECRET))).status, 200);
    assert.equal((await story('07', '271878346596884015')).quantity, '6');
    const { accepted, duplicate } = await counts('07');
    assert.deepEqual([accepted, duplicate], [1, 1]);
  });

  it('08: products are pulled from the API: all, what changed, one', async () => {
    await press('ex08-all');
    await stored('08', 1200);
    assert.equal((await story('08', '1015AW')).selling_price, '6.05');
    await eventually(async () => {
      paradigm.change('1015AW', { price: '99.905' });
      await press('ex08-every-15-min');
      return (await story('08', '1015AW')).selling_price === '99.905';
    });
    assert.ok(paradigm.asked.some((path) => /GreatherThanOrEqualTo/.test(path)));
    await eventually(async () => {
      paradigm.change('1015AW', { quantity: '3' });
      await press('ex08-one');
      return (await story('08', '1015AW')).quantity === '3';
    });
  });

  it('09: a push that another system asks for', async () => {
    await press('ex09-two-items');
    await stored('09', 2);
    assert.equal(shown('09').length, 0);
    const ask = (token: string) =>
      post('/example-09/push/shop-09', '{"type": "partial"}', { Authorization: `Bearer ${token}` });
    assert.equal((await ask('wrong')).status, 401);
    const answer = await ask(TOKEN);
    assert.equal(answer.status, 202);
    const { id } = (await answer.json()) as { id: string };
    await arrived('09', 2);
    const push = await eventually(async () => {
      const found = await get<PushRecord>(`/shelfwire/pushes/${id}`);
      return found.status === 'running' ? null : found;
    });
    assert.deepEqual([push.status, push.confirmed, push.created_by], ['success', 2, 'api']);
  });

  it('10: who pushed what', async () => {
    await press('ex10-two-items');
    await stored('10', 2);
    await press('ex10-push-as-amira');
    await arrived('10', 2);
    await eventually(async () => {
      await press('ex10-last-ten');
      return /Shop 10: full, 2 items, success, by user:Amira/.test(red.logs());
    });
  });

  it("11: an operator's own events", async () => {
    await press('ex11-rows');
    await stored('11', 2);
    assert.equal((await counts('11')).refused, 1);
    const { quantity, selling_price } = await story('11', 'A-200');
    assert.deepEqual([quantity, selling_price], ['0.750', '12.125']);
  });

  it('12: scanners on a broker of the operator', async () => {
    const device = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    const event = {
      event_id: '7f3c',
      device_id: 'till-1',
      sku: 'X',
      quantity: '12',
      occurred_at: '2025-08-01T12:00:00Z',
    };
    await eventually(async () => {
      await device.publishAsync('shelfwire/stores/shop-12/stock', JSON.stringify(event), { qos: 1 });
      return (await counts('12')).accepted === 1;
    });
    await device.endAsync();
    assert.equal((await story('12', 'X')).quantity, '12');
  });

  it('13, 14: a problem is posted and mailed, in words', async () => {
    await press('ex13-unknown-code');
    await press('ex14-unknown-code');
    await eventually(
      () => /change: 'started',[\s\S]*sender: 'example-13'[\s\S]*step: '/.test(red.logs()),
      30_000,
      'the post of example 13',
    );
    await eventually(
      () => /topic: 'Problem: Refused input from example-14: 1 \(/.test(red.logs()),
      30_000,
      'the mail of example 14',
    );
    assert.match(red.logs(), /to: 'manager@example.com'/);
  });

  it('no node complains', () => {
    const complaints = red
      .logs()
      .split('\n')
      // That unsigned requests were refused above is told, as it should be.
      .filter((line) => /\[(error|warn)\] \[/.test(line) && !/A request from \S+ was refused/.test(line));
    assert.deepEqual(complaints, []);
  });
});

/** A broker that is not Shelfwire's. */
async function otherBroker(): Promise<{ port: number; stop(): Promise<void> }> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    async stop() {
      await new Promise<void>((resolve) => aedes.close(resolve));
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
