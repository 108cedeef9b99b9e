/** What dialogs explain and try, and the warnings before a deploy, in the real editor. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type OpenEditor, openEditor } from '../support/browser';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { type RunningNodeRed, startNodeRed } from '../support/node-red';

const SECRET = 'a-secret-of-the-sender';
const BODY = '{"productId":"1015AW","newQuantity":95}';
const TAG = createHmac('sha256', SECRET).update(BODY).digest('hex');
const at = (id: string, type: string, more: Record<string, unknown> = {}) => ({
  id,
  type,
  z: 'tab',
  x: 200,
  y: 80,
  name: '',
  version: 1,
  wires: [[]],
  ...more,
});
const flows = (brokerPort: number) => [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db', name: 'Ledger', keepDays: 90, healthPath: '/health' },
  { id: 'broker', type: 'shelfwire-broker', kind: 'embedded', host: '127.0.0.1', port: String(brokerPort) },
  {
    id: 'outlets',
    type: 'shelfwire-outlets',
    ledger: 'ledger',
    name: 'Pasons',
    platform: 'pasons',
    endpoint: 'http://127.0.0.1:9/{store_id}',
    auth: 'none',
    timeout: 5,
    fields: ['selling_price', 'stock_status'],
    rows: [{ store_id: '1', name: 'Marina', push_enabled: true, auto: true, endpoint: '', keyRef: '' }],
  },
  at('in', 'shelfwire-paradigm-in', {
    path: '/webhook/paradigm/inventory',
    wires: [['verify']],
    storeMap: [{ location: '1', store_id: '1' }],
    defaultStore: '1',
  }),
  at('verify', 'shelfwire-hmac-verify', {
    wires: [['record'], []],
    scheme: 'paradigm',
    header: 'X-Signature',
    prefix: '',
    signed: '{body}',
    algorithm: 'sha256',
    encoding: 'hex',
    secretEncoding: 'utf8',
    timestamp: '',
    tolerance: 0,
    nonce: '',
    previousUntil: '',
    reply: true,
    ledger: '',
  }),
  at('record', 'shelfwire-record-stock', { ledger: 'ledger', wires: [[], []], codes: 'as-is', maxFuture: 300 }),
  at('feed', 'shelfwire-catalogue-in', { path: '/api/catalogue/:store_id', wires: [['record']] }),
  at('sync', 'shelfwire-paradigm-sync', { url: 'http://127.0.0.1:9/Items', defaultStore: '1', wires: [['record']] }),
];

describe('dialogs that explain themselves', function () {
  this.timeout(90_000);
  let nodeRed: RunningNodeRed;
  let editor: OpenEditor;
  let platform: Server;

  before(async () => {
    platform = createServer((_req, res) => res.writeHead(405).end('{}'));
    await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve));
    nodeRed = await startNodeRed({
      flows: flows(await freePort()),
      credentials: { verify: { secret: SECRET }, feed: { token: 'feed-token' } },
    });
    editor = await openEditor(nodeRed.adminUrl, 'verify');
  });
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
    await new Promise((resolve) => platform.close(resolve));
  });

  const text = async (selector: string) => ((await editor.page.locator(selector).textContent()) ?? '').trim();
  const editConfig = async (id: string) => {
    await editor.page.evaluate((name) => {
      const node = RED.nodes.node(name)!;
      (RED.editor as unknown as { editConfig(...args: string[]): void }).editConfig('', node.type, node.id);
    }, id);
    await editor.page.waitForSelector('#node-config-dialog-cancel');
    await editor.atRest();
  };
  const cancel = async (button: string) => {
    await editor.page.click(button);
    await editor.page.waitForSelector(button, { state: 'detached' });
  };
  const problems = (id: string) =>
    editor.page.evaluate((name) => (RED.nodes.node(name)!.validationErrors ?? []) as string[], id);

  describe('hmac verify', () => {
    const check = async (headers: string, body = BODY) => {
      await editor.page.fill('#shelfwire-check-headers', headers);
      await editor.page.fill('#shelfwire-check-body', body);
      await editor.page.click('#shelfwire-check');
      await editor.page.waitForSelector(
        '#shelfwire-check-result .shelfwire-good, #shelfwire-check-result .shelfwire-bad',
      );
      await editor.page.waitForFunction("!document.querySelector('#shelfwire-check-result .fa-spin')");
      return text('#shelfwire-check-result .shelfwire-said');
    };

    it('says whether a pasted request verifies, and which step differs', async () => {
      await editor.edit('verify');
      assert.equal(await check(`X-Signature: ${TAG}`), 'It verifies.');
      assert.equal(await editor.page.locator('.shelfwire-ticks .fa-check').count(), 6);
      assert.match(await check(`X-Signature: ${TAG}`, `${BODY}\n`), /line break at the end/);
      assert.match(await check(`X-Signature: ${TAG.replace(/^./, 'x')}`), /is no signature|not whole/);
      assert.equal(await text('.shelfwire-ticks .shelfwire-bad'), 'The signature can be read');
      await editor.done();
    });
    it('puts right what it found, when asked to', async () => {
      await editor.edit('verify');
      assert.match(await check(`X-Other: sha256=${TAG}`), /in the header .?X-Other/);
      await editor.page.click('#shelfwire-check-result button');
      assert.equal(await editor.page.inputValue('#node-input-header'), 'X-Other');
      assert.equal(await editor.page.inputValue('#node-input-prefix'), 'sha256=');
      assert.equal(await check(`X-Other: sha256=${TAG}`), 'It verifies.');
      await cancel('#node-dialog-cancel');
      assert.equal(await editor.page.evaluate(() => RED.nodes.node('verify')!.header), 'X-Signature');
    });
    it('uses a secret that is typed, and tells none', async () => {
      await editor.edit('verify');
      await editor.page.fill('#node-input-secret', 'typed-secret-9');
      assert.match(await check(`X-Signature: ${TAG}`), /does not match/);
      const shown = await text('#dialog-form');
      assert.ok(!shown.includes(SECRET) && !shown.includes('typed-secret-9'));
      await cancel('#node-dialog-cancel');
    });
  });

  describe('Test', () => {
    const test = async (button: string, out: string) => {
      await editor.page.click(button);
      await editor.page.waitForSelector(`${out} .fa-check, ${out} .fa-times`);
      return text(out);
    };

    it('outlets: a row, as it is typed', async () => {
      await editConfig('outlets');
      const result = '#shelfwire-outlet-test';
      await editor.page.click('.sw-test');
      await eventually(async () => /Marina.*Nobody answers/.test(await text(result)));
      const { port } = platform.address() as AddressInfo;
      await editor.page.fill('#node-config-input-endpoint', `http://127.0.0.1:${port}/{store_id}`);
      await editor.page.focus('.sw-test');
      await editor.page.keyboard.press('Enter');
      await eventually(async () => /Marina.*Connected/.test(await text(result)));
      assert.ok(await editor.page.evaluate(() => document.activeElement?.matches('.sw-test')), 'the focus stays');
      await cancel('#node-config-dialog-cancel');
    });
    it('paradigm sync, broker, ledger', async () => {
      await editor.edit('sync');
      assert.match(await test('#shelfwire-test-sync button', '#shelfwire-test-sync [role=status]'), /Nobody answers/);
      await cancel('#node-dialog-cancel');
      await editConfig('broker');
      assert.match(await test('#shelfwire-test-broker button', '#shelfwire-test-broker [role=status]'), /is running/);
      await cancel('#node-config-dialog-cancel');
      await editConfig('ledger');
      assert.match(await test('#shelfwire-test-ledger button', '#shelfwire-test-ledger [role=status]'), /is sound/);
      await cancel('#node-config-dialog-cancel');
    });
  });

  describe('the curl command of a receiver', () => {
    const copied = async (id: string) => {
      await editor.edit(id);
      const button = editor.page.locator('.shelfwire-copy button').nth(1);
      await button.click();
      const command = (await button.getAttribute('data-copied')) ?? '';
      await editor.done();
      assert.ok(!command.includes(SECRET) && !command.includes('feed-token'));
      return command;
    };
    /** Runs it as an operator would; where there is no curl or openssl, sends the same from here. */
    const run = async (command: string, env: Record<string, string>): Promise<string> => {
      const has = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
      if (has('curl') && has('openssl')) {
        const { stdout, stderr } = spawnSync('sh', ['-c', command], {
          env: { ...process.env, ...env },
          encoding: 'utf8',
        });
        return `${stdout}${stderr}`;
      }
      const url = /curl -i '([^']+)'/.exec(command)![1]!;
      const json = /BODY='([^']+)'/.exec(command)?.[1];
      const [name, value] = Object.entries(env)[0]!;
      assert.ok(command.includes(`$${name}`));
      const headers: Record<string, string> = json
        ? { 'Content-Type': 'application/json', 'X-Signature': createHmac('sha256', value).update(json).digest('hex') }
        : { 'Content-Type': 'text/csv', Authorization: `Bearer ${value}` };
      const csv = /printf '([^']+)'/.exec(command)?.[1]?.replaceAll('\\n', '\n');
      const answer = await fetch(url, { method: 'POST', headers, body: json ?? csv ?? '' });
      return `HTTP/1.1 ${answer.status}\n${await answer.text()}`;
    };

    it('is taken by the receiver it was copied from', async () => {
      const webhook = await run(await copied('in'), { PARADIGM_WEBHOOK_SECRET: SECRET });
      assert.match(webhook, /HTTP\/1\.1 200[\s\S]*"accepted": ?1/, webhook);
      const feed = await run(await copied('feed'), { SHELFWIRE_API_TOKEN: 'feed-token' });
      assert.match(feed, /HTTP\/1\.1 200[\s\S]*"accepted": ?1/, feed);
    });
  });

  it('every control of a dialog has a name, and no icon is a control’s only text', async () => {
    for (const id of ['ledger', 'broker', 'outlets', 'in', 'verify', 'record', 'feed', 'sync']) {
      const config = ['ledger', 'broker', 'outlets'].includes(id);
      await (config ? editConfig(id) : editor.edit(id));
      const form = config ? '#node-config-dialog-edit-form' : '#dialog-form';
      const nameless = await editor.page
        .locator(`${form} :is(input, select, textarea, button):visible:not([id^=red-ui-trap])`)
        .evaluateAll((all) =>
          all
            .filter((one) => {
              const control = one as unknown as {
                labels?: { textContent: string }[];
                textContent: string;
                title: string;
              };
              const label = [...(control.labels ?? [])].map(({ textContent }) => textContent).join('');
              const own = one.getAttribute('aria-label') ?? one.getAttribute('title') ?? control.textContent;
              return (label + own).trim() === '';
            })
            .map((one) => one.outerHTML.slice(0, 200)),
        );
      assert.deepEqual(nameless, [], id);
      await cancel(config ? '#node-config-dialog-cancel' : '#node-dialog-cancel');
    }
  });

  describe('warnings before a deploy', () => {
    const marked = (id: string, pattern: RegExp) =>
      eventually(async () => (await problems(id)).some((problem) => pattern.test(problem)));

    it('there is none for flows that lose nothing', async () => {
      for (const id of ['in', 'verify', 'record', 'feed', 'sync', 'outlets', 'ledger'])
        assert.deepEqual(await problems(id), [], id);
    });
    it('come and go with what is drawn, at other nodes too', async () => {
      /** Takes the wire from hmac verify away, or draws it again. */
      const wire = (drawn: boolean) =>
        editor.page.evaluate((add) => {
          const nodes = RED.nodes as unknown as Record<'addLink' | 'removeLink', (link: unknown) => void>;
          const found: unknown[] = [];
          RED.nodes.eachLink((link) => {
            if (link.source.id === 'verify') found.push(link);
          });
          if (add) nodes.addLink({ source: RED.nodes.node('verify'), sourcePort: 0, target: RED.nodes.node('record') });
          else for (const link of found) nodes.removeLink(link);
        }, drawn);
      await wire(false);
      await marked('in', /nothing would be stored/);
      await wire(true);
      await eventually(async () => (await problems('in')).length === 0);
    });
    it('a new node: no secret, no way on, a path that is taken; Node-RED lists them before the deploy', async () => {
      await editor.page.evaluate(() => {
        const { nodes } = RED as unknown as { nodes: { import(nodes: unknown): void } };
        nodes.import([
          {
            id: 'v2',
            type: 'shelfwire-hmac-verify',
            z: 'tab',
            x: 1,
            y: 1,
            wires: [[], []],
            scheme: 'paradigm',
            header: 'X-Signature',
            signed: '{body}',
          },
          {
            id: 'in2',
            type: 'shelfwire-paradigm-in',
            z: 'tab',
            x: 1,
            y: 1,
            wires: [[]],
            path: '/Webhook/paradigm/inventory/',
          },
          { id: 'c2', type: 'shelfwire-changed-stock', z: 'tab', x: 1, y: 1, wires: [[]], outlets: 'outlets' },
          { id: 'r2', type: 'shelfwire-retry', z: 'tab', x: 1, y: 1, wires: [[], []] },
        ]);
        RED.nodes.dirty(true);
      });
      await marked('v2', /secret is empty/);
      await marked('in2', /same path/);
      await marked('in', /same path/);
      await marked('c2', /stays waiting/);
      await marked('r2', /does not come back/);
      await editor.page.evaluate(() => RED.actions.invoke('core:deploy-flows'));
      const list = editor.page.locator('.red-ui-deploy-dialog-confirm-list');
      await list.waitFor();
      assert.match(await text('.red-ui-deploy-dialog-confirm-list'), /retry/);
      await editor.page.locator('.red-ui-notification button', { hasText: 'Cancel' }).click();
      assert.deepEqual(editor.errors, []);
    });
  });
});

