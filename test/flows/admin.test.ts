/** The admin side in a real Node-RED: each route with its permission, pages of other sites, what it tells. */
import assert from 'node:assert/strict';
import { ADMIN_ROUTES } from '../../runtime/admin/routes';
import { eventually } from '../support/eventually';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';

// bcrypt of "pw".
const HASH = '$2y$04$FTEHJHjeqt7cW0JnbsL7O.kFJ4w41DizLu86e/KcON2RfI0eJ/WXm';
const FLOW: FlowEntry[] = [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'ledger', type: 'shelfwire-ledger', file: 'ledger.db', keepDays: 90, version: 1 },
  {
    id: 'inject',
    type: 'inject',
    z: 'tab',
    x: 100,
    y: 40,
    once: true,
    onceDelay: 0.1,
    props: [{ p: 'payload' }],
    payloadType: 'json',
    payload: JSON.stringify([
      { store_id: '1', sku: '=1+1,"x"', quantity: '3', selling_price: '12.40', occurred_at: '2025-08-01T22:30:00Z' },
    ]),
    wires: [['record']],
  },
  {
    id: 'record',
    type: 'shelfwire-record-stock',
    z: 'tab',
    x: 300,
    y: 40,
    ledger: 'ledger',
    reply: true,
    codes: 'as-is',
    maxFuture: 300,
    version: 1,
    wires: [[], []],
  },
];

describe('the admin side', () => {
  let red: RunningNodeRed;
  const tokens: Record<string, string> = {};
  before(async function () {
    this.timeout(60_000);
    red = await startNodeRed({
      flows: FLOW,
      settings: {
        httpAdminRoot: '/admin',
        adminAuth: {
          type: 'credentials',
          users: [
            { username: 'owner', password: HASH, permissions: '*' },
            { username: 'reader', password: HASH, permissions: ['shelfwire.read'] },
            { username: 'nobody', password: HASH, permissions: ['flows.read'] },
          ],
        },
      },
    });
    for (const username of ['owner', 'reader', 'nobody']) {
      const answer = await fetch(`${red.adminUrl}/auth/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          client_id: 'node-red-admin',
          grant_type: 'password',
          scope: '*',
          username,
          password: 'pw',
        }),
      });
      // Node-RED grants no more than the user's own permissions.
      const scope = { owner: '*', reader: 'shelfwire.read', nobody: 'flows.read' }[username]!;
      const token = answer.ok
        ? answer
        : await fetch(`${red.adminUrl}/auth/token`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({
              client_id: 'node-red-admin',
              grant_type: 'password',
              scope,
              username,
              password: 'pw',
            }),
          });
      tokens[username] = ((await token.json()) as { access_token: string }).access_token;
      assert.ok(tokens[username], username);
    }
  });
  after(() => red.stop());

  const ask = (method: string, path: string, user?: string, headers: Record<string, string> = {}) =>
    fetch(`${red.adminUrl}${path}`, {
      method: method.toUpperCase(),
      headers: { ...(user ? { Authorization: `Bearer ${tokens[user]}` } : {}), ...headers },
    });

  for (const route of ADMIN_ROUTES) {
    it(`${route.method} ${route.path} asks for ${route.permission}`, async () => {
      const path = route.path.replaceAll(/:(\w+)/g, 'x');
      assert.equal((await ask(route.method, path)).status, 401);
      assert.equal((await ask(route.method, path, 'nobody')).status, 401);
      const reader = await ask(route.method, path, 'reader');
      assert.equal(reader.status === 401, route.permission === 'shelfwire.write');
      const owner = await ask(route.method, path, 'owner');
      assert.notEqual(owner.status, 401);
      assert.ok(owner.status < 500, `${owner.status}`);
      await owner.text();
    });
  }

  it('refuses a change from a page of another site, and takes one without an origin', async () => {
    const path = '/shelfwire/outlets/pasons:9/pause';
    assert.equal((await ask('post', path, 'owner', { Origin: 'https://evil.example' })).status, 403);
    assert.equal((await ask('post', path, 'owner', { Origin: red.url })).status, 404);
    assert.equal((await ask('post', path, 'owner')).status, 404);
  });
  it('tells the story of a value and writes the feed so that it reads back', async () => {
    const path = `/shelfwire/items/1/${encodeURIComponent('=1+1,"x"')}`;
    const story = await eventually(async () => {
      const answer = await ask('get', path, 'reader');
      return answer.ok ? ((await answer.json()) as Record<string, unknown>) : null;
    });
    assert.deepEqual([story.quantity, story.selling_price], ['3', '12.40']);
    const csv = await (await ask('get', '/shelfwire/feed/1.csv', 'reader')).text();
    assert.equal(csv, 'sku,selling_price,stock_status\r\n"=1+1,""x""",12.4,1\r\n');
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
  });
  it('health is open, its details are not', async () => {
    const answer = await fetch(`${red.url}/health`);
    const body = (await answer.json()) as Record<string, unknown>;
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(body).sort(), ['counts', 'message', 'mode', 'status']);
    assert.deepEqual([body.status, body.mode], ['ok', 'live']);
  });
});
