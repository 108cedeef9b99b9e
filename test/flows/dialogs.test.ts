/** What dialogs try before a deploy, in a real Node-RED: requests pasted into hmac verify, and every button "Test". */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type ParadigmApi, startParadigmApi } from '../../simulators/paradigm-api';
import { TEST_CERT, TEST_KEY } from '../support/certificate';
import { freePort } from '../support/free-port';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { PASSWORD_HASH } from '../support/sessions';

const SECRET = 'a-secret-of-the-sender';
const KEY = 'the-key-of-the-platform';
const BODY = '{"productId":"1015AW","newQuantity":95}';
const HMAC = { scheme: 'custom', header: 'X-Signature', signed: '{body}', algorithm: 'sha256', encoding: 'hex' };
const OUTLETS = { ledger: 'ledger', platform: 'pasons', auth: 'api-key', keyHeader: 'X-API-Key', timeout: 1 };

const flows = (brokerPort: number): FlowEntry[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db', publicUrl: 'https://shop.example', version: 1 },
  { id: 'broker', type: 'shelfwire-broker', kind: 'embedded', host: '127.0.0.1', port: String(brokerPort) },
  { id: 'outlets', type: 'shelfwire-outlets', ...OUTLETS, endpoint: 'http://127.0.0.1:9/', rows: [] },
  { id: 'hmac', type: 'shelfwire-hmac-verify', z: 'tab', x: 1, y: 1, ...HMAC, wires: [[], []] },
];

type Answer = Record<string, unknown> & { code: string };

