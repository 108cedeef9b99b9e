/** Every button: what it is called, what the server is asked, what the person sees of it. */
import assert from 'node:assert/strict';
import type { Locator, Page, Request, Route } from 'playwright-core';
import type { Problem } from '../../../runtime/problems';
import type { OpenEditor } from '../../support/browser';
import { PASONS_KEY } from '../../support/demo-flow';
import { eventually } from '../../support/eventually';
import { shape, type ViewName, view } from './looks';
import { COUNTED, type OperatorShop, REFUSED } from './shop';

interface Press {
  view: ViewName;
  /** Text of the row that it is in. */
  in?: string;
  button: string | RegExp;
  /** Method and address below `shelfwire/`. */
  asks: RegExp;
  /** What goes with it. */
  sends?: object;
  /** What is said about it. */
  says?: RegExp;
  /** What is there afterwards. */
  shows?: RegExp;
  /** Opens what the button is in. */
  first?(page: Page): Promise<void>;
}

const OUTLET = 'outlets/pasons%3A3';
const openPush = async (page: Page) => {
  const row = page.locator('.shelfwire-row', { hasText: 'Marina Mall' }).filter({ hasText: 'refused: 1' }).last();
  if ((await row.locator('.shelfwire-opener').getAttribute('aria-expanded')) === 'false')
    await row.locator('.shelfwire-opener').click();
  await row.locator('.shelfwire-request').first().waitFor();
};
const openItem = async (page: Page) => {
  await page.locator('.shelfwire-search').fill(REFUSED);
  await page.locator('.shelfwire-opener', { hasText: REFUSED }).click();
  await page.locator('.shelfwire-story h3').waitFor();
};
const showRefused = async (page: Page) => {
  await page.getByLabel('Show', { exact: true }).selectOption('refused');
  await page.getByText('Warehouse 9').first().waitFor();
};
const showEvents = async (page: Page) => {
  await page.getByLabel('Show', { exact: true }).selectOption('events');
  await page.locator('.shelfwire-opener').first().waitFor();
};

const PRESSES: Press[] = [
  {
    view: 'outlets',
    in: 'Airport T3',
    button: 'Test connection',
    asks: /^POST outlets\/pasons%3A3\/test$/,
    shows: /Connected: the platform answers/,
  },
  {
    view: 'outlets',
    in: 'Airport T3',
    button: 'Push now',
    asks: /^POST outlets\/pasons%3A3\/push$/,
    says: /^Airport T3: what changed is being pushed/,
  },
  { view: 'outlets', in: 'Airport T3', button: 'Pause', asks: /^POST outlets\/pasons%3A3\/pause$/, shows: /Resume/ },
  { view: 'outlets', in: 'Airport T3', button: 'Resume', asks: /^POST outlets\/pasons%3A3\/resume$/, shows: /Pause/ },
  {
    view: 'outlets',
    in: 'Airport T3',
    button: /in sync$/,
    asks: /^GET items\?outlet=pasons%3A3&state=in_sync&limit=50$/,
    shows: /Airport T3: in sync/,
  },
  {
    view: 'outlets',
    in: 'Marina Mall',
    button: /refused$/,
    asks: /^GET items\?outlet=pasons%3A1&state=refused&limit=50$/,
    shows: new RegExp(`Marina Mall: refused.*${REFUSED}`),
  },
  { view: 'pushes', in: 'Deira City', button: /Deira City/, asks: /^GET pushes\/[\w-]+$/, shows: /Request 1/ },
  { view: 'pushes', button: 'CSV', first: openPush, asks: /^GET pushes\/[\w-]+\/items\.csv$/ },
  { view: 'pushes', button: 'Copy as curl', first: openPush, asks: /^GET requests\/[\w-]+\/curl$/, says: /^Copied/ },
  {
    view: 'pushes',
    button: 'Try all of this reason again',
    first: openPush,
    asks: /^POST pushes\/[\w-]+\/retry$/,
    sends: { code: 'unknown_product' },
    says: /Sent again|Nothing of this/,
  },
  {
    view: 'pushes',
    button: 'Try all refused again',
    first: openPush,
    asks: /^POST pushes\/[\w-]+\/retry$/,
    sends: {},
    says: /Sent again|Nothing of this/,
  },
  {
    view: 'pushes',
    button: REFUSED,
    first: openPush,
    asks: new RegExp(`^GET items/1/${REFUSED}$`),
    shows: /How it came about/,
  },
  { view: 'items', button: 'Send again', first: openItem, asks: new RegExp(`^POST items/1/${REFUSED}/send$`) },
  {
    view: 'incoming',
    first: showRefused,
    in: 'Warehouse 9',
    button: 'Replay',
    asks: /^POST refused\/\d+\/replay$/,
    says: /Warehouse 9/,
  },
  {
    view: 'incoming',
    first: showEvents,
    button: /^\d{13}/,
    asks: /^GET items\/\d\/\d{13}$/,
    shows: /How it came about/,
  },
  {
    view: 'problems',
    in: 'refused items',
    button: 'Show the items',
    asks: /^GET items\?outlet=pasons%3A1&state=refused&limit=50$/,
    shows: /Marina Mall: refused/,
  },
  {
    view: 'problems',
    in: 'refused items',
    button: 'Try all of this reason again',
    asks: /^POST outlets\/pasons%3A1\/retry$/,
    sends: { code: 'unknown_product' },
    says: /^Marina Mall: on its way/,
  },
  {
    view: 'problems',
    in: 'incomplete items',
    button: 'Show the items',
    asks: /^GET items\?outlet=pasons%3A1&state=incomplete&limit=50$/,
    shows: /Marina Mall: incomplete/,
  },
  {
    view: 'problems',
    in: 'Refused input',
    button: 'Show the input',
    asks: /^GET refused\?sender=paradigm&code=\w+&limit=30$/,
    shows: /Warehouse 9/,
  },
  {
    view: 'problems',
    in: 'clock of device',
    button: 'Show the devices',
    asks: /^GET devices$/,
    shows: /clock is 15 min behind/,
  },
];

