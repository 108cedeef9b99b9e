import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import type { RecordResult } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { closeBrokers, embeddedBrokers } from '../../runtime/brokers';
import type { Message, NodeStatus } from '../../runtime/red';
import { type InboundRequest, isTrusted, requestOf } from '../../runtime/requests';
import { eventually } from '../../test/support/eventually';
import { freePort } from '../../test/support/free-port';
import { type FlowEntry, load, nodeOf, received, unload } from '../../test/support/node-test';

import registerBroker = require('../broker/broker');
import register = require('./scanner-in');

const STOCK = 'shelfwire/stores/1/stock';
const SCAN = { device_id: 'scanner-1', seq: 1, sku: '1015AW', quantity: 5, occurred_at: '2025-08-01T22:30:00Z' };
const RESULT: RecordResult = {
  received: 1,
  accepted: 1,
  duplicate: 0,
  stale: 0,
  refused: 0,
  outcomes: ['accepted'],
  refusals: [],
};

describe('scanner in (node)', () => {
  const clients: MqttClient[] = [];
  let port: number;
  let out: Message[];

  const flow = (scanner: object = {}, broker: object = {}): FlowEntry[] => [
    {
      id: 'b',
      type: 'shelfwire-broker',
      kind: 'embedded',
      port: String(port),
      accounts: [{ account: 'scanner-1', store_id: '1', name: 'Front', slot: 0 }],
      ...broker,
    },
    { id: 's', type: 'shelfwire-scanner-in', broker: 'b', wires: [['out']], ...scanner },
    { id: 'out', type: 'helper', wires: [] },
  ];

  async function start(scanner: object = {}, broker: object = {}): Promise<void> {
    await load([registerBroker, register], flow(scanner, broker), { b: { password_0: 'geheim' } });
    out = received('out');
    if (!('kind' in broker)) await eventually(() => embeddedBrokers().some(({ up }) => up));
  }

  async function device(options: object = {}): Promise<MqttClient> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      username: 'scanner-1',
      password: 'geheim',
      reconnectPeriod: 50,
      ...options,
    });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  }

  function publish(client: MqttClient, content: unknown): { acked: boolean } {
    const state = { acked: false };
    client.publish(STOCK, typeof content === 'string' ? content : JSON.stringify(content), { qos: 1 }, (error) => {
      if (!error) state.acked = true;
    });
    return state;
  }

  const requestAt = (index: number): InboundRequest => requestOf(out[index]!)!;

  beforeEach(async () => {
    port = await freePort();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await unload();
    await closeBrokers();
  });

  it('emits stock events with a proven request, and acknowledges when they are recorded', async () => {
    await start();
    const client = await device();
    const sent = publish(client, [SCAN, { ...SCAN, seq: 2, sku: undefined }]);
    await eventually(() => out.length === 1);
    const msg = out[0]!;
    assert.equal(msg.topic, STOCK);
    assert.equal(msg.rawBody!.toString(), JSON.stringify([SCAN, { ...SCAN, seq: 2, sku: undefined }]));
    const events = msg.payload as StockEvent[];
    assert.deepEqual(
      events.map(({ sku, store_id, quantity, device_id }) => [sku, store_id, quantity, device_id]),
      [['1015AW', '1', '5', 'scanner-1']],
    );
    const request = requestAt(0);
    assert.equal(isTrusted(msg), true);
    assert.equal(request.sender, 'mqtt:scanner-1');
    assert.deepEqual(request.verified, { by: 'device', key: 'current' });
    assert.equal(request.raw.origin, STOCK);
    assert.deepEqual(
      request.takeRefusals().map(({ index, code }) => [index, code]),
      [[1, 'missing_field']],
    );
    assert.deepEqual(request.indexes, [0]);
    assert.equal(sent.acked, false);
    assert.equal(request.claim('r'), true);
    request.recorded(RESULT, undefined);
    await eventually(() => sent.acked);
  });

  it('acknowledges what is refused as a whole once it is kept', async () => {
    await start();
    const client = await device();
    const sent = publish(client, '{"sku":');
    await eventually(() => out.length === 1);
    assert.deepEqual(out[0]!.payload, []);
    const request = requestAt(0);
    assert.deepEqual([request.malformed, request.takeRefusals()[0]!.code], [true, 'malformed_json']);
    assert.equal(Buffer.from(request.raw.bytes).toString(), '{"sku":');
    request.recorded({ ...RESULT, accepted: 0, refused: 1, outcomes: [] }, undefined);
    await eventually(() => sent.acked);
  });

  it('does not acknowledge what was not stored: the device sends it again', async () => {
    await start();
    const client = await device();
    const sent = publish(client, SCAN);
    await eventually(() => out.length === 1);
    requestAt(0).settle({ kind: 'unavailable', message: 'disk full', retryAfter: 1 });
    await eventually(() => out.length === 2);
    assert.equal(sent.acked, false);
    assert.deepEqual((out[1]!.payload as StockEvent[])[0]!.event_id, (out[0]!.payload as StockEvent[])[0]!.event_id);
    requestAt(1).recorded(RESULT, undefined);
    await eventually(() => sent.acked);
  });

  it('closes the connection when no record stock takes it in time', async () => {
    await start({ wait: 0.1 });
    const client = await device({ reconnectPeriod: 0 });
    const sent = publish(client, SCAN);
    await eventually(() => !client.connected);
    assert.equal(sent.acked, false);
  });

  it('keeps devices connected over a deploy and hands what was under way to the new flow', async () => {
    await start();
    const client = await device();
    let closes = 0;
    client.on('close', () => closes++);
    const under = publish(client, SCAN);
    await eventually(() => out.length === 1);
    await unload();
    const meanwhile = publish(client, { ...SCAN, seq: 2 });
    await start();
    await eventually(() => out.length === 2);
    for (let i = 0; i < 2; i++) requestAt(i).recorded(RESULT, undefined);
    await eventually(() => under.acked && meanwhile.acked);
    assert.equal(closes, 0);
    assert.equal(client.connected, true);
  });

  it('works on an external broker, whose accounts are not known here', async () => {
    // Our own embedded broker lets nobody read, so the external one is another broker: aedes as it comes.
    const { Aedes } = await import('aedes');
    const { createServer } = await import('node:net');
    const aedes = await Aedes.createBroker();
    const server = createServer(aedes.handle).listen(port, '127.0.0.1');
    try {
      await start({}, { kind: 'external', url: `mqtt://127.0.0.1:${port}` });
      const client = await device();
      await eventually(() => {
        client.publish(STOCK, JSON.stringify(SCAN), { qos: 1 });
        return out.length > 0;
      });
      assert.equal(requestAt(0).sender, 'mqtt:1/scanner-1');
      assert.equal(isTrusted(out[0]!), true);
      for (let i = 0; i < out.length; i++) requestAt(i).recorded(RESULT, undefined);
    } finally {
      await closeBrokers();
      await Promise.all(clients.splice(0).map((made) => made.endAsync(true)));
      await new Promise<void>((resolve) => aedes.close(resolve));
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('shows an external broker that does not let it in', async () => {
    const { Aedes } = await import('aedes');
    const { createServer } = await import('node:net');
    const aedes = await Aedes.createBroker({ authenticate: (_client, _name, _password, done) => done(null, false) });
    const server = createServer(aedes.handle).listen(port, '127.0.0.1');
    try {
      await start({}, { kind: 'external', url: `mqtt://127.0.0.1:${port}` });
      const shown: NodeStatus[] = [];
      (nodeOf('s') as unknown as { status: (status: NodeStatus) => void }).status = (status) => shown.push(status);
      await eventually(() => shown.at(-1)?.text?.endsWith('broker_refuses'));
      const { error } = nodeOf('b') as unknown as { error: { args: unknown[][] } };
      assert.match(String(error.args[0]![0]), /refuses the user name or password.*Trying again/);
    } finally {
      await closeBrokers();
      await new Promise<void>((resolve) => aedes.close(resolve));
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('shows what is wrong with its settings', async () => {
    for (const [change, expected] of [
      [{ topic: 'acme/+/scan' }, /external broker/],
      [{ topic: 'a/#' }, /cannot be used/],
      [{ qos: 2 }, /"qos" must be 0 or 1/],
      [{ timeZone: 'Mars' }, /not a time zone/],
      [{ broker: 'x' }, /No broker is chosen/],
    ] as const) {
      await load([registerBroker, register], flow(change), { b: { password_0: 'geheim' } });
      const log = (nodeOf('s') as unknown as { error: { args: unknown[][] } }).error;
      assert.match(String(log.args[0]![0]), expected);
      assert.ok(embeddedBrokers().some(({ id, up, reason }) => id === 's' && !up && expected.test(reason!)));
      await unload();
      await closeBrokers();
    }
  });

  it('shows connections, messages and silent devices', async () => {
    await start();
    const shown: NodeStatus[] = [];
    (nodeOf('s') as unknown as { status: (status: NodeStatus) => void }).status = (status) => shown.push(status);
    const client = await device();
    await eventually(() => shown.at(-1)?.text?.endsWith('devices_connected'));
    publish(client, SCAN);
    await eventually(() => out.length === 1);
    requestAt(0).recorded(RESULT, undefined);
    await eventually(() => shown.at(-1)?.text?.endsWith('received'));
    client.stream.destroy();
    await client.endAsync(true);
    await eventually(() => shown.at(-1)?.text?.endsWith('devices_dead'));
  });
});
