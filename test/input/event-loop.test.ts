/** No input holds the event loop for more than 50 ms, however large it may be and whatever is in it. */
import assert from 'node:assert/strict';
import { PRESETS } from '../../core/signature/presets';
import { Verifier } from '../../core/signature/verify';
import { inSlices } from '../../runtime/slices';
import { Entries, type Entry } from '../support/entries';
import { longestBlock } from '../support/event-loop';
import { eventually } from '../support/eventually';
import { FUZZ_RUNS } from '../support/fuzz';
import { nodeOf, received } from '../support/node-test';

const MB = 1024 * 1024;
const WEBHOOK = 5 * MB;
const FEED = 20 * MB;
/** A feed of as many rows as one may have takes a while to send three times: that is for the long run. */
const ROWS = FUZZ_RUNS > 1 ? 200_000 : 50_000;
/** Of nonsense: as much as a webhook takes, in a long run (`npm run fuzz`) as much as a feed takes. */
const NASTY_FEED = FUZZ_RUNS > 1 ? FEED : WEBHOOK;

/** As many of `item` as fit into a list of `size` bytes. */
function list(item: (index: number) => string, size: number): { body: Buffer; count: number } {
  const items: string[] = [];
  for (let length = 1, index = 0; ; index++) {
    const next = item(index);
    length += Buffer.byteLength(next) + 1;
    if (length > size) break;
    items.push(next);
  }
  return { body: Buffer.from(`[${items.join(',')}]`), count: items.length };
}

const paradigm = (index: number) =>
  `{"eventType":"INVENTORY_UPDATE","productId":"P${index}","oldQuantity":100,"newQuantity":${index % 90}.5,"timestamp":"2025-08-01T22:30:00Z","source":"SALES_ORDER","referenceId":"SO-${index}"}`;
const mipos = (index: number) =>
  `{"pos_id":"1","inventory_system_id":"4344be8c","current_stock":"12.44","quantity":"1.25","date":"2020-05-30 12:45:03","movement_type":2,"external_id":"M${index}","now":"2020-06-01 02:55:18","store_id":1}`;
const product = (index: number) =>
  `{"sku":"93409570${index}","selling_price":${index % 90}.25,"stock_status":1,"name":"خبز ${index}","category":"bakery"}`;
const times = (text: string, size: number) => Buffer.from(text.repeat(Math.floor(size / Buffer.byteLength(text))));

/** What nobody sends by mistake: each of these once held a parser up, or would hold up a simple one. */
const NASTY: [string, (size: number) => Buffer][] = [
  ['nothing but brackets', (size) => times('[', size)],
  ['deep objects', (size) => times('{"a":', size)],
  ['a list of empty lists', (size) => Buffer.from(`[${'[],'.repeat(size / 3 - 2)}[]]`)],
  ['a list of empty objects', (size) => Buffer.from(`[${'{},'.repeat(size / 3 - 2)}{}]`)],
  ['a list of digits', (size) => Buffer.from(`[${'0,'.repeat(size / 2 - 2)}0]`)],
  ['one item of digits', (size) => Buffer.from(`[[${'0,'.repeat(size / 2 - 3)}0]]`)],
  ['one object of keys', (size) => Buffer.from(`{${Array.from({ length: size / 14 }, (_, i) => `"${i}":0`).join()}}`)],
  ['one number', (size) => times('7', size)],
  ['one text', (size) => Buffer.from(`"${'x'.repeat(size - 2)}"`)],
  ['one text of escaped quotes', (size) => Buffer.from(`"${'\\"'.repeat(size / 2 - 2)}"`)],
  ['one text of escaped backslashes', (size) => Buffer.from(`"${'\\'.repeat(size - 2)}"`)],
  ['a text that does not end', (size) => times('"x\\', size)],
  ['blanks', (size) => times(' \n', size)],
  ['blanks around a value', (size) => Buffer.from(`[{}${' '.repeat(size - 4)}]`)],
  ['quotes', (size) => times('"', size)],
  ['commas', (size) => times(',', size)],
  ['line ends', (size) => times('\n', size)],
  ['returns', (size) => times('\r', size)],
  ['what is no UTF-8', (size) => Buffer.concat([Buffer.alloc(size - 1, 'x'), Buffer.from([0xff])])],
  ['emoji', (size) => times('😀', size)],
  ['NUL', (size) => Buffer.alloc(size)],
];
/** The same behind a heading, so that it is rows. */
const NASTY_ROWS: [string, (size: number) => Buffer][] = [
  ...NASTY.map(([name, make]): [string, (size: number) => Buffer] => [
    name,
    (size) => Buffer.concat([Buffer.from('sku,selling_price\n'), make(size - 20)]),
  ]),
  ['rows of one character', (size) => Buffer.from(`sku\n${'a\n'.repeat(size / 2 - 4)}`)],
  ['rows of commas', (size) => Buffer.from(`sku,name\n${`${','.repeat(999)}\n`.repeat(size / 1000 - 1)}`)],
  ['rows of open quotes', (size) => Buffer.from(`sku,name\n${'"""x\n'.repeat(size / 5 - 4)}`)],
  ['cells of quotes', (size) => Buffer.from(`sku,name\n${`"${'""'.repeat(200_000)}"\n`.repeat(size / 400_100)}`)],
];