describe('what dialogs try', function () {
  this.timeout(60_000);
  let red: RunningNodeRed;
  let brokerPort = 0;
  const tokens: Record<string, string> = {};
  const servers: Server[] = [];
  /** Headers of the requests to the platform. */
  const seen: IncomingMessage['headers'][] = [];
  let paradigm: ParadigmApi;

  const ask = async (path: string, body: unknown, user = 'owner') => {
    const answer = await fetch(`${red.adminUrl}/shelfwire/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${tokens[user]}` },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    for (const secret of [SECRET, KEY]) assert.ok(!text.includes(secret), text);
    return { status: answer.status, body: (text ? JSON.parse(text) : {}) as Answer };
  };
  const test = async (type: string, body: Record<string, unknown>) => (await ask(`test/${type}`, body)).body;
  const listen = async <T extends Server>(server: T): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const platform = async (respond: (res: ServerResponse) => void) => {
    const port = await listen(
      createServer((req, res) => {
        seen.push(req.headers);
        respond(res);
      }),
    );
    return `http://127.0.0.1:${port}/v1`;
  };

  before(async () => {
    brokerPort = await freePort();
    red = await startNodeRed({
      flows: flows(brokerPort),
      credentials: { hmac: { secret: SECRET }, outlets: { api_key: KEY } },
      env: { HOOK_SECRET: SECRET },
      settings: {
        adminAuth: {
          type: 'credentials',
          users: [
            { username: 'owner', password: PASSWORD_HASH, permissions: '*' },
            { username: 'clerk', password: PASSWORD_HASH, permissions: ['shelfwire.write'] },
          ],
        },
      },
    });
    paradigm = await startParadigmApi({ apiKey: 'pk', products: 3 });
    for (const [username, scope] of [
      ['owner', '*'],
      ['clerk', 'shelfwire.write'],
    ] as const) {
      const answer = await fetch(`${red.adminUrl}/auth/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ client_id: 'node-red-admin', grant_type: 'password', scope, username, password: 'pw' }),
      });
      tokens[username] = ((await answer.json()) as { access_token: string }).access_token;
    }
  });
  after(async () => {
    await red?.stop();
    await paradigm?.stop();
    for (const server of servers) {
      (server as { closeAllConnections?: () => void }).closeAllConnections?.();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  describe('a request that was pasted', () => {
    const tag = (secret = SECRET, content = BODY) => createHmac('sha256', secret).update(content).digest('hex');
    const verify = async (more: Record<string, unknown>, headers = `X-Signature: ${tag()}`, body = BODY) => {
      const answer = await ask('verify', { id: 'hmac', config: HMAC, ask: { headers, body }, ...more });
      assert.ok(!JSON.stringify(answer.body).includes(tag()), 'nor the expected signature');
      return answer.body;
    };

    it('is checked with the stored secret, one that was typed, or one from the environment', async () => {
      assert.equal((await verify({})).code, 'verified');
      assert.equal((await verify({ credentials: { secret: '__PWRD__' } })).code, 'verified');
      assert.equal((await verify({ credentials: { secret: 'another' } })).code, 'signature_mismatch');
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an environment variable, as the operator types it
      assert.equal((await verify({ id: 'new', credentials: { secret: '${HOOK_SECRET}' } })).code, 'verified');
      assert.equal((await verify({ credentials: { secret: '' } })).code, 'setup');
    });
    it('is checked with the settings as they are typed; what would mend it is said', async () => {
      const { code, step, fix } = await verify({}, `X-Other: ${tag()}`);
      assert.deepEqual([code, step], ['header_other', 'header']);
      assert.equal((fix as { header: string }).header, 'X-Other');
      assert.equal((await verify({ config: { ...HMAC, header: 'X-Other' } }, `X-Other: ${tag()}`)).code, 'verified');
      assert.equal((await verify({}, undefined, `${BODY}\n`)).code, 'body_newline_removed');
      assert.equal((await verify({ config: { ...HMAC, scheme: 'no such' } })).code, 'setup');
    });
    it('our public address comes from the ledger, the path from the request line or the receiver', async () => {
      const headers = `X-Signature: ${tag(SECRET, `https://shop.example/hook${BODY}`)}`;
      const config = { ...HMAC, signed: '{url}{body}', ledger: 'ledger' };
      assert.equal((await verify({ config }, `POST /hook HTTP/1.1\n${headers}`)).code, 'verified');
      assert.equal((await verify({ config, ask: { headers, body: BODY, path: '/hook' } })).code, 'verified');
      assert.equal((await verify({ config, ask: { headers, body: BODY, path: '/' } })).code, 'signature_mismatch');
    });
    it('has limits, and is for those who may deploy', async () => {
      const long = await ask('verify', { id: 'hmac', config: HMAC, ask: { headers: '', body: 'x'.repeat(300_000) } });
      assert.deepEqual([long.status, long.body.code], [422, 'body_too_long']);
      assert.equal((await ask('verify', { config: 'no' })).status, 422);
      assert.equal((await ask('verify', { id: 'hmac', config: HMAC, ask: {} }, 'clerk')).status, 401);
      const codes = new Set<string>();
      for (let i = 0; i < 61; i++) codes.add((await verify({})).code);
      assert.ok(codes.has('too_many_tests'));
    });
  });

  describe('outlets', () => {
    const row = (endpoint: string, more: Record<string, unknown> = {}) =>
      test('outlets', {
        id: 'outlets',
        config: { ...OUTLETS, endpoint, rows: [{ store_id: '7', name: 'Shop', push_enabled: true }] },
        ask: { row: 0 },
        ...more,
      });

    it('are tested as typed, with the stored key or a typed one', async () => {
      const endpoint = await platform((res) => res.writeHead(405).end('{}'));
      assert.equal((await row(`${endpoint}/{store_id}`)).code, 'ok');
      assert.equal(seen.at(-1)?.['x-api-key'], KEY);
      await row(endpoint, { credentials: { api_key: 'typed' } });
      assert.equal(seen.at(-1)?.['x-api-key'], 'typed');
      await row(endpoint, { credentials: { api_key: '__PWRD__', keys: '{"7":"of the shop"}' } });
      assert.equal(seen.at(-1)?.['x-api-key'], 'of the shop');
    });
    it('say in words what is wrong', async () => {
      const told = async (endpoint: string) => {
        const { ok, code, message } = await row(endpoint);
        assert.ok(String(message).length > 20, String(message));
        return `${ok} ${code}`;
      };
      assert.equal(await told('http://no-such-name.invalid/'), 'false name_not_found');
      assert.equal(await told(`http://127.0.0.1:${await freePort()}/`), 'false connection_refused');
      const secure = createTlsServer({ key: TEST_KEY, cert: TEST_CERT }, (_req, res) => res.end('{}'));
      assert.equal(await told(`https://127.0.0.1:${await listen(secure)}/`), 'false tls');
      assert.equal(await told(await platform((res) => res.writeHead(401).end('{}'))), 'false key_refused');
      assert.equal(await told(await platform((res) => res.end('<html></html>'))), 'false not_an_api');
      assert.equal(await told(await platform((res) => res.end('It works!'))), 'false not_json');
      assert.equal(await told(await platform(() => undefined)), 'false timeout');
      assert.equal(await told(await platform((res) => res.writeHead(404).end('{}'))), 'false not_found');
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an environment variable, as the operator types it
      assert.equal(await told('${NO_SUCH_VARIABLE}/x'), 'false variable_unset');
      assert.equal(await told('ftp://x'), 'false endpoint_invalid');
    });
    it('a stored key goes to a typed address only for those who could deploy it', async () => {
      assert.equal((await ask('test/outlets', { id: 'outlets' }, 'clerk')).status, 401);
    });
  });

  it('paradigm sync: reads one product and says what it read', async () => {
    const sync = (more: Record<string, unknown>, key = 'pk') =>
      test('paradigm-sync', {
        config: { url: `${paradigm.url}/Items/GetItems`, paging: 'path', defaultStore: '1', ...more },
        credentials: { api_key: key },
      });
    const fields = [
      { from: 'productId', to: 'sku' },
      { from: 'quantity', to: 'quantity' },
      { from: 'price', to: 'selling_price' },
    ];
    const read = await sync({ fields });
    assert.equal(read.code, 'sync_read', String(read.message));
    assert.match(paradigm.asked.at(-1) ?? '', /\/0\/1$/);
    assert.equal((await sync({ fields }, 'wrong')).code, 'sync_key_refused');
    const other = await platform((res) => res.end('{}'));
    assert.equal((await sync({ fields, url: other })).code, 'not_a_list');
    assert.equal((await sync({ fields, defaultStore: '' })).code, 'sync_refused');
    assert.equal((await sync({ url: `http://127.0.0.1:${await freePort()}/x` })).code, 'connection_refused');
    assert.equal((await sync({ url: 'no address' })).code, 'url_invalid');
  });

  it('broker: embedded, whether the port is free; external, whether it takes the connection', async () => {
    const broker = (config: Record<string, unknown>, more: Record<string, unknown> = {}) =>
      test('broker', { id: 'other', config, ...more }).then(({ code }) => code);
    const embedded = { kind: 'embedded', host: '127.0.0.1' };
    assert.equal(await broker({ ...embedded, port: String(await freePort()) }), 'port_free');
    assert.equal(await broker({ ...embedded, port: String(brokerPort) }), 'port_taken');
    assert.equal(await broker({ ...embedded, port: String(brokerPort) }, { id: 'broker' }), 'broker_running');
    assert.equal(await broker({ ...embedded, host: '203.0.113.7', port: '1883' }), 'host_not_here');
    const external = (url: string) =>
      broker({ kind: 'external', url }, { credentials: { username: 'x', password: 'y' } });
    assert.equal(await external(`mqtt://127.0.0.1:${brokerPort}`), 'broker_account_refused');
    assert.equal(await external('mqtt://no-such-name.invalid:1883'), 'name_not_found');
    assert.equal(await external(`mqtt://127.0.0.1:${await freePort()}`), 'connection_refused');
    const other = await listen(createTcpServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    assert.equal(await external(`mqtt://127.0.0.1:${other}`), 'not_a_broker');
    assert.equal(await external('mqtt://x:y@host'), 'url_invalid');
  });

  it('ledger: file, disk and soundness', async () => {
    const ledger = (file: string) => test('ledger', { id: 'ledger', config: { file } });
    const sound = await ledger('ledger.db');
    assert.equal(sound.code, 'ledger_sound', String(sound.message));
    assert.match(String((sound.values as { free: string }).free), /^[\d.]+ [GM]B$/);
    assert.equal((await ledger('not/yet/there.db')).code, 'ledger_new');
    writeFileSync(join(red.userDir, 'broken.db'), 'this is no database at all'.repeat(200));
    assert.equal((await ledger('broken.db')).code, 'ledger_damaged');
  });

  it('what has no test', async () => {
    assert.equal((await ask('test/chunker', { config: {} })).status, 404);
  });
});