/** Method and address of what a page asks of Shelfwire. */
export function asked(request: Request): string {
  return `${request.method()} ${
    request
      .url()
      .split('/shelfwire/')[1]
      ?.replace(/[?&]_=\d+$/, '') ?? request.url()
  }`;
}

export function buttons(shop: () => OperatorShop): void {
  describe('each button', () => {
    let editor: OpenEditor;
    before(async () => {
      editor = await shop().open();
      await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await shape(editor.page, 300);
    });
    after(async () => {
      assert.deepEqual(editor.errors, []);
      await editor.close();
    });
    afterEach(() =>
      editor.page.evaluate(() => {
        for (const each of document.querySelectorAll('.red-ui-notification')) each.replaceChildren();
      }),
    );

    for (const press of PRESSES)
      it(`${press.view}: ${press.button}${press.in ? ` (${press.in})` : ''}`, async () => {
        const { page } = editor;
        await view(page, press.view);
        await press.first?.(page);
        await checkPress(page, press);
      });

    it('pushes: Try selected again, of what was selected', async () => {
      const { page } = editor;
      await view(page, 'pushes');
      await openPush(page);
      const again = page.getByRole('button', { name: 'Try selected again' }).last();
      await again.click();
      await page.locator('.red-ui-notification', { hasText: 'Select items first' }).waitFor();
      await page.getByRole('checkbox', { name: REFUSED }).last().check();
      const [request] = await Promise.all([page.waitForRequest(/\/retry$/), again.click()]);
      assert.deepEqual(request.postDataJSON(), { skus: [REFUSED] });
    });

    it('pushes: a copied request names no secret', async () => {
      const curl = await editor.page.evaluate(() => navigator.clipboard.readText());
      assert.match(curl, /^curl -X POST '.+<KEY>/s);
      assert.ok(!curl.includes(PASONS_KEY));
    });

    it('pushes: a request is copied without HTTPS too, or shown to be copied by hand', async () => {
      const { page } = editor;
      await view(page, 'pushes');
      await openPush(page);
      const copy = page.getByRole('button', { name: 'Copy as curl' }).last();
      // As browsers do on http:// of another machine.
      await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
      await copy.click();
      await page.locator('.red-ui-notification', { hasText: 'Copied' }).waitFor();
      await page.evaluate(() => {
        document.execCommand = () => false;
      });
      await copy.click();
      await page.locator('.shelfwire-request pre:visible', { hasText: 'curl -X POST' }).waitFor();
      assert.match(await page.evaluate(() => String(getSelection())), /^curl -X POST/);
    });

    it('pushes: each filter asks for less', async () => {
      const { page } = editor;
      await view(page, 'pushes');
      for (const [label, value, parameter] of [
        ['Outlet', 'pasons:2', 'outlet=pasons%3A2'],
        ['Status', 'success', 'status=success'],
        ['Started by', 'auto', 'by=auto'],
        ['Time', 'hour', 'since=20'],
      ] as const) {
        const [request] = await Promise.all([
          page.waitForRequest((each) => asked(each).startsWith('GET pushes?') && each.url().includes(parameter)),
          page.getByLabel(label, { exact: true }).selectOption(value),
        ]);
        assert.ok(request.url().includes(parameter));
        await page.getByLabel(label, { exact: true }).selectOption('');
      }
    });

    it('pushes: an answer that comes late does not show what another filter asked for', async () => {
      const { page } = editor;
      await view(page, 'pushes');
      const held = new Promise<Route>((resolve) => {
        void page.route(/pushes\?.*status=running/, resolve, { times: 1 });
      });
      await page.getByLabel('Status', { exact: true }).selectOption('running');
      const late = await held;
      await Promise.all([
        page.waitForResponse((response) => asked(response.request()).startsWith('GET pushes?')),
        page.getByLabel('Status', { exact: true }).selectOption(''),
      ]);
      const came = page.waitForResponse((response) => response.request() === late.request());
      await late.fulfill({ json: { pushes: [], cursor: null } });
      await (await came).finished();
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
      assert.ok((await page.locator('.shelfwire-panel .shelfwire-row').count()) > 0);
    });

    it('pushes: a filter that could not be asked for leaves nothing of the one before once it can', async () => {
      const { page } = editor;
      await view(page, 'pushes');
      const rows = page.locator('.shelfwire-panel .shelfwire-row');
      await rows.first().waitFor();
      await page.route(/pushes\?.*status=running/, (route) => route.abort(), { times: 1 });
      const failed = page.waitForEvent('requestfailed', (request) => request.url().includes('status=running'));
      await page.getByLabel('Status', { exact: true }).selectOption('running');
      await failed;
      await page.route(/pushes\?.*status=running/, (route) => route.fulfill({ json: { pushes: [], cursor: null } }));
      try {
        await page.getByRole('button', { name: 'Read again' }).click();
        await eventually(async () => (await rows.count()) === 0);
      } finally {
        await page.unrouteAll({ behavior: 'wait' });
        await page.getByLabel('Status', { exact: true }).selectOption('');
      }
    });

    it('outlets: Resume of what is held since the ledger may be old asks first', async () => {
      const { page } = editor;
      const [like] = await shop().outlets();
      const hold = { why: 'backup', since: '2026-01-31T09:00:00.000Z' };
      const held = { ...like!, name: 'Held', paused: true, paused_by: 'restore', hold };
      const posts: string[] = [];
      page.on('request', (request) => request.url().endsWith('/resume') && posts.push(asked(request)));
      await page.route(/shelfwire\/outlets(\?|$)/, (route) => route.fulfill({ json: [held] }));
      await page.route(/\/resume$/, (route) => route.fulfill({ json: { ...held, paused: false, hold: null } }));
      try {
        await view(page, 'outlets');
        const row = page.locator('.shelfwire-row', { hasText: 'restored from a backup' });
        const answer = (name: string) =>
          page.locator('.red-ui-notification').getByRole('button', { name, exact: true }).last().click();
        await row.getByRole('button', { name: 'Resume' }).click();
        await page.locator('.red-ui-notification', { hasText: 'also where that is newer' }).waitFor();
        await answer('Cancel');
        assert.deepEqual(posts, []);
        await row.getByRole('button', { name: 'Resume' }).click();
        await answer('Resume');
        await eventually(() => posts.length > 0);
        assert.match(posts[0]!, /\/resume$/);
      } finally {
        await page.unrouteAll({ behavior: 'wait' });
      }
    });

    it('incoming: of several ledgers the row says which one its number, its code and its story are of', async () => {
      const { page } = editor;
      const row = (ledger: string, code: string) => ({
        id: 1,
        ledger,
        received_at: '2026-01-31T09:00:00.000Z',
        sender: 'mqtt:scanner-1',
        index: 0,
        store_id: '1',
        sku: `SKU-${ledger}`,
        code,
        message: 'why',
        event: { source: 'mqtt', barcode: '629' },
        replayed_at: null,
      });
      const rows = [row('first', 'in_the_future'), row('second', 'in_the_future'), row('third', 'unknown_code')];
      const posts: [string, unknown][] = [];
      await page.route(/shelfwire\/refused\?/, (route) => route.fulfill({ json: { refused: rows, cursor: null } }));
      await page.route(/\/(replay|codes)$/, (route) => {
        posts.push([asked(route.request()), route.request().postDataJSON()]);
        return route.fulfill({ json: { stale: 0, refusals: [], linked: 1 } });
      });
      try {
        await view(page, 'incoming');
        await page.getByLabel('Show', { exact: true }).selectOption('refused');
        const third = page.locator('.shelfwire-row', { hasText: 'SKU-third' });
        await third.getByRole('textbox').fill('TEA');
        await third.getByRole('button', { name: 'Link' }).click();
        await eventually(() => posts.length === 2);
        const story = page.waitForRequest((each) => asked(each).startsWith('GET items/1/SKU-second'));
        await page.locator('.shelfwire-row', { hasText: 'SKU-second' }).getByRole('button', { name: 'Replay' }).click();
        assert.equal(asked(await story), 'GET items/1/SKU-second?ledger=second');
        assert.deepEqual(posts, [
          ['POST codes', { source: 'barcode', code: '629', sku: 'TEA', ledger: 'third' }],
          ['POST refused/1/replay', { ledger: 'third' }],
          ['POST refused/1/replay', { ledger: 'second' }],
        ]);
      } finally {
        await page.unrouteAll({ behavior: 'wait' });
        await view(page, 'incoming');
        await page.getByLabel('Show', { exact: true }).selectOption('events');
      }
    });

    it('the header: Read again', async () => {
      const { page } = editor;
      await view(page, 'devices');
      await Promise.all([
        page.waitForRequest((each) => asked(each) === 'GET devices'),
        page.getByRole('button', { name: 'Read again' }).click(),
      ]);
    });

    it('problems: each kind is told with the step that solves it', async () => {
      const { page } = editor;
      const kinds: Record<Problem['kind'], string[]> = {
        refused: ['Show the items', 'Try all of this reason again'],
        held: ['Show the items', 'Try all of this reason again'],
        incomplete: ['Show the items'],
        input: ['Show the input'],
        outlet: ['Show the outlets'],
        unset: ['Show the outlets'],
        mapping: ['Push everything'],
        uncarried: ['Show the outlets'],
        silent: ['Show the devices'],
        clock: ['Show the devices'],
        signature: [],
      };
      const problems = Object.keys(kinds).map((kind) => ({
        key: kind,
        kind,
        count: 1_234,
        outlet: 'pasons:3',
        outlet_name: '<b>Airport</b>',
        store_id: '3',
        sender: 'paradigm',
        code: 'not_reachable',
        // Of a clock: by how many seconds it is wrong.
        message: kind === 'clock' ? '-900' : 'what happened',
        last_at: new Date().toISOString(),
      }));
      await page.route('**/shelfwire/problems*', (route) => route.fulfill({ json: { problems } }));
      try {
        await page.getByRole('tab', { name: 'Problems' }).click();
        const rows = page.locator('.shelfwire-row');
        await rows.nth(problems.length - 1).waitFor();
        for (const [index, { kind }] of problems.entries()) {
          const row = rows.nth(index);
          assert.deepEqual(await row.getByRole('button').allTextContents(), kinds[kind as Problem['kind']], kind);
          const text = (await row.textContent())!;
          assert.ok(!/__|problem\./.test(text), text);
          if (kind === 'mapping') {
            const [request] = await Promise.all([
              page.waitForRequest((each) => asked(each) === `POST ${OUTLET}/push`),
              row.getByRole('button').click(),
            ]);
            assert.deepEqual(request.postDataJSON(), { type: 'full' });
          }
        }
      } finally {
        await page.unroute('**/shelfwire/problems*');
      }
    });

    it('an item that was told to be in stock before it was counted: the count decides, and the story says so', async () => {
      const { page } = editor;
      await page.getByRole('tab', { name: 'Items' }).click();
      const row = async (sku: string) => {
        await page.locator('.shelfwire-search').fill(sku);
        await page.locator('.shelfwire-opener', { hasText: sku }).first().click();
        await page.locator('.shelfwire-story h3', { hasText: sku }).waitFor();
        return page.locator('.shelfwire-story tr', { hasText: 'in stock' }).first();
      };
      await (await row(COUNTED)).getByText('the quantity is newer and decides').waitFor();
      assert.doesNotMatch((await (await row(REFUSED)).textContent())!, /decides/);
    });
  });
}

async function checkPress(page: Page, press: Press): Promise<void> {
  const place: Locator = press.in
    ? page.locator('.shelfwire-row', { hasText: press.in })
    : page.locator('.shelfwire-panel');
  const button = place.getByRole('button', {
    name: press.button,
    ...(typeof press.button === 'string' ? { exact: true } : {}),
  });
  const [request] = await Promise.all([
    page.waitForRequest((each) => press.asks.test(asked(each)), { timeout: 10_000 }),
    button.first().click(),
  ]);
  if (press.sends) assert.deepEqual(request.postDataJSON(), press.sends);
  if (press.says) await page.locator('.red-ui-notification').getByText(press.says).first().waitFor({ timeout: 10_000 });
  const answer = await request.response();
  assert.ok(answer && (answer.ok() || answer.status() === 422), `answered ${answer?.status()}`);
  if (press.shows) await page.locator('.shelfwire-panel', { hasText: press.shows }).waitFor({ timeout: 10_000 });
}
