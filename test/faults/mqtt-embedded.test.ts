/** The embedded broker in a real Node-RED: what a device sends has one effect, whatever breaks on the way to its PUBACK. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { Line } from '../support/mqtt/line';
import { RawDevice } from '../support/mqtt/raw-device';
import { count, embedded, LOGIN, type ScannerShop, STOCK, sale, startScannerShop } from '../support/scanner-shop';

const DEVICES = 200;

describe('faults between a device and the embedded broker', function () {
  this.timeout(90_000);
  let shop: ScannerShop;
  let mqttPort: number;
  let line: Line;
  const clients: MqttClient[] = [];

  before(async () => {
    mqttPort = await freePort();
    shop = await startScannerShop(embedded(mqttPort));
  });

  after(() => shop.remove());

  beforeEach(async () => {
    line = await Line.to(mqttPort);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await line.close();
  });

  async function device(options: IClientOptions = {}): Promise<MqttClient> {
    const client = await connectAsync(`mqtt://127.0.0.1:${line.port}`, { ...LOGIN, reconnectPeriod: 50, ...options });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  }

  function send(client: MqttClient, content: unknown): { acked: boolean } {
    const state = { acked: false };
    client.publish(STOCK, JSON.stringify(content), { qos: 1 }, (error) => {
      state.acked ||= !error;
    });
    return state;
  }

  const quantity = async (sku: string) => (await shop.story(sku)).quantity;

  /** What has been counted since a moment, as [accepted, duplicate, refused]. */
  async function since(): Promise<() => Promise<[number, number, number]>> {
    const start = await shop.counts();
    return async () => {
      const now = await shop.counts();
      return [now.accepted - start.accepted, now.duplicate - start.duplicate, now.refused - start.refused];
    };
  }

  it('a dead device is still shown after a restart, with when it was heard', async () => {
    const gone = new RawDevice(mqttPort);
    assert.equal(await gone.connect({ ...LOGIN, clientId: 'gone' }), 0);
    gone.publish(STOCK, sale(4_000, 'gone'));
    await eventually(() => gone.has('puback'));
    gone.cut();
    await eventually(async () => (await shop.devices())[0]!.dead);
    const [before] = await shop.devices();
    assert.deepEqual(
      [before!.account, before!.store_id, before!.name, before!.connected],
      ['scanner-1', '1', 'Front', false],
    );
    await shop.stop();
    await shop.start();
    const after = await eventually(async () =>
      (await shop.devices()).find(({ last_seen_at }) => last_seen_at !== null),
    );
    assert.deepEqual(after, before);
  });

  it('a PUBACK that is lost: the device sends again, and it counts once', async () => {
    const news = await since();
    const client = await device();
    await client.publishAsync(STOCK, JSON.stringify(count('lost', 10)), { qos: 1 });
    line.loseDown = true;
    const sent = send(client, sale(1, 'lost'));
    await eventually(async () => (await news())[0] === 2);
    line.loseDown = false;
    line.cut();
    await eventually(() => sent.acked);
    assert.deepEqual(await news(), [2, 1, 0]);
    assert.equal(await quantity('lost'), '9');
  });

  it('kill -9 between the commit and the PUBACK: the same message again, and it counts once', async () => {
    const news = await since();
    const client = await device({ clean: false, clientId: 'killed' });
    await client.publishAsync(STOCK, JSON.stringify(count('killed', 10)), { qos: 1 });
    line.loseDown = true;
    const sent = Array.from({ length: 20 }, (_, i) => send(client, sale(100 + i, 'killed')));
    await eventually(async () => (await news())[0] === 21);
    await shop.kill9();
    assert.ok(sent.every(({ acked }) => !acked));
    line.loseDown = false;
    await shop.start();
    await eventually(() => sent.every(({ acked }) => acked), 30_000);
    assert.deepEqual(await news(), [21, 20, 0]);
    assert.equal(await quantity('killed'), '-10');
  });

  it('one event through two connections at the same time counts once', async () => {
    const news = await since();
    const [one, two] = [await device(), await device()];
    await one.publishAsync(STOCK, JSON.stringify(count('twice', 10)), { qos: 1 });
    const sent = [one, two, two, one].map((client) => send(client, sale(200, 'twice')));
    await eventually(() => sent.every(({ acked }) => acked));
    assert.deepEqual(await news(), [2, 3, 0]);
    assert.equal(await quantity('twice'), '9');
  });

  it('what the ledger refuses is acknowledged, so that the device does not send it for ever', async () => {
    const news = await since();
    const client = await device();
    const sent = [send(client, { seq: 1 }), send(client, { ...sale(300, 'x'), store_id: '2' })];
    await eventually(() => sent.every(({ acked }) => acked));
    assert.deepEqual(await news(), [0, 0, 2]);
  });

  it('while the ledger cannot write, nothing is acknowledged and nothing lost; it goes on by itself', async () => {
    const news = await since();
    const client = await device();
    await client.publishAsync(STOCK, JSON.stringify(count('busy', 100)), { qos: 1 });
    const other = new DatabaseSync(join(shop.folder, 'ledger.db'));
    let sent: { acked: boolean }[];
    try {
      other.exec('BEGIN IMMEDIATE');
      sent = Array.from({ length: 30 }, (_, i) => send(client, sale(400 + i, 'busy')));
      // It was refused at least once: the connection was closed for the device to come again.
      await eventually(() => line.connections > 1, 20_000);
      assert.ok(sent.every(({ acked }) => !acked));
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }
    await eventually(() => sent.every(({ acked }) => acked), 30_000);
    assert.equal((await news())[0], 31);
    assert.equal(await quantity('busy'), '70');
  });

  it(`the process restarts and ${DEVICES} connections come back at once: everything arrives, once`, async () => {
    const news = await since();
    const all = await Promise.all(
      Array.from({ length: DEVICES }, (_, i) => device({ clientId: `till-${i}`, reconnectPeriod: 20 })),
    );
    await all[0]!.publishAsync(STOCK, JSON.stringify(count('storm', 1_000)), { qos: 1 });
    line.loseDown = true;
    const sent = all.map((client, i) => send(client, sale(1_000 + i, 'storm')));
    await eventually(async () => (await news())[0] > DEVICES / 2);
    await shop.kill9();
    line.loseDown = false;
    const more = all.map((client, i) => send(client, sale(2_000 + i, 'storm')));
    await shop.start();
    await eventually(() => [...sent, ...more].every(({ acked }) => acked), 60_000);
    assert.equal((await news())[0], 1 + 2 * DEVICES);
    assert.equal(await quantity('storm'), String(1_000 - 2 * DEVICES));
  });

  it('a session of before the restart comes back: what it still had under way counts once, ids used anew do not matter', async () => {
    const news = await since();
    const first = new RawDevice(mqttPort);
    const me = { ...LOGIN, clientId: 'sleeper', clean: false };
    assert.equal(await first.connect(me), 0);
    first.publish(STOCK, [count('sleeper', 10)], { id: 1 });
    first.publish(STOCK, sale(3_000, 'sleeper'), { id: 2 });
    await eventually(async () => (await news())[0] === 2);
    first.cut();
    await shop.stop();
    await shop.start();
    const second = new RawDevice(mqttPort);
    assert.equal(await second.connect(me), 0);
    second.publish(STOCK, sale(3_000, 'sleeper'), { id: 2, dup: true });
    second.publish(STOCK, sale(3_001, 'sleeper'), { id: 1 });
    await eventually(() => second.ids('puback').length === 2);
    // The id of an acknowledged message may mean another one, on the same connection too.
    second.publish(STOCK, sale(3_002, 'sleeper'), { id: 2 });
    await eventually(() => second.ids('puback').length === 3);
    second.cut();
    assert.deepEqual(await news(), [4, 1, 0]);
    assert.equal(await quantity('sleeper'), '7');
  });
});
