#!/usr/bin/env node
/**
 * Simulated in-store scanners: devices with accounts of their own that publish scans over MQTT with QoS 1, keep them
 * while there is no connection, tell that they are online and leave a will.
 *
 * Alone: `SCANNER_PASSWORD=… node dist/simulators/scanners.js --target http://127.0.0.1:1880 --mqtt mqtt://127.0.0.1:1883
 * --accounts scanner-1:1,scanner-2:2 --every 2`
 */
import { parseArgs } from 'node:util';
import { connect, type MqttClient } from 'mqtt';
import { DemoTarget, NotADemoError } from './demo-target';
import { seeded } from './random';
import { Shop, type ShopChange, type ShopItem } from './shop';

/** As a scanner publishes it. `simulated` keeps it out of a live ledger, whatever is on that port meanwhile. */
export interface ScannerEvent {
  device_id: string;
  seq: number;
  sku: string;
  quantity?: number;
  quantity_change?: number;
  occurred_at: string;
  simulated: true;
}

export interface ScannerAccount {
  account: string;
  password: string;
  store: string;
}

export interface ScannersOptions {
  target: DemoTarget;
  mqttUrl: string;
  devices: ScannerAccount[];
  /** Milliseconds between two scans of a device. */
  every: number;
  shop: Shop;
  log?: (line: string) => void;
}

const BATCH = 50;
/** Scans that a device keeps while nobody takes them; a full one scans nothing more. */
const BUFFER = 1_000;
const RECONNECT_MS = 1_000;

/** One device. */
export class SimulatedScanner {
  private readonly target: DemoTarget;
  private readonly device: ScannerAccount;
  private readonly client: MqttClient;
  private readonly log: (line: string) => void;
  private readonly buffer: ScannerEvent[] = [];
  private seq = 0;
  private sending = false;
  private stopped = false;
  private retry: NodeJS.Timeout | null = null;
  /** Scans that were acknowledged: they are stored. */
  acknowledged = 0;

  constructor(target: DemoTarget, mqttUrl: string, device: ScannerAccount, log: (line: string) => void) {
    this.target = target;
    this.device = device;
    this.log = log;
    this.client = connect(mqttUrl, {
      username: device.account,
      password: device.password,
      // Other programs may use the same account.
      clientId: `${device.account}-simulated-${process.pid}`,
      clean: false,
      manualConnect: true,
      // Each new connection is preceded by the question whether this is a demo.
      reconnectPeriod: 0,
      will: { topic: this.statusTopic, payload: Buffer.from('{"status":"offline"}'), qos: 1, retain: false },
    });
    this.client.on('error', (error) => this.log(`${device.account}: ${error.message}`));
    this.client.on('close', () => this.reconnectLater());
    this.client.on('connect', () => this.client.publish(this.statusTopic, '{"status":"online"}', { qos: 1 }));
  }

  get store(): string {
    return this.device.store;
  }

  /** @throws NotADemoError */
  async start(): Promise<void> {
    await this.target.ready();
    this.client.connect();
  }

  get full(): boolean {
    return this.buffer.length >= BUFFER;
  }

  /** Counts an item on the shelf. */
  count(item: ShopItem): void {
    this.add({ sku: item.sku, quantity: item.quantity, occurred_at: new Date().toISOString() });
  }

