import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import type { FlowEntry } from '../support/node-red';
import { npmStart, npmStartFails, type Started } from '../support/npm-start';
import { type TempFolder, tempFolder } from '../support/temp-folder';

interface SimulatedState {
  stores: Record<string, Record<string, { selling_price: unknown; stock_status: unknown }>>;
  requests: number;
}

describe('npm start', () => {
  let data: TempFolder;
  let red: Started | undefined;
  beforeEach(() => {
    data = tempFolder('start');
  });
  afterEach(async () => {
    await red?.stop();
    red = undefined;
    data.remove();
  });

  const platformOf = (started: Started) => /simulated platform (http:\S+)/.exec(started.logs())?.[1] ?? '';
  const state = async (url: string) => (await (await fetch(url)).json()) as SimulatedState;

  it('without a platform is the demo: stock moves within a minute, all of it simulated, also after kill -9', async function () {
    this.timeout(120_000);
    const started = Date.now();
    red = await npmStart(data.path);
    assert.match(red.logs(), /SIMULATED/);
    const url = platformOf(red);
    const first = await eventually(
      async () => {
        const now = await state(url);
        return ['1', '2', '3'].every((store) => Object.keys(now.stores[store] ?? {}).length >= 40) ? now : null;
      },
      60_000,
      'a catalogue at the platform',
    );
    await eventually(
      async () => {
        const now = await state(url);
        return ['1', '2', '3'].every(
          (store) => JSON.stringify(now.stores[store]) !== JSON.stringify(first.stores[store]),
        );
      },
      60_000 - (Date.now() - started),
      'stock that moves in every shop',
    );
    const health = (await (await fetch(`${red.url}/health`)).json()) as { mode: string };
    assert.equal(health.mode, 'demo');
    const flows = (await (await fetch(`${red.adminUrl}/flows`)).json()) as { type: string; label?: string }[];
    assert.ok(flows.every((entry) => entry.type !== 'tab' || entry.label?.includes('SIMULATED')));
    assert.match(await (await fetch(`${red.adminUrl}/`)).text(), /<title>Shelfwire · SIMULATED<\/title>/);
    assert.equal(existsSync(join(data.path, 'ledger.db')), false);

    await red.kill9();
    await assert.rejects(fetch(url));
    const env = { PORT: String(red.port), SHELFWIRE_MQTT_PORT: String(red.mqttPort) };
    red = await npmStart(data.path, env);
    assert.equal(platformOf(red), url);
    const before = await state(url);
    assert.equal(Object.keys(before.stores['1'] ?? {}).length, 40);
    await eventually(async () => (await state(url)).requests > 2, 60_000, 'stock that moves again');
  });

  it('pulls one product, then all 39,184, from the (simulated) Paradigm API to the platform', async function () {
    this.timeout(180_000);
    red = await npmStart(data.path, { SHELFWIRE_API_TOKEN: 't' });
    const url = platformOf(red);
    const sync = (path: string) =>
      fetch(`${red!.url}/api/sync/${path}`, { method: 'POST', headers: { Authorization: 'Bearer t' } });
    const shop = async () => (await state(url)).stores['1'] ?? {};
    const count = async () => {
      const answer = await fetch(url.replace('/state', '/counts'));
      return ((await answer.json()) as { stores: Record<string, number> }).stores['1'];
    };
    assert.equal((await sync('product/40183AE')).status, 202);
    await eventually(async () => '40183AE' in (await shop()), 15_000, 'one product at the platform');
    assert.equal((await sync('all')).status, 202);
    assert.equal((await sync('all')).status, 202);
    await eventually(async () => (await count()) === 39_184, 150_000, 'all products at the platform');
  });

  it('prints generated secrets once, for their owner only, and keeps them', async function () {
    this.timeout(60_000);
    red = await npmStart(data.path, {
      PASONS_URL: 'http://127.0.0.1:9',
      PASONS_API_KEY: 'k',
      SCANNER_PASSWORD: 'given',
    });
    const printed = /SHELFWIRE_API_TOKEN=(\S+)/.exec(red.logs())?.[1];
    assert.ok(printed);
    assert.match(red.logs(), /PARADIGM_WEBHOOK_SECRET=\S+\n.*MIPOS_CLIENT_SECRET=\S+/);
    assert.doesNotMatch(red.logs(), /given|credentialSecret/);
    const file = join(data.path, 'secrets.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const api = (token: string) =>
      fetch(`${red!.url}/api/push/1`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
    assert.equal((await api(printed)).status, 202);
    const flows = await (await fetch(`${red.adminUrl}/flows`)).text();
    for (const secret of Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>))
      assert.equal(flows.includes(secret), false);
    const deployed = JSON.parse(flows) as FlowEntry[];
    await red.deploy([...deployed, { id: 'new', type: 'tab', label: 'New' }]);
    const kept = join(data.path, 'flows.json');
    await eventually(() => readFileSync(kept, 'utf8').includes('"New"'));
    assert.equal(statSync(kept).mode & 0o777, 0o600);
    await red.stop();
    red = await npmStart(data.path, {
      PASONS_URL: 'http://127.0.0.1:9',
      PASONS_API_KEY: 'k',
      SCANNER_PASSWORD: 'given',
    });
    assert.equal(red.logs().includes(printed), false);
    assert.equal((await api(printed)).status, 202);
  });

  it('with a live ledger but no platform holds the pushes and names the variable', async function () {
    this.timeout(60_000);
    red = await npmStart(data.path, {
      PASONS_URL: 'http://127.0.0.1:9',
      PASONS_API_KEY: 'k',
      SHELFWIRE_API_TOKEN: 't',
    });
    const csv = { Authorization: 'Bearer t', 'Content-Type': 'text/csv' };
    const feed = await fetch(`${red.url}/api/catalogue/1`, {
      method: 'POST',
      headers: csv,
      body: 'sku,selling_price,stock_status\na,1,1\n',
    });
    assert.equal(feed.status, 200);
    await red.stop();
    red = await npmStart(data.path, { SHELFWIRE_API_TOKEN: 't' });
    assert.match(red.logs(), /PASONS_URL is not set/);
    assert.doesNotMatch(red.logs(), /SIMULATED/);
    const { mode } = (await (await fetch(`${red.url}/health`)).json()) as { mode: string };
    assert.equal(mode, 'live');
    const outlets = await eventually(async () => {
      const answer = await fetch(`${red!.adminUrl}/shelfwire/outlets`);
      const list = (await answer.json()) as { store_id: string; counts: Record<string, number> }[];
      return list.find((outlet) => outlet.store_id === '1' && outlet.counts.held === 1);
    });
    assert.equal(outlets.counts.waiting, 0);
  });

  it('with a password asks for it before the editor and every admin route', async function () {
    this.timeout(60_000);
    red = await npmStart(data.path, {
      PASONS_URL: 'http://127.0.0.1:9',
      PASONS_API_KEY: 'k',
      SHELFWIRE_ADMIN_PASSWORD: 'pa ss',
    });
    for (const path of [
      '/flows',
      '/shelfwire/outlets',
      '/shelfwire/pushes',
      '/shelfwire/metrics',
      '/shelfwire/feed/1.csv',
    ])
      assert.equal((await fetch(red.adminUrl + path)).status, 401, path);
    const token = async (password: string) => {
      const form = { client_id: 'node-red-admin', grant_type: 'password', scope: '*', username: 'admin', password };
      const body = JSON.stringify(form);
      return fetch(`${red!.adminUrl}/auth/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
    };
    assert.equal((await token('wrong')).status, 403);
    const { access_token } = (await (await token('pa ss')).json()) as { access_token: string };
    const headers = { Authorization: `Bearer ${access_token}` };
    assert.equal((await fetch(`${red.adminUrl}/shelfwire/outlets`, { headers })).status, 200);
    const sessions = join(data.path, '.sessions.json');
    await eventually(() => existsSync(sessions));
    assert.equal(statSync(sessions).mode & 0o777, 0o600);
  });

  it('says in one line what is wrong with its data folder, and what to do', async () => {
    const file = join(data.path, 'file');
    writeFileSync(file, '');
    const { code, output } = await npmStartFails(join(file, 'data'), { PASONS_URL: 'http://127.0.0.1:9' });
    assert.equal(code, 1);
    assert.match(output, /does not start: The data folder \S+ cannot be used \(ENOTDIR.*SHELFWIRE_DATA/);
    assert.doesNotMatch(output, /\n\s+at /);
  });

  for (const [what, env, text] of [
    ['to listen for others without a password', { HOST: '0.0.0.0' }, /SHELFWIRE_ADMIN_PASSWORD/],
    [
      'PostgreSQL, which comes later',
      { SHELFWIRE_DATABASE_URL: 'postgres://x' },
      /PostgreSQL comes in a later version/,
    ],
  ] as [string, Record<string, string>, RegExp][])
    it(`refuses ${what}, in one line and without touching anything`, async () => {
      const { code, output } = await npmStartFails(data.path, env);
      assert.equal(code, 1);
      assert.match(output, text);
      assert.doesNotMatch(output, /\n\s+at /);
      assert.equal(existsSync(join(data.path, 'demo')), false);
    });
});
