import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { EventCounts } from '../../core/ledger/ledger';
import { paradigmHeaders } from '../../simulators/paradigm';
import { eventually } from '../support/eventually';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const SECRET = 'secret';
const LIMIT = 2_000;
const at = (x: number, y: number) => ({ z: 'tab', x, y });

const flows: FlowEntry[] = [
  { id: 'tab', type: 'tab', label: 'raw' },
  {
    id: 'in',
    type: 'shelfwire-paradigm-in',
    ...at(100, 80),
    path: '/hooks/:shop/Paradigm',
    storeMap: [{ location: '1', store_id: '1' }],
    defaultStore: '1',
    maxBody: LIMIT,
    wires: [['verify']],
  },
  {
    id: 'verify',
    type: 'shelfwire-hmac-verify',
    ...at(300, 80),
    scheme: 'paradigm',
    ledger: 'ledger',
    previousUntil: '2020-01-01T00:00:00Z',
    wires: [['record'], []],
  },
  {
    id: 'mipos',
    type: 'shelfwire-mipos-in',
    ...at(100, 240),
    path: '/hooks/:shop/MiPOS',
    storeMap: [{ location: '1', store_id: '1' }],
    timeZone: 'UTC',
    wires: [['verify-mipos']],
  },
  {
    id: 'verify-mipos',
    type: 'shelfwire-hmac-verify',
    ...at(300, 240),
    scheme: 'mipos',
    ledger: 'ledger',
    previousUntil: '2020-01-01T00:00:00Z',
    wires: [['record'], []],
  },
  { id: 'record', type: 'shelfwire-record-stock', ...at(500, 80), ledger: 'ledger', wires: [[], []] },
  {
    id: 'core',
    type: 'http in',
    ...at(100, 160),
    url: '/core',
    method: 'post',
    skipBodyParsing: true,
    wires: [['verify-core']],
  },
  {
    id: 'verify-core',
    type: 'shelfwire-hmac-verify',
    ...at(300, 160),
    scheme: 'paradigm',
    ledger: 'ledger',
    wires: [['echo'], []],
  },
  { id: 'echo', type: 'template', ...at(500, 160), field: 'payload', template: 'verified', wires: [['respond']] },
  { id: 'respond', type: 'http response', ...at(700, 160), wires: [] },
  { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db' },
];
const PREVIOUS = 'the secret before';
const credentials = {
  verify: { secret: SECRET, previousSecret: PREVIOUS },
  'verify-mipos': { secret: SECRET, previousSecret: PREVIOUS },
  'verify-core': { secret: SECRET },
};

/** What each vendor sends, byte for byte, and in which header it signs. */
const VENDORS = {
  Paradigm: {
    header: 'X-Signature',
    body: (sku: string) =>
      `{"eventType":"INVENTORY_UPDATE","productId":"${sku}","oldQuantity":100,"newQuantity":95,"timestamp":"2025-08-01T22:30:00Z","source":"SALES_ORDER","referenceId":"SO-12345"}`,
    stored: 200,
  },
  MiPOS: {
    header: 'X-Signature-Request',
    body: (sku: string) =>
      `{"pos_id": "1","inventory_system_id": "4344be8c-c6b9-4c51-88a6-d620144ab406","current_stock": "12.44","quantity": "1.25","date": "2020-05-30 12:45:03","movement_type": 2,"external_id": "${sku}","now": "2020-06-01 02:55:18","store_id": 1}`,
    stored: 204,
  },
} as const;

const tag = (body: string, secret = SECRET, encoding: 'hex' | 'base64' = 'hex', algorithm = 'sha256') =>
  createHmac(algorithm, secret).update(body).digest(encoding);

/** Every way to be wrong; undefined = the header is not sent at all. */
const WRONG: [string, (body: string) => string | string[] | undefined][] = [
  ['missing', () => undefined],
  ['empty', () => ''],
  ['blank', () => '  '],
  ['cut by one character', (body) => tag(body).slice(0, -1)],
  ['cut in half', (body) => tag(body).slice(0, 32)],
  ['one character longer', (body) => `${tag(body)}0`],
  ['in base64', (body) => tag(body, SECRET, 'base64')],
  ['with a prefix', (body) => `sha256=${tag(body)}`],
  ['of another algorithm', (body) => tag(body, SECRET, 'hex', 'sha512')],
  ['of an older algorithm', (body) => tag(body, SECRET, 'hex', 'sha1')],
  ['of zeros', () => '0'.repeat(64)],
  ['of a body in other letter case', (body) => tag(body.toUpperCase())],
  ['of the body with a line end', (body) => tag(`${body}\n`)],
  ['of the body as a parser writes it', (body) => tag(JSON.stringify(JSON.parse(body), null, 2))],
  ['of nothing', () => tag('')],
  ['of another key', (body) => tag(body, 'another')],
  ['of the key with a blank', (body) => tag(body, `${SECRET} `)],
  ['of the previous key, after its end', (body) => tag(body, PREVIOUS)],
  ['several headers, one of them right', (body) => ['0'.repeat(64), tag(body)]],
  ['several in one header, one of them right', (body) => `${tag(body)},${'0'.repeat(64)}`],
];

for (const httpAdminRoot of ['/', '/admin'])
  describe(`signatures over exactly the bytes received, with the editor at ${httpAdminRoot}`, () => {
    let folder: TempFolder;
    let red: RunningNodeRed;
    let number = 0;

    before(async () => {
      folder = tempFolder('raw');
      red = await startNodeRed({ flows, credentials, settings: { httpAdminRoot }, userDir: join(folder.path) });
      await eventually(async () => (await fetch(`${red.url}/health`)).status === 200);
    });
    after(async () => {
      await red?.stop();
      folder?.remove();
    });

    const post = async (body: string | Buffer, headers: Record<string, string> = {}, path = '/hooks/1/Paradigm') => {
      const answer = await fetch(red.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...paradigmHeaders(SECRET, body), ...headers },
        body: Buffer.from(body),
      });
      return { status: answer.status, body: await answer.text(), headers: answer.headers };
    };
    /** An event that was not sent yet, in JSON that no parser would write again like this. */
    const odd = () => {
      number += 1;
      return `{ "eventType" : "INVENTORY_UPDATE",\t"productId":"\\u0041${number}",\r\n "newQuantity":1.0,"timestamp":"2025-08-01T22:30:00Z","source":"SALES_ORDER" }\n`;
    };

    it('whatever the spacing, digits and escapes, and for a path with a parameter in other letter case', async () => {
      assert.equal((await post(odd())).status, 200);
      assert.equal((await post(odd(), {}, '/HOOKS/Shop%201/paradigm')).status, 200);
      assert.equal((await post(odd(), {}, '/hooks/1/Paradigm/?x=1')).status, 200);
      const { 'X-Signature': signature } = paradigmHeaders(SECRET, odd().replaceAll(' ', '')) as {
        'X-Signature': string;
      };
      assert.equal((await post(odd(), { 'X-Signature': signature })).status, 401);
    });

    it('compressed as they came', async () => {
      const zipped = gzipSync(odd());
      assert.equal((await post(zipped, { 'Content-Encoding': 'gzip' })).status, 200);
      const plain = odd();
      const ofPlain = paradigmHeaders(SECRET, plain);
      assert.equal((await post(gzipSync(plain), { 'Content-Encoding': 'gzip', ...ofPlain })).status, 401);
    });

    it('of no bytes at all: judged by who sent it before what is in it', async () => {
      assert.equal((await post('')).status, 400);
      assert.equal((await post('', { 'X-Signature': 'ab' })).status, 401);
    });

    it('of malformed JSON: 400 in JSON when it is signed, 401 when not', async () => {
      const cut = odd().slice(0, -4);
      const answer = await post(cut);
      assert.equal(answer.status, 400);
      assert.equal(typeof JSON.parse(answer.body).message, 'string');
      assert.equal((await post(cut, { 'X-Signature': '00' })).status, 401);
    });

    it('up to the limit, not one byte more', async () => {
      const sized = (size: number) => odd().padEnd(size, ' ');
      assert.equal((await post(sized(LIMIT - 1))).status, 200);
      assert.equal((await post(sized(LIMIT))).status, 200);
      const more = await post(sized(LIMIT + 1), { 'X-Signature': 'not looked at' });
      assert.equal(more.status, 413);
      assert.equal(typeof JSON.parse(more.body).message, 'string');
    });

    it("behind core's http in that does not parse", async () => {
      const body = odd();
      assert.deepEqual(await post(body, {}, '/core').then(({ status, body: text }) => [status, text]), [
        200,
        'verified',
      ]);
      assert.equal(
        (await post(body, { 'X-Signature': paradigmHeaders('other', body)['X-Signature']! }, '/core')).status,
        401,
      );
    });

    /** `fetch` would join headers and tidy paths. */
    const send = (path: string, body: string, headers: Record<string, string | string[]>) =>
      new Promise<number>((resolve, reject) => {
        const { port } = red;
        const req = request({ port, host: '127.0.0.1', path, method: 'POST', agent: false, headers }, (res) => {
          res.resume().on('end', () => resolve(res.statusCode ?? 0));
        });
        req.on('error', reject).end(body);
      });
    const json = async <T>(url: string) => (await (await fetch(url)).json()) as T;
    /** Counts, rows and kept input: all that a request could change. */
    const ledger = async (sku: string) => ({
      counts: (await json<{ counts: EventCounts }>(`${red.url}/health`)).counts,
      refused: (await json<{ refused: unknown[] }>(`${red.adminUrl}/shelfwire/refused?limit=1000`)).refused.length,
      story: (await fetch(`${red.adminUrl}/shelfwire/items/1/${sku}`)).status,
    });

    for (const [vendor, { header, body, stored }] of Object.entries(VENDORS))
      for (const [what, path] of [
        ['the path', `/hooks/1/${vendor}`],
        ['other letter case, a trailing slash, a query', `/HOOKS/Shop%201/${vendor.toLowerCase()}/?signature=x`],
      ] as const)
        it(`${vendor}, ${what}: every way to be wrong is 401 and changes nothing; the right one is stored once`, async () => {
          number += 1;
          const sku = `S${number}`;
          const content = body(sku);
          const type = { 'Content-Type': 'application/json' };
          const before = await ledger(sku);
          assert.equal(before.story, 404);
          for (const [how, signature] of WRONG) {
            const given = signature(content);
            const status = await send(path, content, { ...type, ...(given === undefined ? {} : { [header]: given }) });
            assert.equal(status, 401, how);
          }
          // Right for other bytes, or in the other vendor's header.
          const elsewhere = header === 'X-Signature' ? 'X-Signature-Request' : 'X-Signature';
          assert.equal(await send(path, content, { ...type, [elsewhere]: tag(content) }), 401);
          assert.equal(await send(path, `${content} `, { ...type, [header]: tag(content) }), 401);
          assert.deepEqual(await ledger(sku), before);
          // Replayed: neither of them signs a time, so the ledger gives the same event no second effect.
          for (const accepted of [1, 1]) {
            assert.equal(await send(path, content, { ...type, [header]: tag(content) }), stored);
            assert.equal((await ledger(sku)).counts.accepted, before.counts.accepted + accepted);
          }
          assert.equal(await send(path, content, { ...type, [header]: tag(content).toUpperCase() }), stored);
          assert.equal((await ledger(sku)).counts.duplicate, before.counts.duplicate + 2);
        });
  });
