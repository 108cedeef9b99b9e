/** The admin side in a real Node-RED: each route with its permission, pages of other sites, what it tells. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { ADMIN_ROUTES } from '../../runtime/admin/routes';
import type { MonitorData } from '../../runtime/monitor/data';
import type { MonitorLink } from '../../runtime/monitor/links';
import { eventually } from '../support/eventually';
import { type FlowEntry, ROOT, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { PASSWORD_HASH, type Session, writeSessions } from '../support/sessions';
import { event, injectEvents, LEDGER, recordStock, TAB } from '../support/small-shop';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const FLOW: FlowEntry[] = [
  TAB,
  LEDGER,
  injectEvents('inject', [event('=1+1,"x"', { selling_price: '12.40' })], true),
  recordStock(),
];

const fileOf = (path: string) => (path.endsWith('/monitor') ? 'monitor/monitor.html' : path.replace('/shelfwire/', ''));

/** A node set that tells which routes really are on the admin app. */
function writeProbe(userDir: string): void {
  mkdirSync(join(userDir, 'nodes'));
  writeFileSync(join(userDir, 'nodes/probe.html'), '<script type="text/html" data-template-name="probe"></script>');
  writeFileSync(
    join(userDir, 'nodes/probe.js'),
    `module.exports = (RED) => {
      RED.nodes.registerType('probe', function () {});
      RED.httpNode.get('/probe/routes', (_req, res) => {
        const { stack } = RED.httpAdmin._router ?? RED.httpAdmin.router;
        const routes = stack.filter(({ route }) => route && String(route.path).startsWith('/shelfwire'));
        res.json(routes.flatMap(({ route }) => Object.keys(route.methods).map((method) => ({ method, path: route.path }))));
      });
    };`,
  );
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const LATIN = { 'Content-Type': 'application/json; charset=latin1' };
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const PACKED = { ...JSON_TYPE, 'Content-Encoding': 'compress' };
const OPERATOR = ['shelfwire.read', 'shelfwire.write'];
const SESSIONS: Session[] = [
  { name: 'owner', scope: '*' },
  { name: 'fresh', user: 'owner', scope: '*' },
  { name: 'expired', user: 'owner', scope: '*', expires: Date.now() - 1_000 },
  { name: 'reader', scope: 'shelfwire.read' },
  { name: 'operator', scope: OPERATOR },
  { name: 'nobody', scope: 'flows.read' },
];

/** The monitor page without its data: anybody may load it. */
const PAGE = ['/shelfwire/monitor', '/shelfwire/monitor/monitor.js', '/shelfwire/monitor/monitor.css'];

describe('the admin side', () => {
  let red: RunningNodeRed;
  let folder: TempFolder;
  before(async function () {
    this.timeout(60_000);
    folder = tempFolder('admin');
    writeProbe(folder.path);
    writeSessions(folder.path, SESSIONS);
    red = await startNodeRed({
      userDir: folder.path,
      flows: FLOW,
      settings: {
        httpAdminRoot: '/admin',
        adminAuth: {
          type: 'credentials',
          users: [
            { username: 'owner', password: PASSWORD_HASH, permissions: '*' },
            { username: 'reader', password: PASSWORD_HASH, permissions: ['shelfwire.read'] },
            { username: 'operator', password: PASSWORD_HASH, permissions: OPERATOR },
            { username: 'nobody', password: PASSWORD_HASH, permissions: ['flows.read'] },
          ],
        },
      },
    });
  });
  after(async () => {
    await red?.stop();
    folder.remove();
  });

  const ask = (method: string, path: string, user?: string, headers: Record<string, string> = {}) =>
    fetch(`${red.adminUrl}${path}`, {
      method: method.toUpperCase(),
      headers: { ...(user ? { Authorization: `Bearer token-of-${user}` } : {}), ...headers },
    });

  it('every route that is registered asks for its permission, and takes no token that is wrong or out of date', async () => {
    const routes = (await (await fetch(`${red.url}/probe/routes`)).json()) as { method: string; path: string }[];
    const named = routes.map(({ method, path }) => `${method} ${path}`);
    // What the probe sees is what there is: it finds at least all that are declared.
    for (const { method, path } of ADMIN_ROUTES) assert.ok(named.includes(`${method} ${path}`), path);
    assert.ok(named.includes('get /shelfwire/hmac-verify/:id'));
    for (const { method, path } of routes) {
      if (PAGE.includes(path)) continue;
      const url = path.replaceAll(/:(\w+)/g, 'x');
      const what = `${method} ${path}`;
      for (const user of [undefined, 'wrong', 'expired', 'nobody']) {
        const answer = await ask(method, url, user);
        assert.equal(answer.status, 401, `${what} as ${user}`);
        assert.ok(['', 'Unauthorized'].includes(await answer.text()), what);
      }
      assert.equal((await ask(method, url, undefined, { Authorization: 'Basic b3duZXI6cHc=' })).status, 401, what);
      assert.equal((await ask(method, `${url}?access_token=wrong`)).status, 401, what);
      const reader = await ask(method, url, 'reader');
      assert.equal(reader.status === 401, method !== 'get', `${what} for who may only read`);
      // What sends stored keys to an address that is typed needs the right to deploy as well.
      const likeDeploy = ['/shelfwire/verify', '/shelfwire/test/:type'].includes(path);
      const operator = await ask(method, url, 'operator');
      assert.equal(operator.status === 401, likeDeploy, `${what} for who may not deploy`);
      await operator.text();
      const owner = await ask(method, url, 'owner');
      assert.notEqual(owner.status, 401, what);
      assert.ok(owner.status < 500, `${what} ${owner.status}`);
      const headers = Object.fromEntries(owner.headers);
      assert.equal(headers['x-content-type-options'], 'nosniff', what);
      assert.equal(headers['cache-control'], 'no-store', what);
      assert.equal(headers['x-powered-by'], undefined, what);
      await owner.text();
    }
    assert.equal((await ask('get', '/shelfwire/outlets', 'fresh')).status, 200);
  });

  it('refuses a change from a page of another site, and takes one without an origin', async () => {
    const own = red.url;
    const cases: [Record<string, string>, boolean][] = [
      [{}, true],
      [{ Origin: own }, true],
      [{ Origin: own, 'Sec-Fetch-Site': 'same-origin' }, true],
      [{ 'Sec-Fetch-Site': 'none' }, true],
      [{ Origin: 'https://evil.example' }, false],
      [{ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }, false],
      [{ Origin: 'null' }, false],
      [{ Origin: '' }, false],
      [{ Origin: own.replace(/\d+$/, '1') }, false],
      [{ Origin: `${own}.evil.example` }, false],
      [{ Origin: own, 'Sec-Fetch-Site': 'cross-site' }, false],
      [{ 'Sec-Fetch-Site': 'cross-site' }, false],
      [{ 'Sec-Fetch-Site': 'same-site' }, false],
    ];
    for (const { path } of ADMIN_ROUTES.filter(({ method }) => method === 'post')) {
      for (const [headers, taken] of cases) {
        const answer = await ask('post', path.replaceAll(/:(\w+)/g, 'pasons:9'), 'owner', headers);
        assert.equal(answer.status !== 403, taken, `${path} ${JSON.stringify(headers)}`);
        if (!taken) assert.equal(((await answer.json()) as { code: string }).code, 'foreign_origin');
      }
    }
  });
  it('answers what it cannot read in JSON, without a trace, whoever asks', async () => {
    const cases: [string, string, Record<string, string>, string | null, number, string][] = [
      ['get', '/shelfwire/items/1/%ff', {}, null, 400, 'malformed_path'],
      ['get', '/shelfwire/hmac-verify/%ff', {}, null, 400, 'malformed_path'],
      ['get', '/shelfwire/feed/%e0.csv', {}, null, 400, 'malformed_path'],
      ['post', '/shelfwire/outlets/pasons:1/push', JSON_TYPE, '{"type":', 400, 'malformed_json'],
      ['post', '/shelfwire/outlets/pasons:1/push', JSON_TYPE, '"full"', 400, 'malformed_json'],
      ['post', '/shelfwire/outlets/pasons:1/push', LATIN, '{}', 415, 'unknown_charset'],
      ['post', '/shelfwire/outlets/pasons:1/push', PACKED, '{}', 415, 'unknown_encoding'],
      ['post', '/shelfwire/outlets/pasons:1/push', JSON_TYPE, `["${'x'.repeat(6_000_000)}"]`, 413, 'too_large'],
    ];
    for (const user of ['owner', undefined])
      for (const [method, path, headers, body, status, code] of cases) {
        const answer = await fetch(`${red.adminUrl}${path}`, {
          method: method.toUpperCase(),
          headers: { ...(user ? { Authorization: `Bearer token-of-${user}` } : {}), ...headers },
          ...(body === null ? {} : { body }),
        });
        const text = await answer.text();
        assert.match(text, /^\{/, `${method} ${path} ${user} ${text}`);
        assert.equal(answer.status, status, `${path} ${text}`);
        assert.equal((JSON.parse(text) as { code: string }).code, code);
        assert.doesNotMatch(text, /node_modules|\bat /);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      }
    assert.doesNotMatch(red.logs(), /body-parser|decode_param/);
  });
  it('does not take a body for left out that was not sent as JSON', async () => {
    // As curl -d and fetch send a text unless they are told.
    for (const type of ['application/x-www-form-urlencoded', 'text/plain;charset=UTF-8']) {
      const answer = await fetch(`${red.adminUrl}/shelfwire/outlets/pasons:1/push`, {
        method: 'POST',
        headers: { Authorization: 'Bearer token-of-owner', 'Content-Type': type },
        body: '{"type":"full"}',
      });
      assert.equal(answer.status, 415);
      assert.match(((await answer.json()) as { message: string }).message, /application\/json.*Nothing was changed/);
    }
    assert.equal((await ask('post', '/shelfwire/outlets/pasons:9/push', 'owner', FORM)).status, 404);
  });
  it('takes a body of unknown length for none when nothing comes', async () => {
    // As a proxy passes on a request of HTTP/2 that ends after its headers.
    const push = async (parts: string[], headers: Record<string, string>) => {
      const post = request(`${red.adminUrl}/shelfwire/outlets/pasons:9/push`, {
        method: 'POST',
        headers: { Authorization: 'Bearer token-of-owner', 'Transfer-Encoding': 'chunked', ...headers },
      });
      post.flushHeaders();
      for (const part of parts) post.write(part);
      post.end();
      const [answer] = (await once(post, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    for (const headers of [{}, FORM, JSON_TYPE]) assert.equal(await push([], headers), 404);
    assert.equal(await push(['{"type"', ':"full"}'], {}), 415);
    assert.equal(await push(['type=full'], FORM), 415);
    assert.equal(await push(['x'.repeat(1_000_000), 'x'.repeat(1_000_000)], {}), 415);
  });
  it('tells the story of a value and writes the feed so that it reads back', async () => {
    const path = `/shelfwire/items/1/${encodeURIComponent('=1+1,"x"')}`;
    const story = await eventually(async () => {
      const answer = await ask('get', path, 'reader');
      return answer.ok ? ((await answer.json()) as Record<string, unknown>) : null;
    });
    assert.deepEqual([story.quantity, story.selling_price], ['3', '12.40']);
    const csv = await (await ask('get', '/shelfwire/feed/1.csv', 'reader')).text();
    const heading = 'sku,selling_price,stock_status\r\n';
    assert.equal(csv, `${heading}"'=1+1,""x""",12.4,1\r\n`);
    const exact = await (await ask('get', '/shelfwire/feed/1.csv?exact=1', 'reader')).text();
    assert.equal(exact, `${heading}"=1+1,""x""",12.4,1\r\n`);
  });
  it('finds an item by the beginning of its SKU', async () => {
    const answer = await ask('get', `/shelfwire/search?text=${encodeURIComponent('=1')}`, 'reader');
    const { items } = (await answer.json()) as { items: { sku: string; quantity: string }[] };
    assert.deepEqual(
      items.map(({ sku, quantity }) => [sku, quantity]),
      [['=1+1,"x"', '3']],
    );
  });
  it('speaks Prometheus', async () => {
    const text = await (await ask('get', '/shelfwire/metrics', 'reader')).text();
    assert.match(text, /shelfwire_events\{outcome="accepted"\} 1/);
    assert.match(text, /shelfwire_sender_events_total\{sender="[^"]+",outcome="accepted"\} 1/);
    assert.match(text, /shelfwire_record_duration_seconds_count 1/);
    assert.match(text, /shelfwire_devices\{state="silent"\} 0/);
    for (const [name] of text.matchAll(/^shelfwire_\w+(?=[ {])/gm)) {
      const family = name.replace(/_(?:bucket|sum|count)$/, '');
      assert.match(text, new RegExp(`^# HELP ${family} \\S.+$`, 'm'));
      assert.match(text, new RegExp(`^# TYPE ${family} (?:gauge|counter|histogram)$`, 'm'));
    }
    const families = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
    assert.equal(new Set(families).size, families.length, 'a family is there twice');
  });
  it('the monitor page holds no data and may ask nobody else', async () => {
    for (const path of PAGE) {
      const answer = await ask('get', path);
      assert.equal(answer.status, 200, path);
      const headers = Object.fromEntries(answer.headers);
      assert.match(headers['content-security-policy']!, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.doesNotMatch(headers['content-security-policy']!, /unsafe|https?:|\*/);
      assert.deepEqual(
        [headers['x-content-type-options'], headers['referrer-policy'], headers['x-powered-by']],
        ['nosniff', 'no-referrer', undefined],
      );
      assert.equal(await answer.text(), readFileSync(join(ROOT, 'dist/editor', fileOf(path)), 'utf8'), path);
    }
    const slash = await fetch(`${red.adminUrl}/shelfwire/monitor/`, { redirect: 'manual' });
    assert.deepEqual([slash.status, slash.headers.get('location')], [302, '../monitor']);
    assert.equal((await fetch(`${red.adminUrl}/shelfwire/monitor/`)).url, `${red.adminUrl}/shelfwire/monitor`);
  });

  it('a read-only link gives the figures of the monitor, nothing else, until it is revoked', async () => {
    const change = (path: string, user: string, body: object = {}) =>
      fetch(`${red.adminUrl}${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer token-of-${user}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    const withToken = (token: string, path = '/shelfwire/monitor/data') =>
      fetch(`${red.adminUrl}${path}`, { headers: { Authorization: `Bearer ${token}` } });
    for (const name of ['', 'x'.repeat(101), undefined])
      assert.equal((await change('/shelfwire/monitor/links', 'operator', { name })).status, 422);
    const made = await change('/shelfwire/monitor/links', 'operator', { name: 'office <b>' });
    assert.equal(made.status, 200);
    const { id, token } = (await made.json()) as { id: string; token: string };
    assert.ok(Buffer.from(token.slice('swm_'.length), 'base64url').length === 32, token);

    assert.equal((await ask('get', '/shelfwire/monitor/data')).status, 401);
    assert.equal((await ask('get', '/shelfwire/monitor/data', 'nobody')).status, 401);
    assert.equal((await ask('get', '/shelfwire/monitor/data', 'reader')).status, 200);
    assert.equal((await withToken(`${token}x`)).status, 401);
    assert.equal((await withToken('swm_')).status, 401);
    assert.equal((await fetch(`${red.adminUrl}/shelfwire/monitor/data?access_token=${token}`)).status, 401);
    const answer = await withToken(token);
    assert.equal(answer.status, 200);
    const data = (await answer.json()) as MonitorData;
    assert.deepEqual([data.mode, data.events.accepted, data.series.at.length], ['live', 1, 60]);
    assert.ok(data.series.received_per_minute.some((count) => count === 1));
    for (const { path, method } of ADMIN_ROUTES) {
      if (path === '/shelfwire/monitor/data') continue;
      const other = await fetch(`${red.adminUrl}${path.replaceAll(/:(\w+)/g, 'x')}`, {
        method: method.toUpperCase(),
        headers: { Authorization: `Bearer ${token}` },
      });
      assert.equal(other.status, 401, path);
      await other.text();
    }
    assert.equal((await withToken(token, '/flows')).status, 401);

    const { links } = (await (await ask('get', '/shelfwire/monitor/links', 'reader')).json()) as {
      links: MonitorLink[];
    };
    assert.deepEqual(
      links.map(({ name, created_by, last_used_at }) => [name, created_by, last_used_at !== null]),
      [['office <b>', 'operator', true]],
    );
    assert.doesNotMatch(JSON.stringify(links), new RegExp(`${token.slice(4)}|digest`));
    assert.equal(red.logs().includes(token), false);
    const files = readdirSync(folder.path).filter((file) => file.startsWith('ledger.db'));
    assert.ok(files.length > 0);
    for (const file of files) assert.equal(readFileSync(join(folder.path, file)).includes(token.slice(4)), false, file);

    assert.equal((await change(`/shelfwire/monitor/links/${id}/revoke`, 'reader')).status, 401);
    assert.equal((await withToken(token)).status, 200);
    assert.equal((await change(`/shelfwire/monitor/links/${id}/revoke`, 'operator')).status, 200);
    const gone = await withToken(token);
    assert.deepEqual([gone.status, ((await gone.json()) as { code: string }).code], [401, 'unknown_link']);
    assert.equal((await change(`/shelfwire/monitor/links/${id}/revoke`, 'operator')).status, 404);
  });

  it('health is open, its details are not', async () => {
    const answer = await fetch(`${red.url}/health`);
    const body = (await answer.json()) as Record<string, unknown>;
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(body).sort(), ['counts', 'message', 'mode', 'status']);
    assert.deepEqual([body.status, body.mode], ['ok', 'live']);
  });
});
