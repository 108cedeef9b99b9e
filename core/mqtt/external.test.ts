import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { eventually } from '../../test/support/eventually';
import { type BrokerProblem, type Delivery, NotStoredError } from './delivery';
import { ExternalBroker, type ExternalOptions, type ExternalSettings } from './external';

const FILTER = 'shelfwire/stores/+/stock';
const STOCK = 'shelfwire/stores/1/stock';

interface Held extends Delivery {
  stored: () => void;
  failed: (error: Error) => void;
}

/** A broker that is not ours: where it listens, and how to cut its connections. */
interface Other {
  port: number;
  cut?: () => void;
  stop: () => Promise<void>;
}

async function aedesBroker(): Promise<Other> {
  const aedes = await Aedes.createBroker({
    authenticate: (_client, username, password, done) =>
      done(null, username !== 'shelfwire' || password?.toString() === 'good'),
  });
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      await new Promise<void>((resolve) => aedes.close(resolve));
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function mosquitto(): Promise<Other> {
  const folder = mkdtempSync(join(tmpdir(), 'shelfwire-mosquitto-'));
  const port = await freePort();
  const config = join(folder, 'mosquitto.conf');
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n`);
  const child: ChildProcess = spawn(program()!, ['-c', config], { stdio: 'ignore' });
  await eventually(async () => {
    const probe = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, connectTimeout: 300 });
    await probe.endAsync(true);
    return true;
  });
  return {
    port,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Debian installs it in /usr/sbin, which is not in every user's path. */
function program(): string | undefined {
  return ['mosquitto', '/usr/sbin/mosquitto'].find((name) => !spawnSync(name, ['-h']).error);
}

for (const [name, make] of [
  ['aedes', aedesBroker],
  ['mosquitto', mosquitto],
] as const) {
  describe(`external broker (${name})`, () => {
    let other: Other | null = null;
    let problems: BrokerProblem[];
    const links: ExternalBroker[] = [];
    const clients: MqttClient[] = [];

    before(async function () {
      if (name === 'mosquitto' && !program()) this.skip();
      other = await make();
    });

    after(async () => {
      await other?.stop();
    });

    beforeEach(() => {
      problems = [];
    });

    afterEach(async () => {
      await Promise.all(links.splice(0).map((link) => link.close(true)));
      await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    });

    let ids = 0;
    function link(settings: Partial<ExternalSettings> = {}, options: Partial<ExternalOptions> = {}): ExternalBroker {
      const made = new ExternalBroker(
        {
          url: `mqtt://127.0.0.1:${other!.port}`,
          clientId: `shelfwire-test-${process.pid}-${++ids}`,
          username: '',
          password: '',
          tls: null,
          sharedGroup: '',
          wait: 2_000,
          ...settings,
        },
        {
          now: Date.now,
          problem: (problem) => problems.push(problem),
          dropDelay: 0,
          reconnectPeriod: 30,
          ...options,
        },
      );
      links.push(made);
      return made;
    }

    function holder(): { held: Held[]; take: (delivery: Delivery) => Promise<void> } {
      const held: Held[] = [];
      return {
        held,
        take: (delivery) => new Promise<void>((stored, failed) => held.push({ ...delivery, stored, failed })),
      };
    }

    async function publisher(): Promise<MqttClient> {
      const client = await connectAsync(`mqtt://127.0.0.1:${other!.port}`);
      clients.push(client);
      return client;
    }

    /** True as soon as a message that is sent now arrives. */
    async function subscribed(client: MqttClient, held: Held[]): Promise<void> {
      await eventually(async () => {
        await client.publishAsync(STOCK, 'probe', { qos: 1 });
        return held.length > 0;
      });
      await eventually(() => {
        for (const delivery of held) delivery.stored();
        return links[0]!.inFlight === 0;
      });
      held.length = 0;
    }

    it('acknowledges each message after the commit, with many in flight', async () => {
      const { held, take } = holder();
      const mine = link();
      mine.subscribe(FILTER, 1, take);
      const client = await publisher();
      await subscribed(client, held);
      for (let i = 0; i < 200; i++) client.publish(STOCK, `${i}`, { qos: 1 });
      // mosquitto keeps 20 in flight by default; a client that holds handleMessage would have 1.
      await eventually(() => held.length >= (name === 'mosquitto' ? 20 : 200));
      for (let done = 0; done < 200; done++) {
        await eventually(() => held.length > done);
        held[done]!.stored();
      }
      await eventually(() => mine.inFlight === 0);
      assert.deepEqual(
        held.map(({ payload }) => payload.toString()),
        Array.from({ length: 200 }, (_, i) => `${i}`),
      );
      assert.equal(held[0]!.account, null);
    });

    it('gets what was not acknowledged again after the connection was cut', async () => {
      const { held, take } = holder();
      const mine = link();
      mine.subscribe(FILTER, 1, take);
      const client = await publisher();
      await subscribed(client, held);
      await client.publishAsync(STOCK, 'a', { qos: 1 });
      await client.publishAsync(STOCK, 'b', { qos: 1 });
      await eventually(() => held.length === 2);
      held[0]!.stored();
      await eventually(() => mine.inFlight === 1);
      const again = held.length;
      held[1]!.failed(new NotStoredError('the disk is full'));
      await eventually(() => held.length > again);
      assert.equal(held[again]!.payload.toString(), 'b');
      held[again]!.stored();
      await eventually(() => mine.inFlight === 0);
      assert.match(problems[0]!.message, /not acknowledged: the broker keeps it.*disk is full/);
    });

    it('does not acknowledge on a new connection what an old one brought', async () => {
      const { held, take } = holder();
      const mine = link();
      mine.subscribe(FILTER, 1, take);
      const client = await publisher();
      await subscribed(client, held);
      await client.publishAsync(STOCK, 'first', { qos: 1 });
      await eventually(() => held.length === 1);
      const { state } = mine;
      assert.equal(state, 'up');
      // The connection breaks while the ledger still works on it.
      (mine as unknown as { client: MqttClient }).client.stream.destroy();
      await eventually(() => held.length === 2);
      held[0]!.stored();
      // The second copy is still unacknowledged, so a third connection brings it once more.
      (mine as unknown as { client: MqttClient }).client.stream.destroy();
      await eventually(() => held.length === 3);
      held[1]!.stored();
      held[2]!.stored();
      await eventually(() => mine.inFlight === 0);
    });

    it('receives later what was sent while it was away', async () => {
      const { held, take } = holder();
      const first = link({ clientId: 'away' });
      first.subscribe(FILTER, 1, take);
      const client = await publisher();
      await subscribed(client, held);
      await first.close();
      await client.publishAsync(STOCK, 'while away', { qos: 1 });
      const second = link({ clientId: 'away' });
      const { held: later, take: takeLater } = holder();
      second.subscribe(FILTER, 1, takeLater);
      await eventually(() => later.length === 1);
      assert.equal(later[0]!.payload.toString(), 'while away');
      later[0]!.stored();
      await eventually(() => second.inFlight === 0);
    });

    it('stays away while no node takes its messages, and comes back for them', async () => {
      const { held, take } = holder();
      const mine = link({ wait: 50 });
      const end = mine.subscribe(FILTER, 1, take);
      const client = await publisher();
      await subscribed(client, held);
      end();
      await eventually(() => mine.reason?.includes('No scanner in node'));
      await client.publishAsync(STOCK, 'waits', { qos: 1 });
      assert.equal(held.length, 0);
      mine.subscribe(FILTER, 1, take);
      await eventually(() => held.length === 1);
      assert.equal(held[0]!.payload.toString(), 'waits');
      held[0]!.stored();
      await eventually(() => mine.inFlight === 0);
    });

    it('can be closed without ever having been used', async () => {
      const mine = link();
      await mine.close(true);
      assert.equal(mine.state, 'closed');
    });

    it('learns the states of devices', async () => {
      const { held, take } = holder();
      const mine = link();
      mine.subscribe(FILTER, 1, take);
      const client = await publisher();
      await subscribed(client, held);
      await eventually(async () => {
        await client.publishAsync('shelfwire/stores/1/devices/d7/status', '{"status":"offline"}', { qos: 1 });
        return mine.devices.list().some(({ id, dead }) => id === 'd7' && dead);
      });
    });

    if (name === 'aedes')
      it('says why it is not connected, without the password', async () => {
        const mine = link({ username: 'shelfwire', password: 'bad' });
        mine.subscribe(FILTER, 1, async () => undefined);
        await eventually(() => mine.reason?.includes('refuses the user name or password'));
        assert.ok(!mine.reason!.includes('bad,') && problems.every(({ message }) => !message.includes('"bad"')));
        const nowhere = link({ url: `mqtt://user:pass@127.0.0.1:${await freePort()}` });
        nowhere.subscribe(FILTER, 1, async () => undefined);
        await eventually(() => nowhere.reason?.includes('nothing listens there'));
        assert.ok(!nowhere.reason!.includes('pass@'));
      });

    if (name === 'mosquitto')
      it('shares the messages of a group between processes', async () => {
        const one = holder();
        const two = holder();
        link({ sharedGroup: 'shops' }).subscribe(FILTER, 1, one.take);
        link({ sharedGroup: 'shops' }).subscribe(FILTER, 1, two.take);
        const client = await publisher();
        await subscribed(client, one.held);
        await eventually(async () => {
          await client.publishAsync(STOCK, 'probe', { qos: 1 });
          for (const delivery of [...one.held, ...two.held]) delivery.stored();
          return two.held.length > 0;
        });
        await eventually(() => links.every(({ inFlight }) => inFlight === 0));
        one.held.length = 0;
        two.held.length = 0;
        for (let i = 0; i < 20; i++) await client.publishAsync(STOCK, `${i}`, { qos: 1 });
        await eventually(() => one.held.length + two.held.length === 20);
        assert.ok(one.held.length > 0 && two.held.length > 0);
        for (const delivery of [...one.held, ...two.held]) delivery.stored();
        await eventually(() => links.every(({ inFlight }) => inFlight === 0));
      });
  });
}
