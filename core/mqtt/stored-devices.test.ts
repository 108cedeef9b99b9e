import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';
import { eventually } from '../../test/support/eventually';
import { EmbeddedBroker, type EmbeddedSettings } from './embedded';
import { hashPassword, makePassword, PasswordChecks } from './password-hash';
import { layDevices, type StoredDevice } from './stored-devices';

const stored = (account: string, more: Partial<StoredDevice> = {}): StoredDevice => ({
  account,
  store_id: '1',
  name: account,
  added: true,
  disabled: false,
  hash: 'h',
  was: null,
  ...more,
});

describe('mqtt: passwords of devices', () => {
  it('are made anew each time, are easy to type, and prove themselves by their hash', async () => {
    const made = new Set(Array.from({ length: 200 }, makePassword));
    assert.equal(made.size, 200);
    for (const password of made) assert.match(password, /^([2-9A-Za-z]{4}-){3}[2-9A-Za-z]{4}$/);
    const hash = await hashPassword('pass');
    assert.notEqual(await hashPassword('pass'), hash);
    assert.ok(!hash.includes('pass'));
    const checks = new PasswordChecks();
    assert.equal(await checks.matches(hash, 'pass'), true);
    assert.equal(await checks.matches(hash, 'other'), false);
    assert.equal(await checks.matches('scrypt$$', ''), false);
    assert.equal(await checks.matches('', 'x'), false);
  });

  it('are worked out once: what is known is answered at once, right or wrong', async () => {
    const hash = await hashPassword('pass');
    const checks = new PasswordChecks();
    const both = [checks.matches(hash, 'pass'), checks.matches(hash, 'pass')];
    assert.equal(both[0], both[1]);
    await checks.matches(hash, 'wrong');
    assert.deepEqual(await Promise.all(both), [true, true]);
    assert.equal(checks.matches(hash, 'pass'), true);
    assert.equal(checks.matches(hash, 'wrong'), false);
    checks.keep(new Set());
    assert.ok(checks.matches(hash, 'pass') instanceof Promise);
  });

  it('somebody who guesses makes nobody else wait: only a few guesses of an account are looked at together', async () => {
    const hash = await hashPassword('pass');
    const checks = new PasswordChecks();
    const guesses = Array.from({ length: 100 }, (_, n) => checks.matches(hash, `guess ${n}`));
    assert.equal(guesses.filter((guess) => guess === null).length, 92);
    assert.equal(await checks.matches(await hashPassword('mine'), 'mine'), true);
    await Promise.all(guesses);
  });
});

describe('mqtt: devices of the sidebar over those of the node', () => {
  const front = { account: 'front', store_id: '1', name: 'Front', password: 'flow' };
  const matches = async (hash: string, password: string) => hash === `hash of ${password}`;

  it('adds, disables, and gives another password until a deploy does', async () => {
    assert.deepEqual(await layDevices([front], [], matches), [front]);
    const back = stored('back');
    assert.deepEqual((await layDevices([front], [back], matches))[1], {
      account: 'back',
      store_id: '1',
      name: 'back',
      password: '',
      hash: 'h',
    });
    const changed = stored('front', { added: false, was: 'hash of flow', disabled: true });
    assert.deepEqual(await layDevices([front], [changed], matches), [
      { ...front, password: '', hash: 'h', disabled: true },
    ]);
    const later = { ...front, password: 'deployed later' };
    assert.deepEqual(await layDevices([later], [changed], matches), [{ ...later, disabled: true }]);
  });

  it('an account that a deploy brought, or took away, is the deploy’s', async () => {
    assert.deepEqual(await layDevices([front], [stored('front')], matches), [front]);
    assert.deepEqual(await layDevices([], [stored('front', { added: false })], matches), []);
  });
});

describe('mqtt: the embedded broker with hashed accounts', () => {
  let broker: EmbeddedBroker;
  let settings: EmbeddedSettings;
  const refused: string[] = [];
  beforeEach(async () => {
    refused.length = 0;
    broker = new EmbeddedBroker({ now: Date.now, problem: ({ code }) => refused.push(code) });
    settings = { host: '127.0.0.1', port: 0, tls: null, wait: 1000, accounts: [] };
  });
  afterEach(() => broker.close());
  const login = (username: string, password: string) =>
    connectAsync(`mqtt://127.0.0.1:${broker.port}`, { username, password, reconnectPeriod: 0 });

  it('two hundred devices come back at once', async () => {
    const accounts = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => ({
        account: `d${n}`,
        store_id: '1',
        name: '',
        password: '',
        hash: await hashPassword(`p${n}`),
      })),
    );
    await broker.apply({ ...settings, accounts });
    for (const round of [1, 2]) {
      const clients = await Promise.all(accounts.map(({ account }, n) => login(account, `p${n}`)));
      await eventually(() => broker.devices.counts().connected === 200);
      assert.deepEqual(refused, [], `round ${round}`);
      await Promise.all(clients.map((client) => client.endAsync(true)));
    }
  });

  it('a login waits until all accounts are known, and is judged by them', async () => {
    const early = { account: 'a', store_id: '1', name: '', password: 'p' };
    await broker.apply({ ...settings, accounts: [early], pending: true });
    const [first, second] = [login('a', 'p'), login('b', 'p')];
    const hash = await hashPassword('p');
    assert.equal(broker.devices.counts().connected, 0);
    await broker.apply({
      ...settings,
      accounts: [
        { ...early, disabled: true },
        { ...early, account: 'b', password: '', hash },
      ],
    });
    await assert.rejects(first);
    await (await second).endAsync(true);
    assert.deepEqual(refused, ['login_refused']);
  });
});