  /** Scans what happened to an item: a count tells the level, everything else the movement. */
  scan({ kind, item, after, difference, at }: ShopChange): void {
    const value = kind === 'count' ? { quantity: Number(after) } : { quantity_change: Number(difference) };
    this.add({ sku: item.sku, ...value, occurred_at: at.toISOString() });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.retry) clearTimeout(this.retry);
    // One that never connected has no stream to end.
    if (this.client.stream) await this.client.endAsync(!this.client.connected);
  }

  private get statusTopic(): string {
    return `shelfwire/stores/${this.device.store}/devices/${this.device.account}/status`;
  }

  private add(scan: Omit<ScannerEvent, 'device_id' | 'seq' | 'simulated'>): void {
    this.seq += 1;
    this.buffer.push({ device_id: this.device.account, seq: this.seq, ...scan, simulated: true });
    this.flush();
  }

  /** What has gathered leaves as one list; the next one after the acknowledgement. */
  private flush(): void {
    if (this.sending || this.stopped || this.buffer.length === 0) return;
    this.sending = true;
    const batch = this.buffer.slice(0, BATCH);
    const body = JSON.stringify(batch.length === 1 ? batch[0] : batch);
    this.client.publish(`shelfwire/stores/${this.device.store}/stock`, body, { qos: 1 }, (error) => {
      this.sending = false;
      if (error) return;
      this.buffer.splice(0, batch.length);
      this.acknowledged += batch.length;
      this.flush();
    });
  }

  private reconnectLater(): void {
    if (this.stopped || this.retry) return;
    this.retry = setTimeout(() => {
      this.retry = null;
      this.target.ready().then(
        () => {
          if (!this.stopped) this.client.reconnect();
        },
        (error: Error) => {
          this.log(`${this.device.account}: ${error.message}`);
          if (error instanceof NotADemoError) void this.stop();
          else this.reconnectLater();
        },
      );
    }, RECONNECT_MS);
  }
}

/**
 * Starts the devices: each counts all items of its store first, then scans what happens there.
 * @throws NotADemoError before anything is sent to a Shelfwire that is not a demo
 */
export async function startScanners(
  options: ScannersOptions,
): Promise<{ acknowledged(): number; stop(): Promise<void> }> {
  const { target, mqttUrl, devices, every, shop, log = () => {} } = options;
  const scanners = devices.map((device) => new SimulatedScanner(target, mqttUrl, device, log));
  const timers: NodeJS.Timeout[] = [];
  const stop = async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(scanners.map((scanner) => scanner.stop()));
  };
  try {
    for (const scanner of scanners) await scanner.start();
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  for (const scanner of scanners) {
    for (const item of shop.items) if (item.store === scanner.store) scanner.count(item);
    timers.push(
      setInterval(() => {
        if (!scanner.full) scanner.scan(shop.next(['sale', 'sale', 'sale', 'delivery', 'count'], scanner.store));
      }, every),
    );
  }
  return { acknowledged: () => scanners.reduce((sum, scanner) => sum + scanner.acknowledged, 0), stop };
}

/** `scanner-1:1,scanner-2:2` */
function readAccounts(text: string, password: string): ScannerAccount[] {
  return text.split(',').map((part) => {
    const [account, store, more] = part.split(':');
    if (!account || !store || more !== undefined)
      throw new Error(`--accounts is a list of account:store, like scanner-1:1,scanner-2:2; not "${part}".`);
    return { account, store, password };
  });
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: 'http://127.0.0.1:1880' },
      mqtt: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
      accounts: { type: 'string', default: 'scanner-1:1,scanner-2:2,scanner-3:3' },
      every: { type: 'string', default: '2' },
    },
  });
  const password = process.env.SCANNER_PASSWORD;
  if (!password) throw new Error('Set SCANNER_PASSWORD to the password of the device accounts.');
  const devices = readAccounts(values.accounts, password);
  const every = Number(values.every) * 1000;
  if (!(every > 0)) throw new Error('--every is a number of seconds above 0.');
  const shop = new Shop(seeded(Date.now()), String(Date.now()), { stores: devices.map(({ store }) => store) });
  const scanners = await startScanners({
    target: new DemoTarget(values.target),
    mqttUrl: values.mqtt,
    devices,
    every,
    shop,
    log: (line) => console.log(`SIMULATED ${line}`),
  });
  console.log(`SIMULATED scanners ${values.accounts} at ${values.mqtt}, a scan every ${values.every} s each`);
  const report = setInterval(() => console.log(`SIMULATED scans acknowledged: ${scanners.acknowledged()}`), 5_000);
  process.once('SIGINT', () => {
    clearInterval(report);
    void scanners.stop();
  });
}

if (require.main === module)
  run().catch((thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exit(1);
  });
