import assert from 'node:assert/strict';
import { connect as connectTcp, createServer } from 'node:net';
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { TEST_CERT, TEST_KEY } from '../../test/support/certificate';
import { eventually } from '../../test/support/eventually';
import { freePort } from '../../test/support/free-port';
import type { DeviceAccount } from './accounts';
import { type BrokerProblem, type Delivery, NotStoredError } from './delivery';
import { EmbeddedBroker, type EmbeddedOptions } from './embedded';

const ACCOUNTS: DeviceAccount[] = [1, 2].map((n) => ({
  account: `scanner-${n}`,
  password: `secret-${n}`,
  store_id: String(n),
  name: `Scanner ${n}`,
}));
const STOCK = 'shelfwire/stores/1/stock';

interface Held extends Delivery {
  stored: () => void;
  failed: (error: Error) => void;
}

describe('embedded broker', () => {
  let broker: EmbeddedBroker;
  let problems: BrokerProblem[];
  let held: Held[];
  const clients: MqttClient[] = [];

  async function start(options: Partial<EmbeddedOptions> = {}, wait = 2_000): Promise<void> {
    problems = [];
    held = [];
    broker = new EmbeddedBroker({
      now: Date.now,
      problem: (problem) => problems.push(problem),
      dropDelay: 0,
      ...options,
    });
    await broker.apply({ host: '127.0.0.1', port: 0, tls: null, accounts: ACCOUNTS, wait });
  }

  const hold = () =>
    broker.subscribe('shelfwire/stores/+/stock', 1, (delivery) => {
      return new Promise<void>((stored, failed) => held.push({ ...delivery, stored, failed }));
    });

  async function device(n = 1, options: IClientOptions = {}): Promise<MqttClient> {
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      username: `scanner-${n}`,
      password: `secret-${n}`,
      reconnectPeriod: 50,
      protocolVersion: 4,
      ...options,
    });
    clients.push(client);
    client.on('error', () => undefined);
    return client;
  }

  /** Publishes and tells whether the PUBACK has come. */
  function publish(client: MqttClient, payload: string | Buffer, topic = STOCK, qos: 0 | 1 | 2 = 1) {
    const state = { acked: false, error: null as Error | null };
    client.publish(topic, payload, { qos }, (error) => {
      if (error) state.error = error;
      else state.acked = true;
    });
    return state;
  }

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await broker.close();
  });

  it('sends the PUBACK only when the content is stored', async () => {
    await start();
    hold();
    const client = await device();
    const first = publish(client, 'a');
    const second = publish(client, 'b');
    await eventually(() => held.length === 2);
    assert.deepEqual([first.acked, second.acked], [false, false]);
    assert.deepEqual(
      held.map(({ topic, payload, qos, account }) => [topic, payload.toString(), qos, account]),
      [
        [STOCK, 'a', 1, 'scanner-1'],
        [STOCK, 'b', 1, 'scanner-1'],
      ],
    );
    held[1]!.stored();
    await eventually(() => second.acked);
    assert.equal(first.acked, false);
    held[0]!.stored();
    await eventually(() => first.acked);
    assert.equal(broker.inFlight, 0);
  });

  it('acknowledges QoS 2 and takes QoS 0 as well', async () => {
    await start();
    hold();
    const client = await device();
    const twice = publish(client, 'exactly', STOCK, 2);
    publish(client, 'whatever', STOCK, 0);
    await eventually(() => held.length === 2);
    assert.equal(twice.acked, false);
    for (const delivery of held) delivery.stored();
    await eventually(() => twice.acked);
  });

  it('closes the connection when it cannot be stored, and takes it again when the device comes back', async () => {
    await start();
    hold();
    const client = await device();
    let closes = 0;
    client.on('close', () => closes++);
    const sent = publish(client, 'once more');
    await eventually(() => held.length === 1);
    held[0]!.failed(new NotStoredError('the disk is full'));
    await eventually(() => held.length === 2);
    assert.equal(closes, 1);
    assert.equal(sent.acked, false);
    assert.equal(held[1]!.payload.toString(), 'once more');
    held[1]!.stored();
    await eventually(() => sent.acked);
    assert.match(problems[0]!.message, /scanner-1 was not stored\..*sends it again.*disk is full/);
  });

  it('keeps the connection during a deploy and gives the message to the new flow', async () => {
    await start();
    const client = await device();
    let closes = 0;
    client.on('close', () => closes++);
    const sent = publish(client, 'early');
    await eventually(() => broker.inFlight === 1);
    const end = hold();
    await eventually(() => held.length === 1);
    end();
    held[0]!.failed(new NotStoredError('deployed anew', { redeliver: true }));
    hold();
    await eventually(() => held.length === 2);
    held[1]!.stored();
    await eventually(() => sent.acked);
    assert.equal(closes, 0);
  });

  it('closes the connection unacknowledged when no flow takes the message in time', async () => {
    await start({}, 60);
    const client = await device(1, { reconnectPeriod: 0 });
    const sent = publish(client, 'nobody');
    await eventually(() => !client.connected);
    assert.equal(sent.acked, false);
    assert.match(problems[0]!.message, /No scanner in node takes this topic/);
  });

  it('stores with every flow that takes the topic before it acknowledges', async () => {
    await start();
    hold();
    hold();
    const client = await device();
    const sent = publish(client, 'both');
    await eventually(() => held.length === 2);
    held[0]!.stored();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(sent.acked, false);
    held[1]!.stored();
    await eventually(() => sent.acked);
  });

  it('refuses wrong passwords, unknown names and none at all, and names the account', async () => {
    await start();
    for (const login of [
      { username: 'scanner-1', password: 'secret-2' },
      { username: 'scanner-1', password: '' },
      { username: 'nobody', password: 'secret-1' },
      { username: '', password: '' },
    ])
      await assert.rejects(device(1, { ...login, reconnectPeriod: 0 }), /Not authorized|Bad username or password/i);
    assert.ok(problems.every(({ code }) => code === 'login_refused'));
    assert.ok(problems.some(({ message }) => message.includes('"scanner-1"')));
    assert.ok(problems.every(({ message }) => !message.includes('secret')));
  });

  it('writes no line of the log that somebody without an account made up', async () => {
    await start();
    const username = 'x" ok\n22 Nov 05:00:00 - [info] \u001b[31mStarted\u202e\u2028';
    await assert.rejects(device(1, { username, reconnectPeriod: 0 }));
    const wrong = connect(`mqtt://127.0.0.1:${broker.port}`, {
      username: 'nobody',
      reconnectPeriod: 0,
      will: { topic: 'a\n\u0007b', payload: Buffer.from('x'), qos: 1, retain: false },
    });
    clients.push(wrong);
    await eventually(() => problems.some(({ code }) => code === 'will_refused'));
    assert.match(problems[0]!.message, /"x" ok\ufffd22 Nov 05:00:00 - \[info\] \ufffd\[31mStarted\ufffd\ufffd"/);
    for (const { message } of problems) assert.doesNotMatch(message, /[\p{Cc}\u2028\u202e]/u);
  });

  it('lets a device publish only to the stock and status of its own store', async () => {
    await start();
    hold();
    for (const topic of [
      'shelfwire/stores/2/stock',
      'shelfwire/stores/1/stock/x',
      'shelfwire/stores/1/devices/scanner-2/status',
      '$SYS/x',
      'else',
    ]) {
      const client = await device(1, { reconnectPeriod: 0 });
      const sent = publish(client, '{}', topic);
      await eventually(() => !client.connected, 5_000, topic);
      assert.equal(sent.acked, false, topic);
    }
    assert.equal(held.length, 0);
    assert.match(problems[0]!.message, /scanner-1 belongs to store 1.*shelfwire\/stores\/2\/stock/);
    const client = await device(1);
    const status = publish(client, 'online', 'shelfwire/stores/1/devices/scanner-1/status');
    await eventually(() => status.acked);
    assert.equal(broker.devices.list()[0]!.status, 'online');
  });

  it('lets nobody read', async () => {
    await start();
    hold();
    const spy = await device(2);
    const seen: string[] = [];
    spy.on('message', (topic) => seen.push(topic));
    for (const topic of ['#', '$SYS/#', STOCK, 'shelfwire/stores/2/devices/scanner-2/status'])
      await assert.rejects(spy.subscribeAsync(topic), /Subscribe error/);
    const client = await device(1);
    const sent = publish(client, 'secret');
    await eventually(() => held.length === 1);
    held[0]!.stored();
    await eventually(() => sent.acked);
    const done = publish(spy, 'mine', 'shelfwire/stores/2/stock');
    await eventually(() => held.length === 2);
    held[1]!.stored();
    await eventually(() => done.acked);
    assert.deepEqual(seen, []);
  });

  it('takes the will as the state of the device, and refuses one that goes elsewhere', async () => {
    await start();
    const will = (topic: string) => ({
      will: { topic, payload: Buffer.from('offline'), qos: 1 as const, retain: true },
    });
    const client = await device(1, { reconnectPeriod: 0, ...will('shelfwire/stores/1/devices/scanner-1/status') });
    await eventually(() => broker.devices.list()[0]!.connections === 1);
    client.stream.destroy();
    const state = await eventually(() => broker.devices.list().find(({ status }) => status === 'offline'));
    await eventually(() => broker.devices.list()[0]!.connections === 0);
    assert.equal(state.id, 'scanner-1');
    assert.equal(broker.devices.list()[0]!.dead, true);
    const wrong = connect(`mqtt://127.0.0.1:${broker.port}`, {
      username: 'scanner-1',
      password: 'secret-1',
      reconnectPeriod: 0,
      ...will(STOCK),
    });
    clients.push(wrong);
    let refused = false;
    wrong.on('close', () => {
      refused = true;
    });
    await eventually(() => refused);
    assert.equal(wrong.connected, false);
    assert.match(problems.at(-1)!.message, /will.*shelfwire\/stores\/1\/stock/);
  });

  it('does not call a device dead that said goodbye', async () => {
    await start();
    const client = await device(1);
    await client.endAsync();
    await eventually(() => broker.devices.list()[0]!.connections === 0);
    assert.equal(broker.devices.list()[0]!.dead, false);
  });

  it('takes two connections of one account, and equal client ids of different accounts', async () => {
    await start();
    hold();
    const all = [
      await device(1, { clientId: 'a', reconnectPeriod: 0 }),
      await device(1, { clientId: 'b', reconnectPeriod: 0 }),
      await device(2, { clientId: 'a', reconnectPeriod: 0 }),
    ];
    const sent = all.map((client, i) => publish(client, `${i}`, `shelfwire/stores/${i === 2 ? 2 : 1}/stock`));
    await eventually(() => held.length === 3);
    for (const delivery of held) delivery.stored();
    await eventually(() => sent.every(({ acked }) => acked));
    assert.ok(all.every((client) => client.connected));
    assert.equal(broker.devices.list()[0]!.connections, 2);
  });

  it('ends the connection of too large a message at its header', async () => {
    await start({ maxPayload: 1_000 });
    hold();
    const exact = await device(1, { reconnectPeriod: 0 });
    const sent = publish(exact, Buffer.alloc(1_000, 0x20));
    await eventually(() => held.length === 1);
    held[0]!.stored();
    await eventually(() => sent.acked);
    publish(exact, Buffer.alloc(1_001, 0x20));
    await eventually(() => !exact.connected);

    // Announces 200 MB and sends nothing of it.
    const client = await device(1, { reconnectPeriod: 0 });
    client.stream.write(Buffer.from([0x32, 0x80, 0x80, 0x80, 0x64]));
    await eventually(() => !client.connected);
    assert.equal(held.length, 1);
    assert.equal(problems.filter(({ code }) => code === 'too_large').length, 2);

    // Nobody may even announce that much before it is known.
    const stranger = connectTcp(broker.port!, '127.0.0.1');
    stranger.on('error', () => undefined);
    stranger.write(Buffer.from([0x10, 0xff, 0x7f]));
    await eventually(() => stranger.destroyed || stranger.readableEnded);
    stranger.destroy();
  });

  it('holds back what exceeds the room, in turn between devices, and loses nothing', async () => {
    await start({ limits: { count: 20, perSender: 15 } });
    hold();
    const one = await device(1);
    const two = await device(2);
    const sent = Array.from({ length: 500 }, (_, i) => publish(one, `a${i}`));
    await eventually(() => held.length === 15);
    sent.push(...Array.from({ length: 10 }, (_, i) => publish(two, `b${i}`, 'shelfwire/stores/2/stock')));
    await eventually(() => held.length === 20);
    assert.deepEqual(
      held.slice(15).map(({ account }) => account),
      Array.from({ length: 5 }, () => 'scanner-2'),
    );
    let most = 0;
    for (let done = 0; done < 510; done++) {
      await eventually(() => held.length > done);
      most = Math.max(most, broker.inFlight);
      held[done]!.stored();
    }
    await eventually(() => sent.every(({ acked }) => acked));
    assert.equal(most, 20);
    assert.equal(broker.inFlight, 0);
    assert.equal(new Set(held.map(({ payload }) => payload.toString())).size, 510);
  });

  it('opens nothing when it is closed while it starts', async () => {
    const port = await freePort();
    for (let ticks = 0; ticks < 6; ticks++) {
      const early = new EmbeddedBroker({ now: Date.now, problem: () => {} });
      const applied = early.apply({ host: '127.0.0.1', port, tls: null, accounts: [], wait: 100 });
      for (let tick = 0; tick < ticks; tick++) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([early.close(), applied]);
      const next = createServer();
      await new Promise<void>((resolve, reject) => next.once('error', reject).listen(port, '127.0.0.1', resolve));
      await new Promise((resolve) => next.close(resolve));
    }
  });

  it('drops unseen what a gone device still had waiting', async () => {
    await start({ limits: { count: 1 } });
    hold();
    const client = await device(1, { reconnectPeriod: 0 });
    for (let i = 0; i < 10; i++) publish(client, `${i}`);
    await eventually(() => held.length === 1);
    client.stream.destroy();
    await eventually(() => broker.devices.list()[0]!.connections === 0);
    held[0]!.stored();
    await eventually(() => broker.inFlight === 0);
    assert.equal(held.length, 1);
  });

  it('applies changed accounts to open connections, and a changed port', async () => {
    await start();
    const kept = await device(1, { reconnectPeriod: 0 });
    const changed = await device(2, { reconnectPeriod: 0 });
    const accounts = [ACCOUNTS[0]!, { ...ACCOUNTS[1]!, password: 'other' }];
    await broker.apply({ host: '127.0.0.1', port: 0, tls: null, accounts, wait: 2_000 });
    await eventually(() => !changed.connected);
    assert.equal(kept.connected, true);
    const before = broker.port;
    const taken = createServer().listen(0, '127.0.0.1');
    await eventually(() => taken.listening);
    const { port } = taken.address() as { port: number };
    await broker.apply({ host: '127.0.0.1', port, tls: null, accounts, wait: 2_000 });
    assert.equal(broker.state, 'down');
    assert.match(problems.at(-1)!.message, new RegExp(`cannot listen on 127.0.0.1:${port}: another program`));
    await new Promise((resolve) => taken.close(resolve));
    await eventually(() => broker.state === 'up');
    assert.equal(broker.port, port);
    assert.notEqual(before, port);
  });

  it('speaks TLS, and then nothing else', async () => {
    await start();
    await broker.apply({
      host: '127.0.0.1',
      port: 0,
      tls: { key: TEST_KEY, cert: TEST_CERT },
      accounts: ACCOUNTS,
      wait: 2_000,
    });
    hold();
    const login = { username: 'scanner-1', password: 'secret-1', reconnectPeriod: 0, connectTimeout: 500 };
    const client = await connectAsync(`mqtts://127.0.0.1:${broker.port}`, { ...login, ca: TEST_CERT });
    clients.push(client);
    const sent = publish(client, 'private');
    await eventually(() => held.length === 1);
    held[0]!.stored();
    await eventually(() => sent.acked);
    await assert.rejects(connectAsync(`mqtts://127.0.0.1:${broker.port}`, login), /self-signed certificate/);
    const plain = connect(`mqtt://127.0.0.1:${broker.port}`, login);
    clients.push(plain);
    let closed = false;
    plain.on('close', () => {
      closed = true;
    });
    plain.on('error', () => undefined);
    await eventually(() => closed);
  });

  it('refuses accounts that cannot work', async () => {
    await start();
    const broken = (change: Partial<DeviceAccount>) =>
      broker.apply({ host: '127.0.0.1', port: 0, tls: null, wait: 1, accounts: [{ ...ACCOUNTS[0]!, ...change }] });
    await assert.rejects(broken({ account: '' }), /must be named/);
    await assert.rejects(broken({ store_id: '+' }), /id of its store/);
    await assert.rejects(broken({ store_id: '*' }), /id of its store/);
    await assert.rejects(broken({ password: '' }), /has no password/);
    assert.throws(() => broker.subscribe('acme/+/scan', 1, async () => undefined), /external broker/);
  });
});