describe('the guided tour', function () {
  this.timeout(90_000);
  let nodeRed: RunningNodeRed;

  const start = async (language: string) => {
    const editor = await openEditor(nodeRed.adminUrl, 'verify', language);
    const offer = editor.page.locator('.red-ui-notification', { hasText: /New here|جديد هنا/ });
    return { ...editor, offer };
  };
  before(async () => {
    nodeRed = await startNodeRed({ flows: flows(await freePort()), settings: { shelfwireLedgerTour: true } });
  });
  after(() => nodeRed?.stop());

  it('is offered once, has five steps, and is there again whenever it is wanted', async () => {
    const { page, offer, errors, close } = await start('en-US');
    try {
      await offer.waitFor();
      await offer.locator('button.primary').click();
      const popover = page.locator('.red-ui-tourGuide-popover');
      for (const step of [1, 2, 3, 4, 5]) {
        await popover.locator('small', { hasText: `${step}/5` }).waitFor();
        assert.ok(((await popover.textContent()) ?? '').length > 100);
        // Node-RED looks at a step once more when it gives its button the focus; a step that has gone by then is an error.
        await popover.locator('.red-ui-tourGuide-toolbar button:focus').click();
      }
      await popover.waitFor({ state: 'detached' });
      await page.locator('.shelfwire-toolbar').getByRole('button', { name: 'Guided tour' }).click();
      await popover.locator('small', { hasText: '1/5' }).waitFor();
      await popover.locator('button:focus').waitFor();
      await page.keyboard.press('Escape');
      await popover.waitFor({ state: 'detached' });
      assert.deepEqual(errors, []);
    } finally {
      await close();
    }
  });
  it('speaks Arabic, and does not come by itself a second time', async () => {
    const { page, offer, errors, close } = await start('ar');
    try {
      await page.evaluate(() => RED.actions.invoke('shelfwire:show-tour'));
      const popover = page.locator('.red-ui-tourGuide-popover');
      await popover.locator('h2', { hasText: 'مرحبًا' }).waitFor();
      await popover.locator('[dir="rtl"]').waitFor();
      await popover.locator('button:focus').waitFor();
      await page.keyboard.press('Escape');
      await popover.waitFor({ state: 'detached' });
      assert.equal(await page.evaluate(() => RED.settings.get('shelfwire.tour.offered', false)), true);
      assert.equal(await offer.count(), 0);
      assert.deepEqual(errors, []);
    } finally {
      await close();
    }
  });
});
