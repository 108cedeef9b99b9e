/** The contract with the internals of mqtt.js that late-puback.ts uses. When it fails after an update, mend that file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { eventually } from '../../test/support/eventually';
import { acknowledgeLate, type LateDelivery } from './late-puback';

describe('late PUBACK with mqtt.js', () => {
  let aedes: Aedes;
  let server: Server;
  let client: MqttClient;
  const sockets = new Set<Socket>();
  let acked: string[];
  let taken: { delivery: LateDelivery; next: () => void }[];

  before(async () => {
    aedes = await Aedes.createBroker();
    aedes.on('ack', (packet) => {
      if (packet && 'payload' in packet) acked.push(packet.payload.toString());
    });
    server = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  beforeEach(async () => {
    acked = [];
    taken = [];
    const { port } = server.address() as { port: number };
    client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'late', clean: false, reconnectPeriod: 20 });
    acknowledgeLate(client, (delivery, next) => taken.push({ delivery, next }));
    await client.subscribeAsync('t', { qos: 1 });
  });

  afterEach(async () => {
    await client.unsubscribeAsync('t');
    await client.endAsync(true);
  });

  const publish = (payload: string, qos: 0 | 1 = 1) =>
    aedes.publish({ cmd: 'publish', topic: 't', payload, qos, dup: false, retain: false }, () => undefined);
  const payloads = () => taken.map(({ delivery }) => delivery.packet.payload.toString());

  it('is tried with exactly the version that the package pins', () => {
    const { version } = JSON.parse(readFileSync(join(require.resolve('mqtt'), '../../package.json'), 'utf8'));
    const root = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8'));
    assert.equal(version, '5.16.0');
    assert.equal(root.dependencies.mqtt, version);
  });

  it('gets the next messages before the first is acknowledged, and acknowledges in any order', async () => {
    for (const payload of ['a', 'b', 'c']) publish(payload);
    for (let i = 0; i < 3; i++) {
      await eventually(() => taken.length > i);
      taken[i]!.next();
    }
    assert.deepEqual(payloads(), ['a', 'b', 'c']);
    // A round trip later nothing has been acknowledged by itself.
    await client.publishAsync('other', 'x', { qos: 1 });
    assert.deepEqual(acked, []);
    taken[2]!.delivery.acknowledge();
    await eventually(() => acked.length === 1);
    taken[0]!.delivery.acknowledge();
    taken[1]!.delivery.acknowledge();
    await eventually(() => acked.length === 3);
    assert.deepEqual(acked, ['c', 'a', 'b']);
  });

  it('holds the following message until there is room', async () => {
    publish('a');
    publish('b');
    await eventually(() => taken.length === 1);
    taken[0]!.delivery.acknowledge();
    await eventually(() => acked.length === 1);
    assert.deepEqual(payloads(), ['a']);
    taken[0]!.next();
    await eventually(() => taken.length === 2);
    taken[1]!.next();
    taken[1]!.delivery.acknowledge();
    await eventually(() => acked.length === 2);
  });

  it('acknowledges nothing on a later connection, which gets the message again', async () => {
    publish('a');
    await eventually(() => taken.length === 1);
    for (const socket of sockets) socket.destroy();
    await eventually(() => taken.length === 2);
    taken[0]!.delivery.acknowledge();
    taken[1]!.next();
    await client.publishAsync('other', 'x', { qos: 1 });
    assert.deepEqual(acked, []);
    taken[1]!.delivery.acknowledge();
    await eventually(() => acked.length === 1);
  });

  it('passes QoS 0 on', async () => {
    publish('zero', 0);
    await eventually(() => taken.length === 1);
    taken[0]!.delivery.acknowledge();
    taken[0]!.next();
    publish('one');
    await eventually(() => taken.length === 2);
    taken[1]!.next();
    taken[1]!.delivery.acknowledge();
    await eventually(() => acked.length === 1);
  });
});
