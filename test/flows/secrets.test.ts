/**
 * Secrets show nowhere. A real Node-RED is given secrets at every place that takes one (and at some that should not get
 * one), talks with a platform that puts our key into everything it answers, and with senders that prove themselves wrongly.
 * Then everything that it printed, told, kept and wrote is searched.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { ADMIN_ROUTES } from '../../runtime/admin/routes';
import { paradigmHeaders } from '../../simulators/paradigm';
import { type EchoPlatform, startEchoPlatform } from '../support/echo-platform';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { filesBelow, ledgerText, Planted } from '../support/planted';
import { type TempFolder, tempFolder } from '../support/temp-folder';

/** Ways in which the platform answers, each an outlet. */
const ANSWERS = ['ok', 'items', 'form', 'html', 'redirect', 'cut', 'silent', '401', '403', '500', '503', '429'];
/** Files that are there to hold secrets, and the settings that this test itself writes. */
const MEANT_TO = /^(flows_cred\.json|\.flows_cred\.json\.backup|settings\.js|ledger\.db.*)$/;

describe('secrets show nowhere', function () {
  this.timeout(120_000);
  const planted = new Planted();
  const told: string[] = [];
  let platform: EchoPlatform;
  let folder: TempFolder;
  let red: RunningNodeRed;
  let mqttPort: number;

  const row = (store_id: string, endpoint: string, more: object = {}) => ({
    store_id,
    name: `Shop ${store_id}`,
    push_enabled: true,
    auto: true,
    endpoint,
    keyRef: '',
    ...more,
  });
  const variable = (name: string) => `\${${name}}`;

  function flows(): FlowEntry[] {
    const base = `http://127.0.0.1:${platform.port}`;
    const query = `?api_key=${variable('QUERY_KEY')}&v=1`;
    const debug = (id: string): FlowEntry => ({
      id,
      type: 'debug',
      active: true,
      tosidebar: true,
      console: true,
      tostatus: true,
      statusType: 'msg',
      statusVal: 'error',
      complete: 'true',
      targetType: 'full',
      wires: [],
    });
    const outlets = (id: string, more: object): FlowEntry => ({
      id,
      type: 'shelfwire-outlets',
      ledger: 'ledger',
      timeout: 0.5,
      auth: 'api-key',
      keyHeader: 'X-API-Key',
      ...more,
    });
    const nodes: FlowEntry[] = [
      {
        id: 'paradigm',
        type: 'shelfwire-paradigm-in',
        storeMap: { 1: 'ok' },
        defaultStore: 'ok',
        wires: [['prove', 'debug']],
      },
      {
        id: 'prove',
        type: 'shelfwire-hmac-verify',
        scheme: 'paradigm',
        previousUntil: '2020-01-01T00:00:00Z',
        ledger: 'ledger',
        wires: [['record', 'debug'], ['debug']],
      },
      { id: 'mipos', type: 'shelfwire-mipos-in', storeMap: { 1: 'ok' }, wires: [['token', 'debug']] },
      {
        id: 'token',
        type: 'shelfwire-hmac-verify',
        scheme: 'token',
        header: 'X-Shop-Token',
        prefix: '',
        wires: [['record', 'debug'], ['debug']],
      },
      { id: 'catalogue', type: 'shelfwire-catalogue-in', wires: [['record', 'debug']] },
      {
        id: 'ask',
        type: 'shelfwire-push-request',
        kind: 'push',
        path: '/api/push/:store_id',
        outlets: 'byKey',
        wires: [['changed', 'debug']],
      },
      {
        id: 'sync',
        type: 'shelfwire-paradigm-sync',
        url: `${base}/500/items?key=${variable('SYNC_QUERY_KEY')}`,
        paging: 'path',
        attempts: 1,
        storeMap: { 1: 'ok' },
        ledger: 'ledger',
        wires: [['record', 'debug']],
      },
      {
        id: 'badSync',
        type: 'shelfwire-paradigm-sync',
        url: variable('URL_WITH_PASSWORD'),
        paging: 'path',
        wires: [['debug']],
      },
      {
        id: 'inject',
        type: 'inject',
        once: true,
        onceDelay: 0.1,
        props: [{ p: 'payload' }],
        payloadType: 'json',
        payload: '{"all":true}',
        wires: [['sync']],
      },
      { id: 'scanner', type: 'shelfwire-scanner-in', broker: 'broker', wires: [['record', 'debug']] },
      { id: 'elsewhere', type: 'shelfwire-scanner-in', broker: 'external', wires: [['debug']] },
      { id: 'elsewhere2', type: 'shelfwire-scanner-in', broker: 'badUrl', wires: [['debug']] },
      { id: 'record', type: 'shelfwire-record-stock', ledger: 'ledger', wires: [['debug'], ['debug']] },
      ...['byKey', 'byBasic', 'byHeader', 'wrong'].flatMap((account): FlowEntry[] => [
        {
          id: account === 'byKey' ? 'changed' : `changed-${account}`,
          type: 'shelfwire-changed-stock',
          outlets: account,
          auto: true,
          linger: 0.05,
          wires: [['map', 'debug']],
        },
      ]),
      { id: 'map', type: 'shelfwire-field-mapper', wires: [['retry', 'debug'], ['debug']] },
      {
        id: 'secretMap',
        type: 'shelfwire-field-mapper',
        fields: [
          { from: 'sku', to: 'sku', type: 'text' },
          { to: 'auth', constant: variable('CONSTANT_KEY'), type: 'text' },
        ],
        wires: [['debug'], ['debug']],
      },
      { id: 'secretWrap', type: 'shelfwire-field-mapper', wrap: variable('WRAP_TOKEN'), wires: [['debug'], ['debug']] },
      {
        id: 'injectMap',
        type: 'inject',
        once: true,
        onceDelay: 0.1,
        props: [{ p: 'payload' }],
        payloadType: 'json',
        payload: '[{"sku":"1"}]',
        wires: [['secretMap', 'secretWrap']],
      },
      {
        id: 'retry',
        type: 'shelfwire-retry',
        attempts: 2,
        delay: 0.05,
        wires: [
          ['push', 'debug'],
          ['history', 'debug'],
        ],
      },
      {
        id: 'push',
        type: 'shelfwire-pasons-push',
        wires: [
          ['history', 'debug'],
          ['retry', 'debug'],
        ],
      },
      { id: 'history', type: 'shelfwire-push-history', wires: [['debug']] },
      { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [['debug', 'remember']] },
      { id: 'status', type: 'status', scope: null, wires: [['debug']] },
      {
        id: 'remember',
        type: 'change',
        rules: [
          { t: 'set', p: 'last', pt: 'flow', to: 'error', tot: 'msg' },
          { t: 'set', p: 'last', pt: 'global', to: 'error', tot: 'msg' },
        ],
        wires: [[]],
      },
      debug('debug'),
    ];
    return [
      { id: 'tab', type: 'tab', label: 'secrets' },
      { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db', healthPath: '/health' },
      outlets('byKey', {
        name: 'by key',
        headers: [
          { name: 'X-Partner', value: variable('HEADER_KEY') },
          { name: 'X-Sign', value: 'v1 {api_secret}' },
        ],
        rows: [
          ...ANSWERS.map((how) => row(how, `${base}/${how}/{store_id}${query}`)),
          row('named', `${base}/401/x`, { name: variable('NAME_KEY') }),
          row('ref', `${base}/401/x`, { keyRef: variable('REF_KEY') }),
          row('tls', `https://localhost:${platform.tlsPort}/ok`),
          row('gone', 'http://no-such-host.invalid/'),
          row('closed', 'http://127.0.0.1:1/'),
        ],
      }),
      outlets('byBasic', { platform: 'basic', auth: 'basic', rows: [row('500', `${base}/500/{store_id}`)] }),
      outlets('byHeader', { platform: 'header', auth: 'bearer', rows: [row('401', `${base}/401/{store_id}`)] }),
      outlets('wrong', {
        platform: 'wrong',
        rows: [row('500', variable('URL_WITH_PASSWORD')), row('ok', variable('WRONG_FIELD_KEY'))],
      }),
      {
        id: 'broker',
        type: 'shelfwire-broker',
        kind: 'embedded',
        host: '127.0.0.1',
        port: String(mqttPort),
        accounts: [{ account: 'scanner-1', store_id: 'ok', name: 'Till', slot: 0 }],
      },
      { id: 'external', type: 'shelfwire-broker', kind: 'external', url: 'mqtt://127.0.0.1:1' },
      { id: 'badUrl', type: 'shelfwire-broker', kind: 'external', url: variable('BROKER_URL') },
      ...nodes.map((node, index) => ({ z: 'tab', x: 100 + (index % 4) * 200, y: 60 * (index + 1), ...node })),
    ];
  }

  before(async () => {
    platform = await startEchoPlatform();
    folder = tempFolder('secrets');
    mqttPort = await freePort();
    const s = (name: string) => planted.secret(name);
    const env = Object.fromEntries(
      [
        'PASONS_API_KEY',
        'PASONS_KEY_500',
        'QUERY_KEY',
        'HEADER_KEY',
        'NAME_KEY',
        'REF_KEY',
        'SYNC_QUERY_KEY',
        'CONSTANT_KEY',
        'WRAP_TOKEN',
        'WRONG_FIELD_KEY',
        'PARADIGM_WEBHOOK_SECRET',
        'PARADIGM_API_KEY',
        'SHELFWIRE_API_TOKEN',
        'SCANNER_PASSWORD',
      ].map((name) => [name, s(name)]),
    );
    env.WRAP_TOKEN = `{"token":"${s('WRAP_TOKEN')}","items":{items}}`;
    red = await startNodeRed({
      userDir: folder.path,
      keepLogs: 100_000_000,
      flows: flows(),
      env: {
        ...env,
        URL_WITH_PASSWORD: `http://user:${s('url_password')}@127.0.0.1:${platform.port}/ok`,
        BROKER_URL: `mqtt://user:${s('broker_url_password')}@127.0.0.1:1`,
      },
      credentials: {
        ledger: { token: variable('SHELFWIRE_API_TOKEN') },
        catalogue: { token: variable('SHELFWIRE_API_TOKEN') },
        ask: { token: s('push_request_token') },
        prove: { secret: variable('PARADIGM_WEBHOOK_SECRET'), previousSecret: s('previous_secret') },
        token: { secret: s('mipos_token') },
        sync: { api_key: variable('PARADIGM_API_KEY') },
        badSync: { api_key: s('other_sync_key') },
        byKey: {
          api_key: variable('PASONS_API_KEY'),
          api_secret: s('api_secret'),
          keys: JSON.stringify({ 503: s('key_of_a_shop') }),
        },
        byBasic: { api_key: s('basic_name'), api_secret: s('basic_password') },
        byHeader: { api_key: s('bearer_key') },
        wrong: { api_key: s('key_of_wrong') },
        broker: { password_0: variable('SCANNER_PASSWORD') },
        external: { username: 'us', password: s('external_broker_password') },
        badUrl: { username: 'us', password: s('bad_url_password') },
      },
      settings: {
        credentialSecret: s('credential_secret'),
        httpAdminRoot: '/admin',
        contextStorage: { default: { module: 'localfilesystem', config: { flushInterval: 0.1 } } },
        logging: { console: { level: 'trace', metrics: true, audit: true } },
        debugMaxLength: 100_000,
        diagnostics: { enabled: true, ui: true },
      },
    });
    const comms = new WebSocket(`${red.adminUrl.replace('http', 'ws')}/comms`);
    comms.addEventListener('message', ({ data }) => told.push(String(data)));
    await new Promise((resolve) => comms.addEventListener('open', resolve, { once: true }));
    await eventually(
      async () => (await fetch(`${red.url}/health`)).status < 500 || red.logs().includes('Started flows'),
    );
  });
  after(async () => {
    await red?.stop();
    await platform?.stop();
    folder?.remove();
  });

  const post = async (path: string, body: string, headers: Record<string, string>) => {
    const answer = await fetch(red.url + path, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
    return { status: answer.status, text: `${await answer.text()} ${JSON.stringify([...answer.headers])}` };
  };
  const get = async (url: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(url, { headers });
    return `${answer.status} ${await answer.text()} ${JSON.stringify([...answer.headers])}`;
  };
  /** Fails with the names of what was found, and when the place does not even hold what it should. */
  function search(where: string, text: string, control: string | null): void {
    assert.deepEqual(planted.in(text), [], `found in ${where}`);
    if (control !== null) assert.ok(text.includes(control), `${where} holds nothing of this test (${control})`);
  }

  it('in no answer to a sender, whoever proves what', async () => {
    const bearer = { Authorization: `Bearer ${planted.secret('SHELFWIRE_API_TOKEN')}` };
    const feed = 'sku,selling_price,stock_status\r\nCONTROL-sku,12.40,1\r\nB,1.00,1\r\nC,2.00,0\r\n';
    const csv = { 'Content-Type': 'text/csv' };
    const event = JSON.stringify({
      eventType: 'INVENTORY_UPDATE',
      productId: 'CONTROL-sku',
      newQuantity: 5,
      timestamp: new Date().toISOString(),
      source: 'SALES_ORDER',
    });
    const answers: [number, Awaited<ReturnType<typeof post>>][] = [];
    for (const store of [...ANSWERS, 'named', 'ref', 'tls', 'gone', 'closed'])
      answers.push([200, await post(`/api/catalogue/${store}`, feed, { ...csv, ...bearer })]);
    const signed = (name: string) => paradigmHeaders(planted.secret(name), event) as Record<string, string>;
    const webhook = '/webhook/paradigm/inventory';
    answers.push(
      [401, await post('/api/catalogue/ok', feed, csv)],
      [
        401,
        await post('/api/catalogue/ok', feed, { ...csv, Authorization: `Bearer ${planted.secret('a_wrong_token')}` }),
      ],
      [
        202,
        await post('/api/push/ok', '{"type":"full"}', {
          Authorization: `Bearer ${planted.secret('push_request_token')}`,
        }),
      ],
      [200, await post(webhook, event, signed('PARADIGM_WEBHOOK_SECRET'))],
      [401, await post(webhook, event, signed('a_wrong_secret'))],
      [401, await post(webhook, event, signed('previous_secret'))],
      [401, await post(webhook, event, { 'X-Signature': 'no-signature' })],
      [401, await post(webhook, event, {})],
      [422, await post('/webhook/mipos/stock', '{}', { 'X-Shop-Token': planted.secret('mipos_token') })],
      [401, await post('/webhook/mipos/stock', '{}', { 'X-Shop-Token': planted.secret('another_token') })],
    );
    for (const [status, answer] of answers) {
      assert.equal(answer.status, status, answer.text);
      search('an answer', answer.text, 'message');
    }
    search('/health', await get(`${red.url}/health`), 'counts');
    search('/health with the token', await get(`${red.url}/health`, bearer), 'outlets');
  });

  it('nor to a device with a wrong password', async () => {
    const options = { username: 'scanner-1', reconnectPeriod: 0, connectTimeout: 5_000 };
    const url = `mqtt://127.0.0.1:${mqttPort}`;
    const password = planted.secret('a_wrong_device_password');
    await assert.rejects(connectAsync(url, { ...options, password }));
    const device = await connectAsync(url, { ...options, password: planted.secret('SCANNER_PASSWORD') });
    const scan = { sku: 'CONTROL-sku', quantity: '3', occurred_at: new Date().toISOString() };
    await device.publishAsync('shelfwire/stores/ok/stock', JSON.stringify(scan), { qos: 1 });
    await device.endAsync();
  });

  it('though they were used: the platform got every one, and answered with it', async () => {
    const got = (how: string, names: string[]) =>
      eventually(
        () => names.every((name) => (platform.seen.get(how) ?? '').includes(planted.secret(name))),
        20_000,
        `${names.join()} at ${how}: ${platform.seen.get(how)}`,
      );
    for (const how of ANSWERS.filter((name) => name !== '500' && name !== '503'))
      await got(how, ['PASONS_API_KEY', 'QUERY_KEY', 'HEADER_KEY', 'api_secret']);
    await got(
      '500',
      ['PASONS_KEY_500', 'basic_name', 'basic_password', 'SYNC_QUERY_KEY', 'PARADIGM_API_KEY'].slice(0, 1),
    );
    await got('503', ['key_of_a_shop']);
    await got('401', ['REF_KEY']);
    await got('500', ['SYNC_QUERY_KEY', 'PARADIGM_API_KEY']);
  });

  it('in no admin route, export, history, metric or report', async () => {
    const admin = (path: string) => get(`${red.adminUrl}${path}`);
    const json = async (path: string) => JSON.parse(await (await fetch(`${red.adminUrl}${path}`)).text());
    const outlets = (await json('/shelfwire/outlets')) as { id: string; name: string }[];
    for (const { id } of outlets) {
      const answer = await fetch(`${red.adminUrl}/shelfwire/outlets/${id}/test`, { method: 'POST' });
      search(`test of ${id}`, `${await answer.text()} ${JSON.stringify([...answer.headers])}`, 'code');
    }
    const pushes = await eventually(async () => {
      const found = ((await json('/shelfwire/pushes?limit=1000')) as { pushes: { id: string; outlet: string }[] })
        .pushes;
      return new Set(found.map(({ outlet }) => outlet)).size >= ANSWERS.length + 5 ? found : null;
    }, 20_000);
    const chunks: string[] = [];
    for (const { id } of pushes) {
      const detail = (await json(`/shelfwire/pushes/${id}`)) as {
        requests?: { id: string }[];
        chunks?: { id: string }[];
      };
      for (const chunk of Array.isArray(detail.chunks) ? detail.chunks : (detail.requests ?? [])) chunks.push(chunk.id);
    }
    assert.ok(chunks.length >= ANSWERS.length, `${chunks.length} requests`);
    const values: Record<string, string[]> = {
      '/shelfwire/pushes': ['?limit=1000'],
      '/shelfwire/pushes/:id': pushes.map(({ id }) => id),
      '/shelfwire/pushes/:id/items.csv': pushes.map(({ id }) => id),
      '/shelfwire/requests/:chunk/curl': chunks,
      '/shelfwire/search': ['?text=CONTROL'],
      '/shelfwire/items/:store_id/:sku': ANSWERS.map((store) => `${store}/CONTROL-sku`),
      '/shelfwire/feed/:store_id.csv': ['ok'],
    };
    for (const { path } of ADMIN_ROUTES.filter(({ method }) => method === 'get')) {
      const [before, after] = [path.replace(/\/?:.*/, ''), /:[^/.]+(\/:\w+)?(.*)$/.exec(path)?.[2] ?? ''];
      for (const value of values[path] ?? [''])
        search(
          `${path} ${value}`,
          await admin(value.startsWith('?') || value === '' ? before + value : `${before}/${value}${after}`),
          '200',
        );
    }
    search('the history', await admin('/shelfwire/pushes?limit=1000'), 'CONTROL-answer');
    search('an item', await admin('/shelfwire/items/items/CONTROL-sku'), 'CONTROL-answer');
    search('hmac verify', await admin('/shelfwire/hmac-verify/prove'), 'previousUsed');
    search('the export', await admin('/flows'), 'CONSTANT_KEY');
    for (const path of ['/settings', '/diagnostics', '/nodes', '/plugins', '/context/flow/tab', '/context/global'])
      search(path, await admin(path), '200');
    search('context', await admin('/context/global'), 'code');
    for (const node of flows()) {
      search(`credentials of ${node.id}`, await admin(`/credentials/${node.type}/${node.id}`), null);
      search(`context of ${node.id}`, await admin(`/context/node/${node.id}`), null);
    }
  });

  it('in nothing that was printed, shown, kept or written', async () => {
    await eventually(() => told.some((text) => text.includes('CONTROL-answer')), 20_000);
    search('the editor (debug, status)', told.join('\n'), 'CONTROL-sku');
    search('the editor (status)', told.join('\n'), '"status/');
    assert.ok(red.logs().includes('Starting flows'), 'the log is whole');
    search('the log', red.logs(), 'CONTROL-sku');
    search('the log (trace)', red.logs(), '[metric]');
    // Node-RED saves flows and credentials as a deploy does.
    await red.deploy(flows(), 'nodes');
    search('the ledger', ledgerText(join(folder.path, 'ledger.db')), 'CONTROL-answer');
    const files = filesBelow(folder.path, MEANT_TO);
    assert.ok(
      files.has('flows.json') && [...files.keys()].some((name) => name.startsWith('context')),
      [...files.keys()].join(),
    );
    for (const [name, text] of files) search(name, text, null);
  });
});
