/** Two ledgers in one process: what the admin side tells of both, with real ones. */
import assert from 'node:assert/strict';
import type { Ledger, RecordResult } from '../../core/ledger/ledger';
import { openLedger } from '../../core/ledger/sqlite';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder';
import { forgetLedger, registerLedger } from '../ledgers';
import { ProblemWatch } from '../problem-watch';
import { listProblems } from '../problems';
import { events, link, refused, replay, senders } from './incoming';
import * as items from './items';
import { metrics } from './metrics';
import * as outlets from './outlets';
import * as pushes from './pushes';
import type { AdminRequest } from './types';

const outlet = (store_id: string, enabled = true) => ({
  outlet: `pasons:${store_id}`,
  platform: 'pasons',
  store_id,
  name: `Shop ${store_id}`,
  enabled,
  endpoint: 'https://api.pasons.example/v1/inventory',
  fields: ['selling_price', 'stock_status'] as ('selling_price' | 'stock_status')[],
  threshold: '0',
  concurrency: 2,
  timeout: 30_000,
});

const request = (more: Partial<AdminRequest> = {}): AdminRequest => ({
  params: {},
  query: {},
  body: {},
  user: 'x',
  ...more,
});

describe('the admin side of two ledgers', () => {
  let folder: TempFolder;
  let first: Ledger;
  let second: Ledger;
  let minute = 0;

  async function open(name: string): Promise<Ledger> {
    const ledger = await openLedger({ file: `${folder.path}/${name}.db`, kind: 'live' });
    registerLedger(ledger);
    return ledger;
  }

  const told = (ledger: Ledger, store_id: string, sku: string, more: object = {}): Promise<RecordResult> => {
    minute += 1;
    const occurred_at = new Date(Date.parse('2025-08-01T00:00:00Z') + minute * 60_000).toISOString();
    const event = { event_id: `e${minute}`, store_id, sku, quantity: '3', selling_price: '1.5', occurred_at };
    return ledger.record({ sender: 'catalogue', events: [{ ...event, ...more }] });
  };
  /** Both refuse it, each as its own number 1. */
  const scanned = (ledger: Ledger, barcode: string) =>
    ledger.record({
      sender: 'mqtt:scanner-1',
      codes: 'look-up',
      events: [
        { event_id: barcode, barcode, store_id: '1', sku: '', quantity: '7', occurred_at: '2025-08-01T12:00:00Z' },
      ],
    });
  /** Later in both ledgers, as a clock tells it. */
  const pause = () => new Promise((resolve) => setTimeout(resolve, 3));

  async function readAll<T>(read: (query: AdminRequest['query']) => Promise<{ rows: T[]; cursor: string | null }>) {
    const pages: T[][] = [];
    let cursor: string | null = null;
    do {
      const page = await read(cursor === null ? {} : { cursor });
      pages.push(page.rows);
      cursor = page.cursor;
    } while (cursor !== null && pages.length < 50);
    return pages;
  }

  beforeEach(async () => {
    folder = tempFolder('two-ledgers');
    first = await open('first');
    second = await open('second');
  });
  afterEach(async () => {
    for (const ledger of [first, second]) {
      forgetLedger(ledger);
      await ledger.close();
    }
    folder.remove();
  });

  it('events of both are read newest first, each once, page by page', async () => {
    for (const [ledger, sku] of [
      [first, 'A'],
      [first, 'B'],
      [second, 'C'],
      [first, 'D'],
      [second, 'E'],
      [second, 'F'],
      [first, 'G'],
    ] as const) {
      await told(ledger, ledger === first ? '1' : '2', sku);
      await pause();
    }
    const pages = await readAll(async (query) => {
      const page = await events(request({ query: { limit: '2', ...query } }));
      return { rows: page.events, cursor: page.cursor };
    });
    const skus = pages.flat().map(({ sku }) => sku);
    assert.equal(skus.join(''), 'GFEDCBA');
    assert.ok(pages.every((page) => page.length <= 2));
    assert.equal(pages.flat().find(({ sku }) => sku === 'E')?.ledger, second.info.id);
    assert.deepEqual((await senders()).senders, [
      { sender: 'catalogue', received: 7, accepted: 7, duplicate: 0, stale: 0, refused: 0 },
    ]);
  });

  it('what comes in between two pages neither repeats a row nor hides one', async () => {
    for (const sku of ['A', 'B', 'C', 'D']) {
      await told(first, '1', sku);
      await told(second, '2', sku);
      await pause();
    }
    let late = 0;
    const pages = await readAll(async (query) => {
      const page = await events(request({ query: { limit: '3', ...query } }));
      late += 1;
      await told(first, '1', `late ${late}`);
      await told(second, '2', `late ${late}`);
      return { rows: page.events, cursor: page.cursor };
    });
    const skus = pages.flat().map(({ sku, store_id }) => `${store_id}${sku}`);
    assert.equal(new Set(skus).size, skus.length);
    for (const sku of ['1A', '2A', '1B', '2B', '1C', '2C', '1D', '2D']) assert.ok(skus.includes(sku), sku);
  });

  it('a cursor from when one was open goes on in that one, and one of both where only one is left', async () => {
    for (const sku of ['A', 'B', 'C']) await told(first, '1', sku);
    forgetLedger(second);
    const one = await events(request({ query: { limit: '2' } }));
    assert.deepEqual(Object.keys(one.events[0]!).includes('ledger'), false);
    assert.match(one.cursor!, /^\d+$/);
    registerLedger(second);
    const both = await events(request({ query: { limit: '2', cursor: one.cursor! } }));
    assert.deepEqual(
      both.events.map(({ sku }) => sku),
      ['A'],
    );
    const start = await events(request({ query: { limit: '2' } }));
    forgetLedger(second);
    const rest = await events(request({ query: { limit: '2', cursor: start.cursor! } }));
    registerLedger(second);
    assert.deepEqual(
      rest.events.map(({ sku }) => sku),
      ['A'],
    );
    for (const cursor of ['~', '~x', `~${Buffer.from('null').toString('base64url')}`])
      assert.equal((await events(request({ query: { cursor } }))).events.length, 3);
  });

  it('refused input of the second is listed, linked and replayed there, and nowhere without its ledger', async () => {
    await scanned(first, '111');
    await pause();
    await scanned(second, '222');
    const { refused: rows } = await refused(request());
    assert.deepEqual(
      rows.map(({ id, ledger, event }) => [id, ledger, event?.barcode]),
      [
        [1, second.info.id, '222'],
        [1, first.info.id, '111'],
      ],
    );
    const params = { id: '1' };
    const code = { source: 'barcode', code: '222', sku: 'TEA' };
    for (const ledger of [undefined, '', 'x', 1]) {
      await assert.rejects(replay(request({ params, body: { ledger } })), { code: 'ledger_needed' });
      await assert.rejects(link(request({ body: { ...code, ledger } })), { code: 'ledger_needed' });
    }
    const body = { ledger: second.info.id };
    await link(request({ body: { ...code, ...body } }));
    const result = (await replay(request({ params, body }))) as RecordResult;
    assert.equal(result.accepted, 1);
    const open = await refused(request({ query: { open: 'true' } }));
    assert.deepEqual(
      open.refused.map(({ event }) => event?.barcode),
      ['111'],
    );
    // The code is that ledger's alone.
    await scanned(first, '222');
    assert.equal((await first.counts()).refused, 2);
  });

  it('a sender refused in both for one reason is one problem, which does not grow by being looked at', async () => {
    await scanned(first, '111');
    await scanned(first, '222');
    await scanned(second, '333');
    const told: string[] = [];
    const watch = new ProblemWatch(() => listProblems());
    const end = watch.onChange((changes) => {
      // Nodes of other tests in this process have problems, too.
      for (const { change, problem } of changes.filter(({ problem: { sender } }) => sender === 'mqtt:scanner-1'))
        told.push(`${change} ${problem.sender} ${problem.code} ${problem.count}`);
    });
    for (let look = 0; look < 3; look++) await watch.read();
    end();
    assert.deepEqual(told, ['started mqtt:scanner-1 unknown_code 3']);
  });

  it('items without an outlet are those of both, and pushes the newest of both first', async () => {
    await first.defineOutlets('pasons', [outlet('1')]);
    await second.defineOutlets('pasons', [outlet('2')]);
    for (const sku of ['A', 'B', 'C']) {
      await told(first, '1', sku);
      await told(second, '2', sku);
    }
    const listed = await readAll(async (query) => {
      const page = await items.list(request({ query: { limit: '2', ...query } }));
      return { rows: page.items, cursor: page.cursor };
    });
    assert.deepEqual(
      listed.flat().map(({ outlet: of, sku }) => `${of} ${sku}`),
      ['pasons:1 A', 'pasons:1 B', 'pasons:1 C', 'pasons:2 A', 'pasons:2 B', 'pasons:2 C'],
    );
    const started: string[] = [];
    for (const [ledger, of] of [
      [first, 'pasons:1'],
      [second, 'pasons:2'],
    ] as const) {
      const push = await ledger.startPush({ outlet: of, type: 'full', trigger: 'manual', created_by: 'user:x' });
      started.unshift(push.id);
      await pause();
    }
    const shown = await readAll(async (query) => {
      const page = await pushes.list(request({ query: { limit: '1', ...query } }));
      return { rows: page.pushes, cursor: page.cursor };
    });
    assert.deepEqual(
      shown.flat().map(({ id }) => id),
      started,
    );
    const { ledger } = await pushes.show(request({ params: { id: started[0]! } }));
    assert.equal(ledger, second.info.id);
  });

  it('a store that was moved to the second is told by it: its outlet, its items, its feed, its figures', async () => {
    await first.defineOutlets('pasons', [outlet('1')]);
    await told(first, '1', 'TEA', { selling_price: '1' });
    await first.defineOutlets('pasons', []);
    await second.defineOutlets('pasons', [outlet('1')]);
    await told(second, '1', 'TEA', { selling_price: '2' });
    const params = { store_id: '1', sku: 'TEA' };
    assert.equal((await items.story(request({ params }))).selling_price, '2');
    assert.equal((await items.story(request({ params, query: { ledger: first.info.id } }))).selling_price, '1');
    await assert.rejects(items.story(request({ params, query: { ledger: 'x' } })), { code: 'ledger_needed' });
    const read = async (query: AdminRequest['query']) => {
      let text = '';
      for await (const piece of (await items.feed(request({ params, query }))).pieces) text += piece;
      return text.split('\r\n')[1];
    };
    assert.equal(await read({}), 'TEA,2,1');
    assert.equal(await read({ ledger: first.info.id }), 'TEA,1,1');
    assert.deepEqual(
      (await outlets.list()).map(({ id, enabled }) => [id, enabled]),
      [['pasons:1', true]],
    );
    await outlets.pause(request({ params: { id: 'pasons:1' } }));
    assert.equal((await second.outlets())[0]!.paused, true);
    assert.equal((await first.outlets())[0]!.paused, false);
    let text = '';
    for await (const piece of (await metrics()).pieces) text += piece;
    assert.match(text, /shelfwire_outlet_paused\{outlet="pasons:1"\} 1/);
    assert.match(text, /shelfwire_items\{outlet="pasons:1",state="held"\} 1/);
    assert.deepEqual(
      (await items.search(request({ query: { text: 'TEA' } }))).items.map(({ ledger }) => ledger),
      [first.info.id, second.info.id],
    );
  });
});
