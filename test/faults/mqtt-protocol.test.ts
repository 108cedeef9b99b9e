/** Devices that misbehave towards the embedded broker: half-open, hostile, broken. None of them disturbs another. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { DeviceAccount } from '../../core/mqtt/accounts';
import { type BrokerProblem, type Delivery, NotStoredError } from '../../core/mqtt/delivery';
import { EmbeddedBroker, type EmbeddedOptions } from '../../core/mqtt/embedded';
import { eventually } from '../support/eventually';
import { Line } from '../support/mqtt/line';
import type { Connect } from '../support/mqtt/packets';
import * as mqtt from '../support/mqtt/packets';
import { RawDevice } from '../support/mqtt/raw-device';

const STOCK = 'shelfwire/stores/1/stock';
const STATUS = 'shelfwire/stores/1/devices/scanner-1/status';
const ACCOUNTS: DeviceAccount[] = [1, 2].map((n) => ({
  account: `scanner-${n}`,
  password: `secret-${n}`,
  store_id: String(n),
  name: `Scanner ${n}`,
}));

describe('devices that misbehave at the embedded broker', function () {
  this.timeout(60_000);
  let broker: EmbeddedBroker;
  let now: number;
  let problems: BrokerProblem[];
  let taken: Delivery[];
  /** What becomes of a message; stored at once unless a test says otherwise. */
  let store: (delivery: Delivery) => Promise<void>;
  const devices: RawDevice[] = [];
  const lines: Line[] = [];

  async function start(options: Partial<EmbeddedOptions> = {}): Promise<void> {
    now = Date.UTC(2026, 0, 1, 9);
    problems = [];
    taken = [];
    store = async () => undefined;
    broker = new EmbeddedBroker({
      now: () => now,
      problem: (problem) => problems.push(problem),
      dropDelay: 0,
      ...options,
    });
    await broker.apply({ host: '127.0.0.1', port: 0, tls: null, accounts: ACCOUNTS, wait: 2_000 });
    broker.subscribe('shelfwire/stores/+/stock', 1, (delivery) => {
      taken.push({ ...delivery, payload: Buffer.from(delivery.payload) });
      return store(delivery);
    });
  }

  afterEach(async () => {
    for (const device of devices.splice(0)) device.cut();
    await Promise.all(lines.splice(0).map((line) => line.close()));
    await broker.close();
  });

  function open(port = broker.port!): RawDevice {
    const device = new RawDevice(port);
    devices.push(device);
    return device;
  }

  const login = (n = 1): Connect => ({ username: `scanner-${n}`, password: `secret-${n}` });

  async function device(options: Connect = {}, n = 1): Promise<RawDevice> {
    const made = open();
    assert.equal(await made.connect({ ...login(n), clientId: `d${devices.length}`, ...options }), 0);
    return made;
  }

  async function lineTo(): Promise<Line> {
    const line = await Line.to(broker.port!);
    lines.push(line);
    return line;
  }

  const stateOf = (n = 1) => broker.devices.list().find(({ id }) => id === `scanner-${n}`)!;
  const payloads = () => taken.map(({ payload }) => payload.toString());

  describe('half-open', () => {
    it('a device that vanishes without a FIN is closed after one and a half times its keepalive, its will counts', async () => {
      await start();
      const line = await lineTo();
      const gone = open(line.port);
      const will = { topic: STATUS, payload: 'offline: lost power' };
      const began = performance.now();
      assert.equal(await gone.connect({ ...login(), clientId: 'gone', keepalive: 1, will }), 0);
      line.vanish();
      await eventually(() => stateOf().connections === 0);
      assert.ok(performance.now() - began >= 1_500, `${performance.now() - began}`);
      assert.ok(performance.now() - began < 10_000);
      await eventually(() => stateOf().status === 'offline: lost power');
      assert.equal(stateOf().dead, true);
      assert.equal(gone.closed, false);
    });

    it('a device that pings stays', async () => {
      await start();
      const alive = await device({ keepalive: 1 });
      const began = performance.now();
      let pings = 0;
      await eventually(() => {
        if (alive.received.filter(({ type }) => type === mqtt.TYPE.pingresp).length === pings) {
          pings += 1;
          alive.send(mqtt.pingreq());
        }
        return performance.now() - began > 2_000;
      });
      assert.equal(alive.closed, false);
    });

    it('what vanished on the way comes again with DUP an hour later, and whoever kept the event ids sees that', async () => {
      await start();
      const line = await lineTo();
      const first = open(line.port);
      assert.equal(await first.connect({ ...login(), clientId: 'sleeper', clean: false, keepalive: 1 }), 0);
      line.loseDown = true;
      first.publish(STOCK, 'one', { id: 1 });
      first.publish(STOCK, 'two', { id: 2 });
      await eventually(() => taken.length === 2);
      line.vanish();
      await eventually(() => stateOf().connections === 0);
      now += 3_600_000;
      const second = await device({ clientId: 'sleeper', clean: false });
      // No session is kept, so none is promised: a device keeps what it has until the PUBACK.
      assert.deepEqual([...second.received[0]!.body], [0, 0]);
      second.publish(STOCK, 'one', { id: 1, dup: true });
      second.publish(STOCK, 'two', { id: 2, dup: true });
      await eventually(() => second.ids('puback').length === 2);
      assert.deepEqual(payloads(), ['one', 'two', 'one', 'two']);
    });
  });

  describe('connections', () => {
    it('one that never says CONNECT is closed, also when it says half of it', async () => {
      await start({ connectTimeout: 200 });
      const silent = open();
      const slow = open();
      slow.send(mqtt.connect(login()).subarray(0, 10));
      await eventually(() => silent.closed && slow.closed);
    });

    it('those that have not logged in push out only each other', async () => {
      await start({ connections: { unproven: 3 } });
      const proven = await device();
      const strangers = Array.from({ length: 10 }, () => open());
      await eventually(() => strangers.filter(({ closed }) => closed).length === 7);
      assert.equal(proven.closed, false);
      proven.publish(STOCK, 'still here');
      await eventually(() => proven.has('puback'));
    });

    it('an account has a share; what is in use stays, what has been silent makes room, others are not touched', async () => {
      await start({ connections: { perAccount: 2, idle: 100 } });
      const [one, two] = [await device(), await device()];
      const other = await device({}, 2);
      assert.equal(await open().connect({ ...login(), clientId: 'third' }), null);
      assert.match(problems[0]!.message, /scanner-1 has too many open connections/);
      // `one` goes on, `two` was left behind by a network that broke.
      const third = await eventually(async () => {
        one.send(mqtt.pingreq());
        const again = open();
        return (await again.connect({ ...login(), clientId: 'third' })) === 0 ? again : null;
      });
      assert.deepEqual([one.closed, two.closed, third.closed, other.closed], [false, true, false, false]);
      await eventually(() => stateOf().connections === 2);
    });

    it('there is a limit on all of them, which is told', async () => {
      await start({ connections: { all: 2 } });
      const [one, two] = [await device(), await device({}, 2)];
      const third = open();
      await eventually(() => third.closed);
      assert.match(problems[0]!.message, /All devices together have too many/);
      assert.deepEqual([one.closed, two.closed], [false, false]);
      one.cut();
      await eventually(async () => (await open().connect(login())) === 0);
    });

    it('a client id that comes again takes over: the old connection is closed, what it brought is stored', async () => {
      await start();
      let finish = (): void => undefined;
      store = () => new Promise((resolve) => (finish = resolve));
      const old = await device({ clientId: 'same', will: { topic: STATUS, payload: 'offline' } });
      old.publish(STOCK, 'under way', { id: 9 });
      await eventually(() => taken.length === 1);
      const fresh = await device({ clientId: 'same' });
      await eventually(() => old.closed && stateOf().connections === 1);
      finish();
      store = async () => undefined;
      fresh.publish(STOCK, 'under way', { id: 9, dup: true });
      await eventually(() => fresh.ids('puback').length === 1);
      await eventually(() => broker.inFlight === 0);
      assert.deepEqual(old.ids('puback'), []);
      assert.deepEqual([stateOf().connections, stateOf().dead], [1, false]);
    });

    it('an endless queue before the CONNACK is taken as well: a device may send at once', async () => {
      await start();
      const eager = open();
      const all = [mqtt.connect({ ...login(), clientId: 'eager' })];
      for (let id = 1; id <= 300; id++) all.push(mqtt.publish(STOCK, `${id}`, { id }));
      eager.send(Buffer.concat(all));
      await eventually(() => eager.ids('puback').length === 300);
      assert.equal(taken.length, 300);
    });
  });

  describe('QoS 2', () => {
    it('is not lost and not doubled by the broker: PUBREC after it is stored, PUBCOMP for every PUBREL', async () => {
      await start();
      let finish = (): void => undefined;
      store = () => new Promise((resolve) => (finish = resolve));
      const one = await device();
      one.publish(STOCK, 'exactly', { qos: 2, id: 5 });
      await eventually(() => taken.length === 1);
      assert.equal(one.has('pubrec'), false);
      finish();
      await eventually(() => one.ids('pubrec').length === 1);
      one.send(mqtt.pubrel(5));
      await eventually(() => one.ids('pubcomp').length === 1);
      // A PUBCOMP that was lost: PUBREL again, also on a connection that knows nothing of it.
      one.send(mqtt.pubrel(5));
      const two = await device();
      two.send(mqtt.pubrel(5));
      await eventually(() => one.ids('pubcomp').length === 2 && two.ids('pubcomp').length === 1);
      assert.deepEqual(payloads(), ['exactly']);
    });

    it('a PUBREC that is lost brings the message again, to be told by its event id', async () => {
      await start();
      const one = await device();
      one.publish(STOCK, 'again', { qos: 2, id: 6 });
      await eventually(() => one.ids('pubrec').length === 1);
      one.cut();
      const two = await device();
      two.publish(STOCK, 'again', { qos: 2, id: 6, dup: true });
      await eventually(() => two.ids('pubrec').length === 1);
      assert.deepEqual(payloads(), ['again', 'again']);
    });

    it('500 at once are taken; a flood that is never released is told', async () => {
      await start();
      const one = await device();
      for (let id = 1; id <= 500; id++) one.publish(STOCK, `${id}`, { qos: 2, id });
      await eventually(() => one.ids('pubrec').length === 500);
      for (let id = 1; id <= 500; id++) one.send(mqtt.pubrel(id));
      await eventually(() => one.ids('pubcomp').length === 500);
      for (let id = 1; id <= 1_200; id++) one.publish(STOCK, `${id}`, { qos: 2, id });
      await eventually(() => one.closed);
      assert.equal(problems.at(-1)!.code, 'too_many_in_flight');
    });
  });

  describe('content', () => {
    it('a retained message is taken once and kept nowhere', async () => {
      await start();
      const one = await device();
      one.publish(STOCK, 'kept?', { id: 1, retain: true });
      one.publish(STATUS, 'online', { id: 2, retain: true });
      await eventually(() => one.ids('puback').length === 2);
      const { aedes } = broker as unknown as {
        aedes: { persistence: { createRetainedStream(filter: string): AsyncIterable<unknown> } };
      };
      for await (const packet of aedes.persistence.createRetainedStream('#')) assert.fail(JSON.stringify(packet));
    });

    it('a will for another device is refused when it is published, one elsewhere at the CONNECT', async () => {
      await start();
      const liar = await device({ will: { topic: 'shelfwire/stores/2/devices/scanner-2/status', payload: 'offline' } });
      liar.cut();
      await eventually(() => problems.some(({ code }) => code === 'topic_refused'));
      assert.equal(stateOf(2).status, null);
      const elsewhere = open();
      assert.equal(await elsewhere.connect({ ...login(), will: { topic: STOCK, payload: '{}' } }), null);
      assert.equal(taken.length, 0);
    });

    it('many topics leave nothing behind and one line in the log', async () => {
      await start();
      for (let i = 0; i < 40; i++) {
        const one = await device();
        one.publish(`shelfwire/stores/${i}x/stock`, '{}');
        await eventually(() => one.closed);
      }
      assert.equal(new Set(problems.map(({ key }) => key)).size, 1);
      assert.equal(taken.length, 0);
    });

    it('while nothing can be stored the socket is held, and everything is acknowledged afterwards', async () => {
      await start({ limits: { count: 50, perSender: 50 } });
      const waiting: (() => void)[] = [];
      let held = true;
      store = () => (held ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
      const one = await device();
      const size = 20_000;
      const messages = 2_000;
      for (let id = 1; id <= messages; id++) one.publish(STOCK, 'x'.repeat(size), { id });
      // 40 MB were sent; what the broker does not read stays with the device.
      await eventually(() => one.socket.writableLength > (messages / 2) * size);
      // A round trip of somebody else later it is still so.
      const other = await device({}, 2);
      other.publish('shelfwire/stores/2/devices/scanner-2/status', 'online', { id: 1 });
      await eventually(() => other.has('puback') && taken.length > 0);
      assert.ok(one.socket.writableLength > (messages / 2) * size);
      assert.ok(taken.length <= 50, `${taken.length}`);
      assert.deepEqual(one.ids('puback'), []);
      held = false;
      for (const resolve of waiting.splice(0)) resolve();
      await eventually(() => one.ids('puback').length === messages, 30_000);
      assert.equal(taken.length, messages);
      assert.equal(broker.inFlight, 0);
    });

    it('what was under way on a connection that is closed for one message is stored once it comes again', async () => {
      await start();
      let fail = true;
      store = async ({ payload }) => {
        if (fail && payload.toString() === 'bad luck') throw new NotStoredError('the disk is full');
      };
      const one = await device();
      for (const [id, payload] of ['before', 'bad luck', 'after'].entries())
        one.publish(STOCK, payload, { id: id + 1 });
      await eventually(() => one.closed);
      fail = false;
      const two = await device();
      two.publish(STOCK, 'bad luck', { id: 2, dup: true });
      await eventually(() => two.ids('puback').length === 1);
      assert.ok(!one.ids('puback').includes(2));
    });
  });

  describe('malformed', () => {
    /** A well-behaved device beside it: connected all the time, and served afterwards. */
    async function undisturbed(attack: (canary: RawDevice) => Promise<void>): Promise<void> {
      await start({ connectTimeout: 300 });
      const canary = await device({ clientId: 'canary' }, 2);
      await attack(canary);
      const before = canary.ids('puback').length;
      canary.publish('shelfwire/stores/2/stock', 'fine', { id: 77 });
      await eventually(() => canary.ids('puback').length === before + 1);
      assert.equal(canary.closed, false);
      assert.equal(broker.state, 'up');
    }

    const valid = fc.constantFrom(
      mqtt.connect({ ...login(), clientId: 'x', will: { topic: STATUS, payload: 'offline' } }),
      mqtt.publish(STOCK, '{"sku":"1"}', { id: 3 }),
      mqtt.publish(STOCK, '{"sku":"1"}', { id: 3, qos: 2 }),
      mqtt.subscribe(4, [['#', 1]]),
      mqtt.unsubscribe(5, ['#']),
      mqtt.pubrel(6),
      mqtt.puback(6),
      mqtt.pingreq(),
      mqtt.disconnect(),
    );
    const broken = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      // Cut off, changed in places, and with a remaining length that is not true.
      fc.tuple(valid, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
      fc
        .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
        .map(([bytes, changes]) => {
          const copy = Buffer.from(bytes);
          for (const [at, value] of changes) copy[at % copy.length] = value;
          return copy;
        }),
      fc
        .tuple(valid, fc.nat(127))
        .map(([bytes, length]) => Buffer.concat([bytes.subarray(0, 1), Buffer.from([length]), bytes.subarray(2)])),
      fc
        .tuple(
          fc.nat(255),
          fc.constantFrom([0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0x80, 0x80, 0x80, 0x80, 0x01]),
        )
        .map(([head, length]) => Buffer.from([head, ...length, 1, 2, 3])),
      fc
        .constantFrom(
          Buffer.from([0x61]),
          Buffer.from([0xc3, 0x28]),
          Buffer.from([0xed, 0xa0, 0x80]),
          Buffer.from('shelfwire/stores/1/st\0ck'),
          Buffer.from(''),
          Buffer.from('/'.repeat(2_000)),
          Buffer.from('shelfwire/stores/+/stock'),
          Buffer.from('#'),
        )
        .map((topic) => mqtt.publish(topic, '{}', { id: 8 })),
    );

    it('bytes of any kind crash nothing and close nobody else, before and after the login', async () => {
      await undisturbed(async (canary) => {
        await fc.assert(
          fc.asyncProperty(fc.boolean(), fc.array(broken, { minLength: 1, maxLength: 4 }), async (proven, pieces) => {
            const attacker = open();
            if (proven) assert.equal(await attacker.connect({ ...login(), clientId: 'fuzz', keepalive: 1 }), 0);
            for (const piece of pieces) attacker.send(piece);
            attacker.socket.end();
            await eventually(() => attacker.closed || attacker.socket.readableEnded);
            attacker.cut();
            devices.splice(devices.indexOf(attacker), 1);
            assert.equal(canary.closed, false);
          }),
          { numRuns: 150 },
        );
      });
      // Whatever was in it, nothing was taken but whole messages to the account's own topic.
      assert.ok(taken.every(({ topic, account }) => topic === STOCK || account === 'scanner-2'));
    });

    it('each plain violation ends its connection', async () => {
      await start();
      const own = mqtt.publish(STOCK, '{}', { id: 1 });
      const violations: Record<string, Buffer> = {
        'NUL in the topic': mqtt.publish('shelfwire/stores/1/st\0ck', '{}'),
        'topic of no UTF-8': mqtt.publish(Buffer.from([0xc3, 0x28]), '{}'),
        'a surrogate in the topic': mqtt.publish(Buffer.from([0xed, 0xa0, 0x80]), '{}'),
        'wildcard in the topic': mqtt.publish('shelfwire/stores/+/stock', '{}'),
        'empty topic': mqtt.publish('', '{}'),
        'QoS 3': Buffer.concat([Buffer.from([0x36]), own.subarray(1)]),
        'a second CONNECT': mqtt.connect(login()),
        'a packet of the server': mqtt.frame(mqtt.TYPE.connack, 0, Buffer.from([0, 0])),
        'type 0': mqtt.frame(0, 0, Buffer.alloc(0)),
        'type 15': mqtt.frame(15, 0, Buffer.alloc(0)),
        'five bytes of length': Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]),
        'SUBSCRIBE with wrong flags': mqtt.frame(mqtt.TYPE.subscribe, 0, Buffer.from([0, 1, 0, 1, 0x61, 0])),
        'SUBSCRIBE to nothing': mqtt.frame(mqtt.TYPE.subscribe, 2, Buffer.from([0, 1])),
      };
      for (const [name, bytes] of Object.entries(violations)) {
        const one = await device();
        one.send(bytes);
        await eventually(() => one.closed, 3_000, name);
        assert.deepEqual(one.ids('puback'), [], name);
      }
      assert.equal(taken.length, 0);
    });

    it('a CONNECT of another protocol is refused', async () => {
      await start();
      assert.equal(await open().connect({ ...login(), protocol: 'hj' }), null);
      assert.ok([1, null].includes(await open().connect({ ...login(), level: 9 })));
      const early = open();
      early.publish(STOCK, '{}');
      await eventually(() => early.closed);
      assert.equal(taken.length, 0);
    });
  });
});
