/**
 * The cases of the Eclipse Paho interoperability suite for MQTT 3.1.1 (`interoperability/client_test.py` of
 * eclipse/paho.mqtt.testing), written anew against the embedded broker. Its devices may publish to their own two topics
 * and read nothing (DESIGN section 5), so what a case needs of reading is refused, and the refusal is what is tested.
 */
import assert from 'node:assert/strict';
import type { DeviceAccount } from '../../core/mqtt/accounts';
import type { BrokerProblem } from '../../core/mqtt/delivery';
import { EmbeddedBroker } from '../../core/mqtt/embedded';
import { eventually } from '../support/eventually';
import * as mqtt from '../support/mqtt/packets';
import { RawDevice } from '../support/mqtt/raw-device';

const ACCOUNT: DeviceAccount = { account: 'scanner-1', password: 'geheim', store_id: '1', name: 'Front' };
const LOGIN = { username: ACCOUNT.account, password: ACCOUNT.password };
const STOCK = 'shelfwire/stores/1/stock';
const STATUS = 'shelfwire/stores/1/devices/scanner-1/status';
const REFUSED = 0x80;

interface Case {
  /** Its name in the suite. */
  name: string;
  /** passed: as the suite asks. refused: it reads, which devices may not; the rest of it holds. */
  verdict: 'passed' | 'refused';
  run: () => Promise<void>;
}

