/**
 * Scanners under fire: real devices, a real Node-RED, and a network that is cut, loses one direction or vanishes, a process
 * that is killed, stopped or deployed anew, a ledger that another program holds. Afterwards the books must add up: each
 * event that a device sent counts exactly once, and none that was acknowledged was ever missing.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connect, type MqttClient } from 'mqtt';
import { between, oneOf, type Random, seeded } from '../../simulators/random';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { Line } from '../support/mqtt/line';
import { type OtherBroker, otherBroker } from '../support/mqtt/other-broker';
import { count, embedded, LOGIN, type ScannerShop, STOCK, sale, startScannerShop } from '../support/scanner-shop';

export interface MqttSoak {
  seed: number;
  /** How long faults go on. */
  seconds: number;
  broker: 'embedded' | 'external';
  progress?: (text: string) => void;
}

export interface MqttSoakResult {
  sent: number;
  duplicates: number;
  faults: Map<string, number>;
  problems: string[];
}

const DEVICES = 20;
const IN_FLIGHT = 20;
const SKUS = 11;
const LEVEL = 10_000_000;

interface Stage {
  shop: ScannerShop;
  /** Between the devices and their broker. */
  street: Line;
  /** Between an external broker and Node-RED; the same as `street` with the embedded one. */
  backyard: Line;
  other: OtherBroker | null;
  close(): Promise<void>;
}

export async function runMqttSoak({ seed, seconds, broker, progress }: MqttSoak): Promise<MqttSoakResult> {
  const random = seeded(seed);
  const stage = broker === 'embedded' ? await embeddedStage() : await externalStage();
  const result: MqttSoakResult = { sent: 0, duplicates: 0, faults: new Map(), problems: [] };
  const fleet = new Fleet(stage.street.port);
  try {
    await subscribed(stage, fleet);
    fleet.begin();
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      const fault = pick(random, broker);
      result.faults.set(fault, (result.faults.get(fault) ?? 0) + 1);
      progress?.(`${fault}; ${fleet.acknowledged} of ${fleet.sent} acknowledged`);
      const before = fleet.acknowledged;
      await FAULTS[fault]!(stage, random);
      // Promise 1, at the one moment when nothing can hide it: straight after a start. An external broker's PUBACK is its own.
      const { accepted } = await stage.shop.counts();
      if (broker === 'embedded' && accepted < before)
        result.problems.push(`after «${fault}» ${before} were acknowledged and only ${accepted} are stored`);
      await pause(between(random, 100, 1_000));
    }
    await fleet.finish();
    result.sent = fleet.sent;
    const wanted = fleet.sent + SKUS;
    await drained(stage.shop, wanted);
    await check(stage.shop, fleet, wanted, result);
  } finally {
    await fleet.close();
    await stage.close();
  }
  return result;
}

/** Until everything is stored, or nothing more comes. */
async function drained(shop: ScannerShop, wanted: number): Promise<void> {
  for (let before = -1; ; ) {
    const { received, accepted } = await shop.counts();
    if (accepted >= wanted || received === before) return;
    before = received;
    // Longer than it takes to notice that a broker has vanished.
    await pause(40_000);
  }
}

async function check(shop: ScannerShop, fleet: Fleet, wanted: number, result: MqttSoakResult): Promise<void> {
  const counts = await shop.counts();
  result.duplicates = counts.duplicate;
  if (counts.accepted !== wanted) result.problems.push(`${wanted} events were sent and ${counts.accepted} counted`);
  if (counts.refused > 0) result.problems.push(`${counts.refused} events were refused`);
  if (counts.received !== counts.accepted + counts.duplicate + counts.stale + counts.refused)
    result.problems.push(`the events do not add up: ${JSON.stringify(counts)}`);
  for (let n = 0; n < SKUS; n++) {
    const { quantity } = await shop.story(`sku-${n}`);
    if (quantity !== String(LEVEL - fleet.sold[n]!))
      result.problems.push(`sku-${n} is ${quantity}, ${fleet.sold[n]} of ${LEVEL} were sold`);
  }
}

/** The devices: each keeps sending, up to a number at once, and sends again what is not acknowledged. */
class Fleet {
  sent = 0;
  acknowledged = 0;
  readonly sold = Array.from({ length: SKUS }, () => 0);
  readonly clients: MqttClient[];
  private running = true;
  private workers: Promise<unknown>[] = [];

  constructor(port: number) {
    this.clients = Array.from({ length: DEVICES }, (_, i) => {
      const client = connect(`mqtt://127.0.0.1:${port}`, {
        ...LOGIN,
        clientId: `till-${i}`,
        keepalive: 2,
        reconnectPeriod: 100,
        connectTimeout: 3_000,
      });
      client.on('error', () => undefined);
      return client;
    });
  }

  begin(): void {
    this.workers = this.clients.flatMap((client) => Array.from({ length: IN_FLIGHT }, () => this.work(client)));
  }