describe('input: how long the event loop is held', () => {
  let entries: Entries;
  after(() => entries?.stop());

  async function within(what: string, work: () => Promise<void>): Promise<void> {
    const blocked = await longestBlock(work);
    if (process.env.SHOW_BLOCKS) process.stdout.write(`      ${blocked.toFixed(1)} ms  ${what}\n`);
    assert.ok(blocked < 50, `${what}: ${blocked} ms`);
  }

  async function answers(entry: Entry, body: Buffer, status: number, headers = {}): Promise<string> {
    const answer = await entries.post(entry, body, headers);
    assert.equal(answer.status, status, answer.body.slice(0, 300));
    return answer.body;
  }

  const accepted = async (work: () => Promise<unknown>) => {
    const before = await entries.counts();
    await work();
    return (await entries.counts()).accepted - before.accepted;
  };

  for (const second of [false, true])
    describe(second ? 'with a second wire behind each receiver, so that every message is copied' : 'as wired', () => {
      before(async () => {
        entries = await Entries.start({ second, counting: true });
      });
      after(() => entries.stop());

      it("Paradigm's and MiPOS' largest list: every event, once, with exact counts", async () => {
        const sales = list(paradigm, WEBHOOK);
        await within('paradigm', async () => {
          const answer = JSON.parse(await answers('paradigm', sales.body, 200));
          assert.deepEqual([answer.received, answer.accepted], [sales.count, sales.count]);
        });
        const stock = list(mipos, WEBHOOK);
        await within('mipos', async () => {
          assert.equal(await accepted(() => answers('mipos', stock.body, 204)), stock.count);
        });
      });

      it('the largest feed', async () => {
        const rows = Array.from({ length: ROWS }, (_, i) => `93409570${i},${i % 90}.25,${i % 2},خبز ${i}`);
        const body = Buffer.from(`sku,selling_price,stock_status,name\n${rows.join('\n')}`);
        await within('csv', async () => {
          const answer = JSON.parse(await answers('csv', body, 200));
          assert.deepEqual([answer.received, answer.accepted], [rows.length, rows.length]);
        });
        const products = list(product, FUZZ_RUNS > 1 ? FEED : WEBHOOK);
        await within('json', async () => {
          const answer = JSON.parse(await answers('json', products.body, 200));
          assert.deepEqual([answer.received, answer.accepted], [products.count, products.count]);
        });
      }).timeout(120_000);

      it('what is wrong in each of its rows: all counted, the first listed, by their place in the whole', async () => {
        const rows = Array.from({ length: 100_000 }, (_, i) => `${i % 2 ? 'a' : ''},1`);
        const body = Buffer.from(`sku,quantity\n${rows.join('\n')}`);
        await within('wrong rows', async () => {
          const answer = JSON.parse(await answers('csv', body, 200));
          assert.deepEqual([answer.received, answer.accepted, answer.refused], [100_000, 50_000, 50_000]);
          assert.equal(answer.errors.length, 1_000);
          for (const [position, { index }] of answer.errors.entries()) assert.equal(index, position * 2);
        });
      });
    });

  describe('of nobody, or of nonsense', () => {
    before(async () => {
      entries = await Entries.start({ counting: true });
    });
    after(() => entries.stop());

    it('not signed: 401, and nothing is recorded', async () => {
      const { body } = list(paradigm, WEBHOOK);
      await within('not signed', async () => {
        assert.equal(await accepted(() => answers('paradigm', body, 401, { 'X-Signature': '0'.repeat(64) })), 0);
      });
    });

    it('twenty at once', async () => {
      const { body } = list(paradigm, 2 * MB);
      await within('twenty at once', async () => {
        const all: Promise<string>[] = [];
        // One in a turn: it is the receiver that is measured, not the sender.
        for (let sender = 0; sender < 20; sender++) {
          all.push(answers('paradigm', body, 401, { 'X-Signature': '' }));
          await new Promise((resolve) => setImmediate(resolve));
        }
        assert.equal(await accepted(() => Promise.all(all)), 0);
      });
    });

    for (const [name, make] of NASTY)
      it(`webhooks: ${name}`, async () => {
        const body = make(WEBHOOK);
        await within(`webhook: ${name}`, async () => {
          const answer = await entries.post('paradigm', body);
          assert.ok(answer.status === 400 || answer.status === 422, `${answer.status} ${answer.body.slice(0, 200)}`);
          assert.match(JSON.parse(answer.body).message, /Send|Mend|Shorten/);
        });
      });

    for (const [name, make] of NASTY_ROWS)
      it(`feeds: ${name}`, async () => {
        const body = make(NASTY_FEED);
        await within(`feed: ${name}`, async () => {
          const answer = await entries.post('csv', body);
          assert.ok([200, 400, 422].includes(answer.status), `${answer.status} ${answer.body.slice(0, 200)}`);
          assert.ok(JSON.parse(answer.body).message.length > 5);
        });
      }).timeout(120_000);
  });

  describe("of an operator's own flow", () => {
    let ledger: Entries;
    before(async () => {
      ledger = await Entries.start({ counting: true });
    });
    after(() => ledger.stop());

    const own = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        store_id: '1',
        sku: `O${i}`,
        quantity: '5',
        selling_price: 13.99,
        occurred_at: '2025-08-01T22:30:00Z',
      }));

    for (const [node, count, messages] of [
      ['map', 100_000, 1],
      ['compute', 5_000, 1],
      ['chunk', 100_000, 200],
      ['r', 100_000, 1],
    ] as const)
      it(`${node}: a list of ${count}`, async () => {
        const payload = own(count);
        const out = received(node === 'r' ? 'ok' : 'sink');
        await within(`${node}: ${count}`, async () => {
          out.length = 0;
          nodeOf(node).receive({ payload });
          await eventually(() => out.length === messages, 60_000);
        });
      }).timeout(60_000);
  });

  it('a signature over the largest body that a receiver can be set to', async () => {
    const verifier = new Verifier(PRESETS.paradigm, { current: 'a', previous: 'b', previousUntil: null }, Date.now);
    const body = Buffer.alloc(64 * MB, 'x');
    const request = { body, method: 'POST', target: '/', url: null, headers: { 'x-signature': '0'.repeat(64) } };
    await within('signature', async () => {
      const verdict = await inSlices(verifier.steps(request));
      assert.equal(verdict.ok, false);
    });
  });
});