describe('Paho interoperability suite, MQTT 3.1.1', () => {
  let broker: EmbeddedBroker;
  let problems: BrokerProblem[];
  /** What reached the flow, as [payload, qos]. */
  let taken: [string, number][];
  const devices: RawDevice[] = [];

  beforeEach(async () => {
    problems = [];
    taken = [];
    broker = new EmbeddedBroker({ now: Date.now, problem: (problem) => problems.push(problem), dropDelay: 0 });
    await broker.apply({ host: '127.0.0.1', port: 0, tls: null, accounts: [ACCOUNT], wait: 2_000 });
    broker.subscribe('shelfwire/stores/+/stock', 1, async ({ payload, qos }) => {
      taken.push([payload.toString(), qos]);
    });
  });

  afterEach(async () => {
    for (const device of devices.splice(0)) device.cut();
    await broker.close();
  });

  function socket(): RawDevice {
    const device = new RawDevice(broker.port!);
    devices.push(device);
    return device;
  }

  /** Connects and checks that no session is promised. */
  async function client(options: mqtt.Connect = {}): Promise<RawDevice> {
    const device = socket();
    assert.equal(await device.connect({ ...LOGIN, clientId: 'myclientid', ...options }), 0);
    assert.equal(device.received[0]!.body[0], 0, 'session present');
    return device;
  }

  async function codesOf(device: RawDevice, filters: [string, 0 | 1 | 2][], id = 90): Promise<number[]> {
    device.send(mqtt.subscribe(id, filters));
    const answer = await eventually(() =>
      device.received.find(({ type, body }) => type === mqtt.TYPE.suback && body.readUInt16BE(0) === id),
    );
    return [...answer.body.subarray(2)];
  }

  async function goodbye(device: RawDevice): Promise<void> {
    device.send(mqtt.disconnect());
    await eventually(() => device.closed);
  }

  /** One message of each QoS, with the whole exchange. */
  async function publishEach(device: RawDevice, retain = false, payload = 'qos'): Promise<void> {
    for (const qos of [0, 1, 2] as const) device.publish(STOCK, `${payload} ${qos}`, { qos, id: qos + 1, retain });
    await eventually(() => device.ids('puback').length === 1 && device.ids('pubrec').length === 1);
    device.send(mqtt.pubrel(3));
    await eventually(() => device.ids('pubcomp').length === 1 && taken.length >= 3);
  }

  const nothingRead = (...all: RawDevice[]) => {
    for (const device of all) assert.equal(device.has('publish'), false);
  };

  const CASES: Case[] = [
    {
      name: 'testBasic',
      verdict: 'passed',
      run: async () => {
        await goodbye(await client());
        const again = await client();
        await publishEach(again);
        assert.deepEqual(
          taken.sort().map(([payload, qos]) => `${payload}: ${qos}`),
          ['qos 0: 0', 'qos 1: 1', 'qos 2: 2'],
        );
        await goodbye(again);
        // A second CONNECT on one connection, and another protocol's name.
        const twice = await client();
        twice.send(mqtt.connect({ ...LOGIN, clientId: 'myclientid' }));
        await eventually(() => twice.closed);
        assert.equal(await socket().connect({ ...LOGIN, protocol: 'hj' }), null);
      },
    },
    {
      name: 'test_retained_messages',
      verdict: 'refused',
      run: async () => {
        const device = await client();
        await publishEach(device, true);
        assert.equal(taken.length, 3);
        assert.deepEqual(await codesOf(device, [['shelfwire/stores/1/+', 2]]), [REFUSED]);
        await goodbye(device);
        const later = await client();
        assert.deepEqual(await codesOf(later, [[STOCK, 2]]), [REFUSED]);
        nothingRead(device, later);
      },
    },
    {
      name: 'will_message_test',
      verdict: 'passed',
      run: async () => {
        const device = await client({ keepalive: 2, will: { topic: STATUS, payload: 'client not disconnected' } });
        device.cut();
        await eventually(() => broker.devices.list()[0]!.status === 'client not disconnected');
        // Who takes leave keeps its will to itself.
        const polite = await client({ will: { topic: STATUS, payload: 'never said' } });
        await goodbye(polite);
        await eventually(() => broker.devices.list()[0]!.connections === 0);
        assert.equal(broker.devices.list()[0]!.status, 'client not disconnected');
      },
    },
    {
      name: 'test_zero_length_clientid',
      verdict: 'passed',
      run: async () => {
        const rejected = socket();
        assert.equal(await rejected.connect({ ...LOGIN, clientId: '', clean: false }), 2);
        await eventually(() => rejected.closed);
        const [one, two] = [await client({ clientId: '' }), await client({ clientId: '' })];
        one.publish(STOCK, 'nameless', { id: 1 });
        two.publish(STOCK, 'nameless too', { id: 1 });
        await eventually(() => one.has('puback') && two.has('puback'));
      },
    },
    {
      name: 'test_offline_message_queueing',
      verdict: 'refused',
      run: async () => {
        const away = await client({ clean: false });
        assert.deepEqual(await codesOf(away, [['#', 2]]), [REFUSED]);
        await goodbye(away);
        await publishEach(await client({ clientId: 'myclientid2' }));
        // No session was kept and none is promised (checked by `client`).
        const back = await client({ clean: false });
        await codesOf(back, [['#', 2]]);
        nothingRead(away, back);
      },
    },
    {
      name: 'test_overlapping_subscriptions',
      verdict: 'refused',
      run: async () => {
        const device = await client();
        const codes = await codesOf(device, [
          ['shelfwire/#', 2],
          ['shelfwire/stores/+/stock', 1],
          [STATUS, 0],
        ]);
        assert.deepEqual(codes, [REFUSED, REFUSED, REFUSED]);
        await publishEach(device);
        nothingRead(device);
      },
    },
    {
      name: 'test_keepalive',
      verdict: 'passed',
      run: async () => {
        const began = performance.now();
        const device = await client({ keepalive: 1, will: { topic: STATUS, payload: 'keepalive expiry' } });
        const patient = await client({ clientId: 'myclientid2', keepalive: 0 });
        await eventually(() => device.closed);
        assert.ok(performance.now() - began >= 1_500);
        await eventually(() => broker.devices.list()[0]!.status === 'keepalive expiry');
        assert.equal(patient.closed, false);
      },
    },
    {
      name: 'test_redelivery_on_reconnect',
      verdict: 'refused',
      run: async () => {
        // The broker has nothing to deliver again; the device's own half of it holds: what it sends again is answered.
        const device = await client({ clean: false });
        assert.deepEqual(await codesOf(device, [['shelfwire/#', 2]]), [REFUSED]);
        device.publish(STOCK, 'one', { qos: 1, id: 1 });
        device.publish(STOCK, 'two', { qos: 2, id: 2 });
        await eventually(() => device.has('puback') && device.has('pubrec'));
        device.cut();
        const back = await client({ clean: false });
        back.publish(STOCK, 'one', { qos: 1, id: 1, dup: true });
        back.publish(STOCK, 'two', { qos: 2, id: 2, dup: true });
        await eventually(() => back.has('puback') && back.has('pubrec'));
        back.send(mqtt.pubrel(2));
        await eventually(() => back.has('pubcomp'));
        nothingRead(device, back);
      },
    },
    {
      name: 'test_subscribe_failure',
      verdict: 'passed',
      run: async () => {
        const device = await client();
        assert.deepEqual(await codesOf(device, [['test/nosubscribe', 2]]), [REFUSED]);
        assert.equal(device.closed, false);
      },
    },
    {
      name: 'test_dollar_topics',
      verdict: 'passed',
      run: async () => {
        // The suite: "may not be allowed on some servers (which is entirely valid)".
        const reader = await client({ clientId: 'myclientid2' });
        assert.deepEqual(
          await codesOf(reader, [
            ['#', 2],
            ['$SYS/#', 1],
          ]),
          [REFUSED, REFUSED],
        );
        const writer = await client();
        writer.publish(`$${STOCK}`, 'x', { id: 1 });
        await eventually(() => writer.closed);
        assert.equal(problems.at(-1)!.code, 'topic_refused');
        nothingRead(reader);
        assert.deepEqual(taken, []);
      },
    },
    {
      name: 'test_unsubscribe',
      verdict: 'refused',
      run: async () => {
        const device = await client();
        assert.deepEqual(await codesOf(device, [[STOCK, 2]]), [REFUSED]);
        device.send(mqtt.unsubscribe(91, [STOCK, 'never/asked']));
        await eventually(() => device.ids('unsuback').includes(91));
        await publishEach(await client({ clientId: 'myclientid2' }));
        nothingRead(device);
        assert.equal(device.closed, false);
      },
    },
  ];

  for (const { name, verdict, run } of CASES)
    it(`${name} (${verdict === 'passed' ? 'as in the suite' : 'devices may not read: refused'})`, run);

  it('the table of docs/scanners.md says the same', async () => {
    const { readFileSync } = await import('node:fs');
    const { join } = await import('node:path');
    const page = readFileSync(join(__dirname, '../../../docs/scanners.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (passed|refused)/gm)].map(([, name, verdict]) => [name, verdict]);
    assert.deepEqual(
      rows,
      CASES.map(({ name, verdict }) => [name, verdict]),
    );
  });
});
