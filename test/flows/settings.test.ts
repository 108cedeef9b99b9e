/** Settings of outlets and devices without a deploy, in a real Node-RED: they work at once, stay, and say who made them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import type { DeviceList, DeviceLogin } from '../../runtime/admin/devices';
import type { OutletRow } from '../../runtime/admin/outlets';
import type { Problem } from '../../runtime/problems';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { recordStock } from '../support/small-shop';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const OLD_KEY = 'old-key-of-the-flow';
const NEW_KEY = 'marked-7Yw+new/key=of-the-sidebar';

/** Takes the keys that it is told to; remembers what came. */
class Platform {
  keys = new Set([OLD_KEY]);
  readonly taken: { store: string; key: string; items: { sku: string; selling_price: number }[] }[] = [];
  private server!: Server;

  async start(): Promise<string> {
    this.server = createServer(async (req, res) => {
      const pieces: Buffer[] = [];
      for await (const piece of req) pieces.push(piece as Buffer);
      const key = String(req.headers['x-api-key']);
      const good = this.keys.has(key);
      const body = Buffer.concat(pieces).toString();
      if (good && req.method === 'POST')
        this.taken.push({ store: req.url!.split('/').at(-1)!, key, items: JSON.parse(body) });
      res.writeHead(good ? 200 : 401, { 'Content-Type': 'application/json' });
      // A platform that shows our key in its answer.
      res.end(JSON.stringify({ message: `key ${key}` }));
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  of(store: string) {
    return this.taken.filter((each) => each.store === store);
  }
}

const row = (store_id: string, more = {}) => ({
  store_id,
  name: `Branch ${store_id}`,
  push_enabled: false,
  auto: true,
  endpoint: '',
  keyRef: '',
  ...more,
});

describe('settings without a deploy', function () {
  this.timeout(90_000);
  const platform = new Platform();
  let folder: TempFolder;
  let url: string;
  let mqttPort: number;
  let red: RunningNodeRed;
  let shown = '';
  /** Shops that changed stock carries; empty = all. */
  let carried: string[] = [];
  let rows = [row('1', { push_enabled: true }), row('2')];

  const events = (price: string, minute: number) =>
    ['1', '2', '7'].map((store_id) => ({
      store_id,
      sku: `A${store_id}`,
      quantity: '5',
      selling_price: price,
      occurred_at: `2025-08-01T10:${String(minute).padStart(2, '0')}:00Z`,
    }));
  const inject = (id: string, price: string, minute: number): FlowEntry => ({
    id,
    type: 'inject',
    z: 'tab',
    x: 100,
    y: 40 * minute,
    props: [{ p: 'payload' }],
    payloadType: 'json',
    payload: JSON.stringify(events(price, minute)),
    wires: [['record']],
  });
  const flow = (): FlowEntry[] => [
    { id: 'tab', type: 'tab', label: 'test' },
    { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db', keepDays: 90, version: 1 },
    {
      id: 'outlets',
      type: 'shelfwire-outlets',
      name: 'Pasons',
      ledger: 'ledger',
      platform: 'pasons',
      endpoint: `${url}/{store_id}`,
      auth: 'api-key',
      keyHeader: 'X-API-Key',
      fields: ['selling_price', 'stock_status'],
      concurrency: 2,
      ratePerMinute: 6000,
      rows,
      version: 1,
    },
    {
      id: 'broker',
      type: 'shelfwire-broker',
      kind: 'embedded',
      host: '127.0.0.1',
      port: String(mqttPort),
      accounts: [{ account: 'scanner-1', store_id: '1', name: 'Front', slot: 0 }],
      version: 1,
    },
    inject('first', '10', 1),
    inject('second', '11', 2),
    inject('third', '12', 3),
    inject('fourth', '13', 4),
    {
      id: 'scanner',
      type: 'shelfwire-scanner-in',
      z: 'tab',
      x: 100,
      y: 300,
      broker: 'broker',
      topic: 'shelfwire/stores/+/stock',
      qos: 1,
      wires: [['record']],
      version: 1,
    },
    recordStock(),
    {
      id: 'changed',
      type: 'shelfwire-changed-stock',
      z: 'tab',
      x: 100,
      y: 400,
      outlets: 'outlets',
      stores: carried,
      mode: 'partial',
      auto: true,
      linger: 0,
      limit: 1000,
      wires: [['push']],
      version: 1,
    },
    {
      id: 'push',
      type: 'shelfwire-pasons-push',
      z: 'tab',
      x: 300,
      y: 400,
      outlets: 'outlets',
      wires: [[], []],
      version: 1,
    },
  ];

  const start = async (first: boolean) => {
    red = await startNodeRed({
      userDir: folder.path,
      ...(first
        ? { flows: flow(), credentials: { outlets: { api_key: OLD_KEY }, broker: { password_0: 'scanner-password' } } }
        : {}),
    });
    await eventually(async () => (await outlets()).length > 0);
  };
  const restart = async () => {
    shown += red.logs();
    await red.stop();
    await start(false);
  };
  before(async () => {
    folder = tempFolder('settings');
    url = await platform.start();
    mqttPort = await freePort();
    await start(true);
  });
  after(async () => {
    await red?.stop();
    await platform.stop();
    folder.remove();
  });

  const ask = async <T>(method: string, path: string, body?: unknown, status = 200): Promise<T> => {
    const answer = await fetch(`${red.adminUrl}/shelfwire/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    const text = await answer.text();
    shown += text;
    assert.equal(answer.status, status, `${method} ${path} ${text}`);
    return JSON.parse(text) as T;
  };
  const post = <T = unknown>(path: string, body: unknown = {}, status = 200) => ask<T>('POST', path, body, status);
  const outlets = () => ask<OutletRow[]>('GET', 'outlets');
  const outlet = async (id: string) => (await outlets()).find((each) => each.id === id)!;
  const press = (id: string) => fetch(`${red.adminUrl}/inject/${id}`, { method: 'POST' });
  const written = async (subject: string) =>
    (await ask<{ changes: Record<string, unknown>[] }>('GET', `changes?subject=${encodeURIComponent(subject)}`))
      .changes;
  const settled = (id: string, state: 'in_sync' | 'held') =>
    eventually(async () => {
      const { counts } = await outlet(id);
      assert.deepEqual({ ...counts, [state]: 1 }, { ...none, [state]: 1 });
      assert.equal(counts[state], 1);
      return true;
    });
  const none = { in_sync: 0, waiting: 0, sending: 0, held: 0, refused: 0, incomplete: 0 };

  it('switches pushes on: what was held is sent; it is written down, and stays over a restart', async () => {
    await press('first');
    await settled('pasons:1', 'in_sync');
    await settled('pasons:2', 'held');
    const told = await post<{ push_enabled: boolean; changed: string[] }>('outlets/pasons:2/settings', {
      push_enabled: true,
    });
    assert.deepEqual([told.push_enabled, told.changed], [true, ['push_enabled']]);
    await settled('pasons:2', 'in_sync');
    assert.equal(platform.of('2').length, 1);
    const [change] = await written('outlet:pasons:2');
    assert.deepEqual(
      [change!.by, change!.what, change!.old, change!.new],
      ['user:editor', 'push_enabled', 'off', 'on'],
    );
    await restart();
    assert.deepEqual((await outlet('pasons:2')).settings!.changed, ['push_enabled']);
    assert.equal((await outlet('pasons:2')).enabled, true);
    await post('outlets/pasons:2/settings', {}, 422);
    await post('outlets/pasons:2/settings', { auto: 'yes' }, 422);
    await post('outlets/pasons:9/settings', { auto: true }, 404);
  });

  it('a deploy that says nothing new changes nothing; one that changes the same row is newer', async () => {
    await red.deploy(flow());
    await eventually(async () => assert.equal((await outlet('pasons:2')).enabled, true) ?? true);
    await post('outlets/pasons:2/settings', { auto: false });
    rows = [row('1', { push_enabled: true }), row('2', { push_enabled: true })];
    await red.deploy(flow());
    await eventually(async () => assert.deepEqual((await outlet('pasons:2')).settings!.changed, ['auto']) ?? true);
    rows = [row('1', { push_enabled: true }), row('2', { push_enabled: true, auto: false })];
    await red.deploy(flow());
    rows = [row('1', { push_enabled: true }), row('2', { push_enabled: true, auto: true })];
    await red.deploy(flow());
    await eventually(async () => {
      const { settings } = await outlet('pasons:2');
      assert.deepEqual([settings!.auto, settings!.changed], [true, []]);
      return true;
    });
    await post('outlets/pasons:2/settings', { push_enabled: false });
    rows = [row('1', { push_enabled: true }), row('2', { push_enabled: false, name: 'Renamed' })];
    await red.deploy(flow());
    await eventually(async () => assert.deepEqual((await outlet('pasons:2')).settings!.changed, []) ?? true);
  });

  it('takes a new key only when the platform does, keeps it sealed, and shows it to nobody', async () => {
    const refused = await post<{ code: string; message: string }>('outlets/pasons:1/key', { key: NEW_KEY }, 422);
    assert.equal(refused.code, 'key_not_taken');
    assert.match(refused.message, /refuses the key.*was not stored/);
    assert.equal((await outlet('pasons:1')).settings!.own_key, false);
    for (const key of ['', ' ', 'a\nb', 7]) await post('outlets/pasons:1/key', { key }, 422);
    platform.keys = new Set([NEW_KEY]);
    assert.equal((await post<{ own_key: boolean }>('outlets/pasons:1/key', { key: NEW_KEY })).own_key, true);
    await post('outlets/pasons:1/debug', { on: true });
    await press('second');
    await settled('pasons:1', 'in_sync');
    assert.equal(platform.of('1').at(-1)!.key, NEW_KEY);
    const debug = await ask<{ entries: { request_headers: Record<string, string>; answer_body: string }[] }>(
      'GET',
      'outlets/pasons:1/debug',
    );
    assert.equal(debug.entries[0]!.request_headers['X-API-Key'], '***');
    assert.equal(debug.entries[0]!.answer_body, '{"message":"key ***"}');
    await restart();
    assert.equal((await outlet('pasons:1')).debug_until, null);
    await press('third');
    await eventually(() => platform.of('1').length === 3);
    assert.equal(platform.of('1').at(-1)!.key, NEW_KEY);
    assert.deepEqual(
      (await written('outlet:pasons:1')).map(({ what, old, new: now }) => [what, old, now]),
      [
        ['debug', 'off', 'on'],
        ['key', null, null],
      ],
    );
    await ask('GET', `pushes?outlet=${encodeURIComponent('pasons:1')}`);
    shown += await (await fetch(`${red.adminUrl}/flows`)).text();
    shown += await (await fetch(`${red.adminUrl}/settings`)).text();
    shown += red.logs();
    for (const name of readdirSync(folder.path).filter((each) => statSync(join(folder.path, each)).isFile()))
      shown += readFileSync(join(folder.path, name), 'latin1');
    for (const form of [NEW_KEY, encodeURIComponent(NEW_KEY), Buffer.from(NEW_KEY).toString('base64').slice(0, 30)])
      assert.ok(!shown.includes(form), form);
    const { mode } = statSync(join(folder.path, 'shelfwire-secret'));
    if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o600);
  });

  it('back to the flow: its key is used again', async () => {
    assert.deepEqual((await post<{ changed: string[] }>('outlets/pasons:1/reset')).changed, []);
    platform.keys = new Set([OLD_KEY]);
    assert.equal((await post<{ ok: boolean }>('outlets/pasons:1/test')).ok, true);
  });

  it('pause holds over a restart', async () => {
    await post('outlets/pasons:1/pause');
    await press('fourth');
    await settled('pasons:1', 'held');
    await restart();
    await settled('pasons:1', 'held');
    const before = platform.of('1').length;
    await post('outlets/pasons:1/resume');
    await settled('pasons:1', 'in_sync');
    assert.equal(platform.of('1').length, before + 1);
  });

  it('a new branch is an outlet like any other; closed it is kept and sends nothing; it can be reopened', async () => {
    const [account] = await ask<{ id: string; name: string }[]>('GET', 'accounts');
    assert.deepEqual([account!.id, account!.name], ['outlets', 'Pasons']);
    const branch = { account: 'outlets', store_id: '7', name: 'Harbour', push_enabled: true };
    await post('outlets', { ...branch, account: 'x' }, 422);
    await post('outlets', { ...branch, store_id: ' ' }, 422);
    assert.equal((await post<{ code: string }>('outlets', { ...branch, store_id: '1' }, 422)).code, 'outlet_exists');
    await post('outlets', { ...branch, key: 'a wrong key' }, 422);
    assert.equal(await outlet('pasons:7'), undefined);
    assert.equal((await post<{ added: boolean }>('outlets', branch)).added, true);
    await settled('pasons:7', 'in_sync');
    assert.equal(platform.of('7')[0]!.items[0]!.selling_price, 13);
    await red.deploy(flow());
    await eventually(async () => assert.equal((await outlet('pasons:7')).enabled, true) ?? true);
    await restart();
    assert.deepEqual([(await outlet('pasons:7')).name, (await outlet('pasons:7')).enabled], ['Harbour', true]);

    const sent = platform.of('7').length;
    await post('outlets/pasons:7/close');
    const closed = await outlet('pasons:7');
    assert.deepEqual([closed.enabled, closed.settings!.closed, closed.counts.in_sync], [false, true, 1]);
    await post('outlets/pasons:7/push', {}, 422);
    assert.equal(
      (await post<{ code: string }>('outlets/pasons:7/settings', { push_enabled: true }, 422)).code,
      'outlet_closed',
    );
    await restart();
    assert.equal((await outlet('pasons:7')).settings!.closed, true);
    assert.equal(platform.of('7').length, sent);
    await post('outlets/pasons:7/reopen');
    assert.equal((await outlet('pasons:7')).enabled, true);
    await post('outlets/pasons:7/push', { type: 'full' });
    await eventually(() => platform.of('7').length === sent + 1);
    assert.deepEqual(
      (await written('outlet:pasons:7')).map(({ what, new: now }) => `${what} ${now}`),
      ['closed open', 'closed closed', 'added Harbour'],
    );
  });

  it('a branch that no changed stock carries is told, in its row and among the problems', async () => {
    const uncarried = async () => [
      (await outlets()).flatMap((each) => (each.uncarried ? [each.id] : [])),
      (await ask<{ problems: Problem[] }>('GET', 'problems')).problems.flatMap(({ kind, outlet: id }) =>
        kind === 'uncarried' ? [id] : [],
      ),
    ];
    assert.deepEqual(await uncarried(), [[], []]);
    carried = ['1', '2'];
    await red.deploy(flow());
    await eventually(async () => assert.deepEqual(await uncarried(), [['pasons:7'], ['pasons:7']]) ?? true);
    carried = [];
    await red.deploy(flow());
    await eventually(async () => assert.deepEqual(await uncarried(), [[], []]) ?? true);
  });

  it('debugging an outlet is written down: who switched it on and off', async () => {
    for (const on of [true, true, false]) await post('outlets/pasons:7/debug', { on });
    const [off, on, before] = await written('outlet:pasons:7');
    assert.deepEqual([on!.what, on!.old, on!.new], ['debug', 'off', 'on']);
    assert.deepEqual([off!.what, off!.old, off!.new], ['debug', 'on', 'off']);
    assert.equal(before!.what, 'closed');
  });

  it('says how much everything is, and what was done in the last 24 hours', async () => {
    const estimate = await ask<{ items: number; requests: number; seconds: number }>(
      'GET',
      'outlets/pasons:1/estimate',
    );
    assert.deepEqual([estimate.items, estimate.requests], [1, 1]);
    assert.ok(estimate.seconds >= 0 && estimate.seconds < 5);
    const { activity } = await outlet('pasons:1');
    assert.equal(activity!.pushes.length, 24);
    assert.ok(activity!.pushes.reduce((all, each) => all + each, 0) >= 4);
  });

  describe('devices', () => {
    const login = (username: string, password: string): Promise<MqttClient> =>
      connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { username, password, reconnectPeriod: 0 });
    const device = async (account: string) =>
      (await ask<DeviceList>('GET', 'devices')).devices.find((each) => each.account === account);

    it('a new one reports for its store, over a restart too; its password is kept nowhere', async () => {
      const made = await post<DeviceLogin>('devices', { account: 'scanner-9', store_id: '2', name: 'Back door' });
      shown = '';
      assert.deepEqual(
        [made.port, made.host, made.tls, made.topic],
        [mqttPort, '127.0.0.1', false, 'shelfwire/stores/2/stock'],
      );
      assert.equal(
        (await post<{ code: string }>('devices', { account: 'scanner-9', store_id: '1' }, 422)).code,
        'device_exists',
      );
      await post('devices', { account: 'scanner-1', store_id: '1' }, 422);
      await post('devices', { account: 'a/b', store_id: '1' }, 422);
      await post('devices', { account: 'ok', store_id: '+' }, 422);
      for (const round of [1, 2]) {
        const client = await login('scanner-9', made.password);
        await client.publishAsync(
          made.topic,
          JSON.stringify({ seq: round, sku: `S${round}`, quantity: '3', occurred_at: '2025-08-01T12:00:00Z' }),
          { qos: 1 },
        );
        await client.endAsync();
        assert.equal((await ask<{ quantity: string }>('GET', `items/2/S${round}`)).quantity, '3');
        await assert.rejects(login('scanner-9', 'wrong'));
        if (round === 1) await restart();
      }
      for (const name of readdirSync(folder.path).filter((each) => statSync(join(folder.path, each)).isFile()))
        shown += readFileSync(join(folder.path, name), 'latin1');
      assert.ok(!`${shown}${red.logs()}`.includes(made.password));
    });

    it('disabling cuts it off at once, also one of the flow; enabling lets it in again', async () => {
      for (const [account, password] of [['scanner-1', 'scanner-password']] as const) {
        const client = await login(account, password);
        const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
        await post(`devices/broker/${account}/disable`);
        await gone;
        client.end(true);
        assert.deepEqual([(await device(account))!.disabled, (await device(account))!.dead], [true, false]);
        await assert.rejects(login(account, password));
        await restart();
        await assert.rejects(login(account, password));
        await post(`devices/broker/${account}/enable`);
        await (await login(account, password)).endAsync();
      }
      assert.deepEqual(
        (await written('device:scanner-1')).map(({ what, new: now }) => `${what} ${now}`),
        ['device_enabled on', 'device_enabled off'],
      );
    });

    it('a new password ends the old one and its connections; a deploy of another one is newer', async () => {
      const client = await login('scanner-1', 'scanner-password');
      const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
      const made = await post<DeviceLogin>('devices/broker/scanner-1/password');
      await gone;
      client.end(true);
      await assert.rejects(login('scanner-1', 'scanner-password'));
      await (await login('scanner-1', made.password)).endAsync();
      await post('devices/broker/scanner-1/remove', {}, 422);
      await post('devices/broker/nobody/disable', {}, 404);
    });

    it('one that was added here can be removed', async () => {
      await post('devices/broker/scanner-9/remove');
      assert.equal(await device('scanner-9'), undefined);
    });
  });
});
