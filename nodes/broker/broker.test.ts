import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';
import { brokerOf, closeBrokers, embeddedBrokers } from '../../runtime/brokers';
import type { RED } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { freePort } from '../../test/support/free-port';
import { load, nodeOf, unload } from '../../test/support/node-test';

import register = require('./broker');

const ROWS = [
  { account: 'scanner-1', store_id: '1', name: 'Front', slot: 0 },
  { account: 'scanner-2', store_id: '2', name: 'Back', slot: 3 },
];

describe('broker (node)', () => {
  let port: number;

  beforeEach(async () => {
    port = await freePort();
  });

  afterEach(async () => {
    delete process.env.SHELFWIRE_TEST_SCANNER;
    await unload();
    await closeBrokers();
  });

  async function start(def: object, credentials: object = {}): Promise<void> {
    await load([register], [{ id: 'b', type: 'shelfwire-broker', ...def }], { b: credentials });
  }

  const errors = (): string[] =>
    (nodeOf('b') as unknown as { error: { args: unknown[][] } }).error.args.map(([first]) => String(first));

  const login = async (username: string, password: string): Promise<void> => {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, reconnectPeriod: 0 });
    await client.endAsync(true);
  };

  it('opens the port for its device accounts, with passwords from the environment', async () => {
    process.env.SHELFWIRE_TEST_SCANNER = 'from the environment';
    // biome-ignore lint/suspicious/noTemplateCurlyInString: expanded by the node
    await start({ port, accounts: ROWS }, { password_0: '${SHELFWIRE_TEST_SCANNER}', password_3: 'two' });
    await eventually(() => embeddedBrokers()[0]?.up);
    await login('scanner-1', 'from the environment');
    await login('scanner-2', 'two');
    await assert.rejects(login('scanner-1', 'two'));
    assert.deepEqual(errors(), []);
  });

  it('leaves out an account that cannot work, says so, and serves the others', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: not set
    await start({ port, accounts: ROWS }, { password_0: '${SHELFWIRE_TEST_SCANNER}', password_3: 'two' });
    await eventually(() => embeddedBrokers()[0]?.up);
    await login('scanner-2', 'two');
    assert.match(
      errors()[0]!,
      /"scanner-1" cannot connect\. The environment variable SHELFWIRE_TEST_SCANNER is not set/,
    );
    await unload();
    await start({ port, accounts: [...ROWS, { ...ROWS[0], slot: 7 }] }, { password_0: 'a', password_7: 'b' });
    assert.match(errors()[0]!, /"scanner-2" cannot connect.*has no password/);
    assert.match(errors()[1]!, /"scanner-1".*twice/);
  });

  it('keeps its port over a deploy, changes it when told, and gives it up when it is deleted', async () => {
    await start({ port, accounts: ROWS.slice(0, 1) }, { password_0: 'a' });
    await eventually(() => embeddedBrokers()[0]?.up);
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      username: 'scanner-1',
      password: 'a',
      reconnectPeriod: 0,
    });
    await unload();
    await start({ port, accounts: ROWS }, { password_0: 'a', password_3: 'b' });
    assert.equal(client.connected, true);
    await login('scanner-2', 'b');
    await unload();
    port = await freePort();
    await start({ port, accounts: ROWS }, { password_0: 'a', password_3: 'b' });
    await eventually(() => !client.connected);
    await eventually(() => embeddedBrokers()[0]?.up);
    await login('scanner-2', 'b');
    const red = { nodes: { getNode: () => nodeOf('b') } } as unknown as RED;
    await brokerOf(red, 'b').release(true);
    assert.deepEqual(embeddedBrokers(), []);
    await assert.rejects(login('scanner-2', 'b'));
  });

  it('says what is wrong with an external broker’s address, and shows no secret', async () => {
    for (const [def, expected] of [
      [{ url: 'http://x' }, /not one/],
      [{ url: 'mqtt://user:geheim@host' }, /export of the flow/],
      [{ url: 'mqtt://host', sharedGroup: 'a/b' }, /sharedGroup/],
      [{ url: 'mqtt://host', tls: 'missing' }, /TLS settings/],
      [{ kind: 'other' }, /embedded or external/],
    ] as const) {
      await start({ kind: 'external', ...def });
      assert.match(errors()[0]!, expected);
      assert.deepEqual(
        embeddedBrokers().map(({ id, up }) => [id, up]),
        [['b', false]],
      );
      assert.ok(!errors()[0]!.includes('geheim'));
      assert.throws(() => brokerOf({ nodes: { getNode: () => nodeOf('b') } } as unknown as RED, 'b'), {
        code: 'broker_config',
      });
      await unload();
    }
  });
});
