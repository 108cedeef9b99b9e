import assert from 'node:assert/strict';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
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
const credentials = { verify: { secret: SECRET }, 'verify-core': { secret: SECRET } };

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
  });
