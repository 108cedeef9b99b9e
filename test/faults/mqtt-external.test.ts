/**
 * Faults between an external broker and us, with a real ledger: in CI the broker is aedes in its own process. The same
 * with mosquitto: `MOSQUITTO=/usr/sbin/mosquitto npx mocha --spec dist/test/faults/mqtt-external.test.js`.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { readScanner } from '../../connectors/scanner/message';
import type { Ledger } from '../../core/ledger/ledger';
import { openLedger } from '../../core/ledger/sqlite';
import type { BrokerProblem, Delivery } from '../../core/mqtt/delivery';
import { ExternalBroker, type ExternalOptions, type ExternalSettings } from '../../core/mqtt/external';
import { runThrough } from '../../core/steps';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { Line } from '../support/mqtt/line';
import { AedesProcess, MOSQUITTO, type OtherBroker, otherBroker } from '../support/mqtt/other-broker';
import { SharingBroker } from '../support/mqtt/sharing-broker';
import { count, type ScannerShop, STOCK, sale, startScannerShop } from '../support/scanner-shop';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const FILTER = 'shelfwire/stores/+/stock';
const STATES = 'shelfwire/stores/+/devices/+/status';

describe(`faults between an external broker (${MOSQUITTO ?? 'aedes'}) and us`, function () {
  this.timeout(60_000);
  let port: number;
  let folder: TempFolder;
  let ledger: Ledger;
  let other: OtherBroker;
  let line: Line;
  let problems: BrokerProblem[];
  let taken: Delivery[];
  /** Set: nothing is stored until it resolves. */
  let gate: Promise<void> | null;
  const links: ExternalBroker[] = [];
  const clients: MqttClient[] = [];

  beforeEach(async () => {
    port = await freePort();
    folder = tempFolder('external');
    ledger = await openLedger({ file: join(folder.path, 'ledger.db'), kind: 'demo' });
    line = await Line.to(port);
    problems = [];
    taken = [];
    gate = null;
  });

  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close()));
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await line.close();
    await other.stop();
    await ledger.close();
    folder.remove();
  });

  async function start(made: OtherBroker = otherBroker(port)): Promise<void> {
    other = made;
    await other.start();
  }

  async function store(delivery: Delivery): Promise<void> {
    taken.push(delivery);
    await gate;
    const read = runThrough(readScanner(delivery.payload, { storeId: '1', account: null, timeZone: 'UTC' }));
    await ledger.record({ sender: read.sender, events: read.events, refusals: read.refusals });
  }

  function link(settings: Partial<ExternalSettings> = {}, options: Partial<ExternalOptions> = {}): ExternalBroker {
    const defaults = { clientId: 'shelfwire-b', username: '', password: '', tls: null, sharedGroup: '', wait: 2_000 };
    const made = new ExternalBroker(
      { url: `mqtt://127.0.0.1:${line.port}`, ...defaults, ...settings },
      {
        now: Date.now,
        problem: (problem) => problems.push(problem),
        dropDelay: 0,
        reconnectPeriod: 50,
        ...options,
      },
    );
    made.subscribe(FILTER, 1, store);
    links.push(made);
    return made;
  }

  /** Devices, on a connection that the faults do not touch. */
  async function publisher(login = {}): Promise<MqttClient> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 50, ...login });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  }

  const send = (client: MqttClient, content: unknown) =>
    client.publishAsync(STOCK, JSON.stringify(content), { qos: 1 });

  /** Subscribed: what is sent from now on waits for us, whatever happens. */
  async function counted(client: MqttClient, sku: string): Promise<void> {
    await eventually(async () => {
      await send(client, count(sku, 1_000));
      return (await ledger.counts()).accepted > 0;
    });
    // Behind whatever was sent meanwhile.
    await send(client, count('marker', 1));
    await eventually(async () => (await quantity('marker')) === '1');
  }

  const quantity = async (sku: string) => (await ledger.story('1', sku))?.quantity;

  for (const memory of ['kept', 'lost'] as const)
    it(`the broker restarts with its sessions ${memory} while messages are unacknowledged`, async () => {
      await start();
      const mine = link();
      const client = await publisher();
      await counted(client, 'restart');
      let open = (): void => undefined;
      gate = new Promise((resolve) => (open = resolve));
      for (let seq = 1; seq <= 15; seq++) await send(client, sale(seq, 'restart'));
      await eventually(() => mine.inFlight === 15);
      await other.restart(memory);
      await eventually(() => mine.state === 'up', 20_000);
      open();
      // What was here is stored, whether the broker remembers it or not; what it brings again counts once.
      await eventually(async () => (await quantity('restart')) === '985');
      gate = null;
      await eventually(() => client.connected);
      // It has said its subscriptions again.
      await eventually(async () => {
        await send(client, sale(99, 'restart'));
        return (await quantity('restart')) === '984';
      });
      await eventually(() => mine.inFlight === 0);
      const { accepted, refused } = await ledger.counts();
      assert.deepEqual([accepted, refused], [18, 0]);
    });

  it('the same event twice, and a message that is delivered twice, count once', async () => {
    await start();
    const mine = link();
    const client = await publisher();
    await counted(client, 'twice');
    await Promise.all([send(client, sale(1, 'twice')), send(client, sale(1, 'twice'))]);
    // The acknowledgement is lost: the broker delivers it again.
    line.loseUp = true;
    await send(client, sale(2, 'twice'));
    await eventually(async () => (await quantity('twice')) === '998');
    const before = taken.length;
    line.loseUp = false;
    line.cut();
    await eventually(() => taken.length > before && mine.inFlight === 0);
    assert.equal(await quantity('twice'), '998');
    assert.equal((await ledger.counts()).accepted, 4);
  });

  it('a broker that answers no ping is left and found again', async () => {
    await start();
    const mine = link({}, { keepalive: 1 });
    const client = await publisher();
    await counted(client, 'deaf');
    line.vanish();
    const began = performance.now();
    await send(client, sale(1, 'deaf'));
    await eventually(() => problems.some(({ message }) => message.includes('Keepalive timeout')));
    assert.ok(performance.now() - began < 5_000);
    await eventually(async () => (await quantity('deaf')) === '999');
    assert.equal(mine.state, 'up');
  });

  it('a broker that takes the connection and answers no CONNECT is tried again', async () => {
    await start();
    line.loseDown = true;
    const mine = link({}, { connectTimeout: 300 });
    await eventually(() => line.connections >= 3);
    assert.notEqual(mine.state, 'up');
    line.loseDown = false;
    await eventually(() => mine.state === 'up');
  });

  it('a broker that comes up much later is found, and everything from then on arrives', async () => {
    other = otherBroker(port);
    const mine = link({ url: `mqtt://127.0.0.1:${port}` }, { reconnectPeriod: 10 });
    await eventually(() => problems.length > 20);
    assert.ok(problems.every(({ message }) => message.includes('nothing listens there')));
    assert.equal(mine.state, 'down');
    await other.start();
    await eventually(() => mine.state === 'up');
    await counted(await publisher(), 'late');
  });

  it('a refused login shows, and is mended by itself when the broker allows it', async () => {
    await start();
    await other.rules({ password: 'right' });
    const login = { username: 'shelfwire', password: 'wrong' };
    const mine = link(login);
    await eventually(() => mine.state === 'refused' && problems.length >= 3);
    assert.match(mine.reason!, /refuses the user name or password/);
    assert.ok(problems.every(({ message }) => !message.includes('wrong')));
    await other.rules({ password: 'wrong' });
    await eventually(() => mine.state === 'up', 20_000);
    await counted(await publisher(login), 'login');
  });

  it('a refused subscription shows, and is mended by itself when the broker allows it', async () => {
    const aedes = new AedesProcess(port);
    await start(aedes);
    await aedes.rules({ forbidden: [FILTER, STATES] });
    const mine = link({}, { askAgain: 50 });
    await eventually(() => mine.state === 'refused');
    assert.match(mine.reason!, /refuses the subscription to shelfwire\/stores\/\+\/stock.*Allow this user/);
    assert.equal(problems[0]!.code, 'subscribe_refused');
    // Without the devices' states stock goes on.
    await aedes.rules({ forbidden: [STATES] });
    await eventually(() => mine.state === 'up');
    await counted(await publisher(), 'suback');
    assert.equal(mine.state, 'up');
    // It is forbidden again, and the connection breaks.
    await aedes.rules({ forbidden: [FILTER, STATES] });
    line.cut();
    await eventually(() => mine.state === 'refused');
    await aedes.stop();
    await eventually(() => mine.state === 'down');
  });

  it('a broker that gives less than QoS 1 is told', async () => {
    other = otherBroker(port);
    const lowering = new SharingBroker(0);
    await lowering.start();
    link({ url: `mqtt://127.0.0.1:${lowering.port}`, sharedGroup: 'shops' });
    await eventually(() => problems.some(({ code }) => code === 'qos_lowered'));
    await Promise.all(links.splice(0).map((mine) => mine.close()));
    await lowering.stop();
  });

  it('what is in flight is bounded; the rest waits in the broker', async () => {
    await start();
    const mine = link({}, { limit: 15 });
    const client = await publisher();
    await counted(client, 'bound');
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const before = taken.length;
    for (let seq = 1; seq <= 300; seq++) await send(client, sale(seq, 'bound'));
    await eventually(() => taken.length - before === 15);
    assert.equal(mine.inFlight, 15);
    gate = null;
    open();
    await eventually(async () => (await quantity('bound')) === '700', 20_000);
    assert.equal((await ledger.counts()).accepted, 302);
  });

  it('processes of a shared group (MQTT 5) get each message once between them, also what one left behind', async () => {
    other = otherBroker(port);
    const sharing = new SharingBroker();
    await sharing.start();
    try {
      if (MOSQUITTO) await other.start();
      const url = `mqtt://127.0.0.1:${MOSQUITTO ? port : sharing.port}`;
      const client = MOSQUITTO ? await publisher() : null;
      const publish = async (content: unknown) => {
        if (client) await send(client, content);
        else sharing.publish('shops', STOCK, JSON.stringify(content));
      };
      const got = new Map<string, string[]>();
      const join = (clientId: string) => {
        const mine = new ExternalBroker(
          { url, clientId, username: '', password: '', tls: null, sharedGroup: 'shops', wait: 2_000 },
          { now: Date.now, problem: (problem) => problems.push(problem), reconnectPeriod: 50, limit: 10 },
        );
        links.push(mine);
        got.set(clientId, []);
        mine.subscribe(FILTER, 1, async (delivery) => {
          got.get(clientId)!.push(delivery.payload.toString());
          await store(delivery);
        });
        return mine;
      };
      join('one');
      const two = join('two');
      const bySession = (id: string) => got.get(id)!.length > 0;
      await eventually(async () => {
        if (MOSQUITTO || sharing.sessions.get('one')?.filters[0] !== undefined)
          if (MOSQUITTO || sharing.sessions.get('two')?.filters[0] !== undefined) await publish(count('shared', 1_000));
        return bySession('one') && bySession('two');
      });
      for (let seq = 1; seq <= 40; seq++) await publish(sale(seq, 'shared'));
      await eventually(async () => (await quantity('shared')) === '960');
      // One ends with messages it has not acknowledged, and comes back.
      let open = (): void => undefined;
      gate = new Promise((resolve) => (open = resolve));
      for (let seq = 41; seq <= 60; seq++) await publish(sale(seq, 'shared'));
      await eventually(() => two.inFlight > 0);
      await two.close();
      gate = null;
      open();
      join('two');
      await eventually(async () => (await quantity('shared')) === '940', 20_000);
      assert.equal((await ledger.counts()).accepted, 61);
      assert.equal((await ledger.counts()).refused, 0);
    } finally {
      await Promise.all(links.splice(0).map((mine) => mine.close()));
      await sharing.stop();
    }
  });

  describe('with Node-RED as a process', () => {
    let shop: ScannerShop;

    afterEach(() => shop.remove());

    it('kill -9 between the commit and the PUBACK, and messages while it is away: all once, with a session that stays', async () => {
      await start();
      shop = await startScannerShop({
        id: 'b',
        type: 'shelfwire-broker',
        kind: 'external',
        url: `mqtt://127.0.0.1:${line.port}`,
      });
      const client = await publisher();
      await eventually(async () => {
        await send(client, count('killed', 1_000));
        return (await shop.counts()).accepted === 1;
      });
      line.loseUp = true;
      for (let seq = 1; seq <= 10; seq++) await send(client, sale(seq, 'killed'));
      await eventually(async () => (await shop.counts()).accepted === 11);
      const { duplicate } = await shop.counts();
      await shop.kill9();
      line.loseUp = false;
      for (let seq = 11; seq <= 20; seq++) await send(client, sale(seq, 'killed'));
      await shop.start();
      await eventually(async () => (await shop.counts()).accepted === 21, 20_000);
      await eventually(async () => (await shop.counts()).duplicate >= duplicate + 10);
      assert.equal((await shop.story('killed')).quantity, '980');
      assert.equal((await shop.counts()).refused, 0);
    });
  });
});
