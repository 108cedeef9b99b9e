import assert from 'node:assert/strict';
import type { OutletsNode } from '../../runtime/outlets';
import { outletByKey } from '../../runtime/outlets';
import { Delivery } from '../../test/support/delivery';
import { eventually } from '../../test/support/eventually';
import { type FlowEntry, nodeOf, unload } from '../../test/support/node-test';

const VARIABLES = ['SW_TEST_URL', 'SW_TEST_KEY', 'PASONS_KEY_2', 'PASONS_KEY_b1'];
const row = (store_id: string, more: Record<string, unknown> = {}) => ({ store_id, push_enabled: true, ...more });

describe('outlets (config node)', () => {
  let delivery: Delivery;

  beforeEach(async () => {
    delivery = await Delivery.start();
  });
  afterEach(async () => {
    for (const name of VARIABLES) delete process.env[name];
    await delivery.stop();
  });

  async function start(
    config: Record<string, unknown>,
    credentials: Record<string, unknown> = {},
    more: FlowEntry[] = [],
  ): Promise<OutletsNode> {
    await delivery.load(more, config, { outlets: credentials });
    const node = nodeOf('outlets') as unknown as OutletsNode;
    await node.ledger();
    return node;
  }

  /** Of all nodes: the helper's spy is one for all. */
  const errors = (): string[] =>
    (nodeOf('outlets') as unknown as { error: { args: unknown[][] } }).error.args.map(([first]) => String(first));
  const headersOf = (key: string) => outletByKey(key)!.headers();
  const summary = async (id: string) => (await delivery.ledger.outlets()).find((outlet) => outlet.id === id);

  it('declares a row a shop, with the common settings where a row is blank', async () => {
    const node = await start({
      endpoint: `${delivery.pasons.url}/a/{store_id}?b=c`,
      threshold: '2.50',
      fields: ['stock_status', 'quantity'],
      timeout: '5',
      concurrency: '3',
      rows: [
        row('1', { name: 'Marina' }),
        row('B 2/ä', { endpoint: 'http://localhost:9/x', auto: false }),
        { store_id: 3 },
      ],
    });
    const [first, second, third] = node.list();
    assert.deepEqual(first!.definition, {
      outlet: 'pasons:1',
      platform: 'pasons',
      store_id: '1',
      name: 'Marina',
      enabled: true,
      fields: ['stock_status', 'quantity'],
      threshold: '2.5',
      endpoint: `${delivery.pasons.url}/a/1?b=c`,
      concurrency: 3,
      timeout: 5000,
    });
    assert.deepEqual([first!.auto, first!.method, second!.auto], [true, 'POST', false]);
    assert.equal(second!.definition.endpoint, 'http://localhost:9/x');
    assert.equal(third!.definition.endpoint, `${delivery.pasons.url}/a/3?b=c`);
    assert.equal(third!.definition.enabled, false);
    assert.equal((await summary('pasons:B 2/ä'))?.name, 'B 2/ä');
    assert.deepEqual(errors(), []);
  });

  it('puts the store id into the address as one part of its path', async () => {
    const node = await start({ rows: [row('a/b?c#d'), row('..'), row('%2e')] });
    const endpoints = node.list().map(({ definition }) => definition.endpoint);
    assert.deepEqual(endpoints, [
      `${delivery.pasons.url}/v1/inventory/a%2Fb%3Fc%23d`,
      null,
      `${delivery.pasons.url}/v1/inventory/%252e`,
    ]);
  });

  it('sends the key as told: header, bearer, basic, none', async () => {
    const credentials = { api_key: 'key-1', api_secret: 'secret-1' };
    for (const [config, expected] of [
      [{}, { 'X-API-Key': 'key-1' }],
      [{ auth: 'api-key', keyHeader: 'X-Token' }, { 'X-Token': 'key-1' }],
      [{ auth: 'bearer' }, { Authorization: 'Bearer key-1' }],
      [{ auth: 'basic' }, { Authorization: `Basic ${Buffer.from('key-1:secret-1').toString('base64')}` }],
      [{ auth: 'none' }, {}],
      [
        {
          headers: [
            { name: 'X-Secret', value: '{api_secret}' },
            { name: 'X-Shop', value: 'no {store_id}, {other}' },
          ],
        },
        { 'X-API-Key': 'key-1', 'X-Secret': 'secret-1', 'X-Shop': 'no 1, {other}' },
      ],
    ] as const) {
      await start(config, credentials);
      assert.deepEqual(headersOf('pasons:1'), expected);
      const { definition: _, ...rest } = outletByKey('pasons:1')!;
      assert.ok(!JSON.stringify(rest).includes('-1"'), 'no secret in plain sight');
      await unload();
    }
  });

  it('finds the key of a shop: by name, by shop, from the environment, else the common one', async () => {
    process.env.PASONS_KEY_2 = 'from-environment\n';
    process.env.PASONS_KEY_b1 = 'as-written';
    process.env.SW_TEST_KEY = 'expanded';
    const keys = JSON.stringify({ north: 'named', 4: 'own' });
    await start(
      {
        rows: [
          row('1'),
          row('2'),
          row('3', { keyRef: 'north' }),
          row('4'),
          // biome-ignore lint/suspicious/noTemplateCurlyInString: expanded by the node
          row('5', { keyRef: '${SW_TEST_KEY}' }),
          row('6', { keyRef: 'nobody' }),
          row('b1'),
        ],
      },
      { api_key: 'common', keys },
    );
    const found = ['1', '2', '3', '4', '5', 'b1'].map((store) => headersOf(`pasons:${store}`)['X-API-Key']);
    assert.deepEqual(found, ['common', 'from-environment', 'named', 'own', 'expanded', 'as-written']);
    assert.equal(outletByKey('pasons:6')!.definition.endpoint, null);
    assert.match(outletByKey('pasons:6')!.problem!, /no key named "nobody"/);
    assert.ok(outletByKey('pasons:3')!.secrets().includes('named'));
    assert.ok(!errors().join().includes('expanded'));
  });

  it('holds everything while a variable is not set, and names it', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: not set
    const config = { endpoint: '${SW_TEST_URL}/v1/{store_id}' };
    const node = await start(config);
    assert.ok(node.list().every(({ definition }) => definition.endpoint === null));
    assert.match(errors()[0]!, /SW_TEST_URL is not set/);
    await delivery.stock('1', 2);
    assert.equal((await summary('pasons:1'))!.counts.held, 2);
    await unload();
    process.env.SW_TEST_URL = delivery.pasons.url;
    await start(config);
    assert.equal((await summary('pasons:1'))!.counts.waiting, 2);
    assert.deepEqual(errors(), []);
  });

  it('leaves out the second of two enabled rows for one shop, here and in another node', async () => {
    const node = await start(
      { rows: [row('1', { name: 'first' }), row('1', { name: 'second' }), { store_id: '2', name: 'note' }, row('2')] },
      {},
      [
        {
          id: 'more',
          type: 'shelfwire-outlets',
          ledger: 'ledger',
          endpoint: 'http://127.0.0.1:9/',
          rows: [row('1'), { store_id: '2' }, row('3')],
        },
      ],
    );
    assert.deepEqual(
      node.list().map(({ definition }) => definition.name),
      ['first', '2'],
    );
    assert.match(errors()[0]!, /Shop 1 sells on pasons already \(in this table\)/);
    const more = nodeOf('more') as unknown as OutletsNode;
    assert.deepEqual(
      more.list().map(({ definition }) => definition.outlet),
      ['pasons:3'],
    );
    assert.ok(errors().some((text) => /Shop 1 sells on pasons already \(in another outlets node\)/.test(text)));
    await more.ledger();
    const enabled = (await delivery.ledger.outlets()).filter((outlet) => outlet.enabled).map(({ id }) => id);
    assert.deepEqual(enabled.sort(), ['pasons:1', 'pasons:2', 'pasons:3'], 'one account does not switch another off');
  });

  it('switches off what is not in the table any more, also when the node is gone', async () => {
    await start({ rows: [row('1'), row('2')] });
    await unload();
    await start({ rows: [row('1')] });
    assert.equal((await summary('pasons:2'))!.enabled, false);
    assert.equal((await summary('pasons:1'))!.enabled, true);
    await unload();
    assert.equal(outletByKey('pasons:1'), undefined);
    await eventually(async () => (await summary('pasons:1'))!.enabled === false);
  });

  it('never sends simulated numbers to a real shop', async () => {
    const node = await start({ rows: [row('1', { endpoint: 'https://api.pasons.ae/v1' }), row('2')] });
    assert.equal(node.list()[0]!.definition.endpoint, null);
    assert.match(node.list()[0]!.problem!, /simulated numbers/);
    assert.notEqual(node.list()[1]!.definition.endpoint, null);
  });

  it('says what is wrong instead of stopping the flow', async () => {
    for (const [config, pattern] of [
      [{ platform: 'Not A Name' }, /platform/],
      [{ method: 'PATCH' }, /"method" must be one of POST, PUT/],
      [{ auth: 'magic' }, /"auth" must be one of/],
      [{ keyHeader: 'a b' }, /not the name of a header/],
      [{ headers: [{ name: '', value: 'x' }] }, /not the name of a header/],
      [{ fields: ['colour'] }, /"fields" must be one of/],
      [{ threshold: 'many' }, /threshold/],
      [{ timeout: 0 }, /timeout/],
      [{ concurrency: 1.5 }, /concurrency/],
      [{ ratePerMinute: -1 }, /ratePerMinute/],
      [{ answer: '((' }, /JSONata/],
      [{ rows: [{ name: 'nobody' }] }, /Row 1 of the outlets has no store id/],
      [{ rows: [row('1', { endpoint: 'http://169.254.169.254/' })] }, /link-local/],
      [{ rows: [row('1')], endpoint: '' }, /no endpoint/],
    ] as const) {
      const node = await start(config);
      assert.match(errors()[0] ?? '', pattern);
      assert.ok(node.list().every(({ definition }) => definition.endpoint === null));
      await unload();
    }
  });

  it('counts an answer as success by its own expression', async () => {
    const node = await start({ answer: 'status = "ok"' });
    const [outlet] = node.list();
    assert.equal(await outlet!.succeeds({ status: 'ok' }), true);
    assert.equal(await outlet!.succeeds({ status: 'no' }), false);
    assert.equal(await outlet!.succeeds(undefined), false);
  });
});