  /** Until the last one is acknowledged. */
  async finish(): Promise<void> {
    this.running = false;
    await eventually(() => this.acknowledged === this.sent, 120_000, 'all acknowledged');
    await Promise.all(this.workers);
  }

  async close(): Promise<void> {
    this.running = false;
    await Promise.all(this.clients.map((client) => client.endAsync(true)));
  }

  private async work(client: MqttClient): Promise<void> {
    while (this.running) {
      const seq = ++this.sent;
      const n = seq % SKUS;
      this.sold[n]! += 1;
      const scan = JSON.stringify(sale(seq, `sku-${n}`));
      if (!(await this.deliver(client, scan))) return;
      this.acknowledged += 1;
      // Not as fast as it goes: the machine is to spend its time on faults.
      await pause(250);
    }
  }

  /** mqtt.js gives a message back when its connection breaks; a device keeps it and sends it again. */
  private async deliver(client: MqttClient, scan: string): Promise<boolean> {
    while (!client.disconnecting) {
      try {
        await client.publishAsync(STOCK, scan, { qos: 1 });
        return true;
      } catch {
        await pause(20);
      }
    }
    return false;
  }
}

type Fault = (stage: Stage, random: Random) => Promise<void>;

const someLine = ({ street, backyard }: Stage, random: Random) => oneOf(random, [street, backyard]);

async function lose(line: Line, direction: 'loseUp' | 'loseDown', ms: number): Promise<void> {
  line[direction] = true;
  await pause(ms);
  line[direction] = false;
  // Bytes are missing from the stream: no connection survives that.
  line.cut();
}

const FAULTS: Record<string, Fault> = {
  cut: async (stage, random) => someLine(stage, random).cut(),
  vanish: async (stage, random) => someLine(stage, random).vanish(),
  'what devices send is lost': (stage, random) => lose(stage.street, 'loseUp', between(random, 50, 800)),
  'PUBACKs are lost': (stage, random) => lose(stage.street, 'loseDown', between(random, 50, 800)),
  'our PUBACKs are lost': (stage, random) => lose(stage.backyard, 'loseUp', between(random, 50, 800)),
  'kill -9': async ({ shop }) => {
    await shop.kill9();
    await shop.start();
  },
  'kill -9 while PUBACKs are lost': async ({ shop, street, backyard }, random) => {
    street.loseDown = true;
    backyard.loseUp = backyard !== street;
    await pause(between(random, 20, 300));
    await shop.kill9();
    street.loseDown = false;
    backyard.loseUp = false;
    street.cut();
    backyard.cut();
    await shop.start();
  },
  SIGTERM: async ({ shop }) => {
    await shop.stop();
    await shop.start();
  },
  deploy: ({ shop }, random) => shop.red.deploy(shop.flows(), oneOf(random, ['full', 'nodes', 'flows'])),
  'the ledger is held by another program': async ({ shop }, random) => {
    const other = new DatabaseSync(join(shop.folder, 'ledger.db'));
    try {
      other.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
      await pause(between(random, 200, 2_500));
      other.exec('ROLLBACK');
    } finally {
      other.close();
    }
  },
  'the broker restarts': ({ other }) => other!.restart('kept'),
};

/** Those that take long come less often. */
function pick(random: Random, broker: 'embedded' | 'external'): string {
  const quick = ['cut', 'vanish', 'what devices send is lost', 'PUBACKs are lost', 'deploy'];
  const slow = ['kill -9', 'kill -9 while PUBACKs are lost', 'SIGTERM', 'the ledger is held by another program'];
  if (broker === 'external') {
    quick.push('our PUBACKs are lost');
    slow.push('the broker restarts');
  }
  return oneOf(random, random() < 0.65 ? quick : slow);
}

async function subscribed({ shop }: Stage, { clients }: Fleet): Promise<void> {
  const levels = Array.from({ length: SKUS }, (_, n) => count(`sku-${n}`, LEVEL));
  await eventually(async () => {
    await clients[0]!.publishAsync(STOCK, JSON.stringify(levels), { qos: 1 });
    return (await shop.counts()).accepted === SKUS;
  }, 30_000);
}

async function embeddedStage(): Promise<Stage> {
  const port = await freePort();
  const shop = await startScannerShop(embedded(port));
  const street = await Line.to(port);
  const close = async () => {
    await street.close();
    await shop.remove();
  };
  return { shop, street, backyard: street, other: null, close };
}

async function externalStage(): Promise<Stage> {
  const port = await freePort();
  const other = otherBroker(port);
  await other.start();
  const [street, backyard] = [await Line.to(port), await Line.to(port)];
  const url = `mqtt://127.0.0.1:${backyard.port}`;
  const shop = await startScannerShop({ id: 'b', type: 'shelfwire-broker', kind: 'external', url });
  const close = async () => {
    await Promise.all([street.close(), backyard.close()]);
    await shop.remove();
    await other.stop();
  };
  return { shop, street, backyard, other, close };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
