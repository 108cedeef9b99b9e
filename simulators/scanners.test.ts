import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { readScanner, type ScannerMessage } from '../connectors/scanner/message';
import { EmbeddedBroker } from '../core/mqtt/embedded';
import { runThrough } from '../core/steps';
import { eventually } from '../test/support/eventually';
import { DemoTarget, NotADemoError } from './demo-target';
import { seeded } from './random';
import { startScanners } from './scanners';
import { Shop } from './shop';

const DEVICES = [
  { account: 'scanner-1', password: 'one', store: '1' },
  { account: 'scanner-2', password: 'two', store: '2' },
];

describe('the simulated scanners', () => {
  let server: Server;
  let target: DemoTarget;
  let broker: EmbeddedBroker;
  let mode: string;
  let read: ScannerMessage[];
  let running: { acknowledged(): number; stop(): Promise<void> } | null = null;

  beforeEach(async () => {
    mode = 'demo';
    read = [];
    server = createServer((_req, res) => res.end(JSON.stringify({ status: 'ok', mode })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    target = new DemoTarget(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    broker = new EmbeddedBroker({ now: Date.now, problem: () => undefined, dropDelay: 0 });
    await broker.apply({
      host: '127.0.0.1',
      port: 0,
      tls: null,
      wait: 1_000,
      accounts: DEVICES.map(({ account, password, store }) => ({ account, password, store_id: store, name: account })),
    });
  });

  afterEach(async () => {
    await running?.stop();
    running = null;
    await broker.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const take = () =>
    broker.subscribe('shelfwire/stores/+/stock', 1, async ({ payload, topic, account }) => {
      read.push(runThrough(readScanner(payload, { storeId: topic.split('/')[2]!, account, timeZone: 'UTC' })));
    });

  const keyOf = ({ store, sku }: { store: string; sku: string }) => `${store} ${sku}`;

  /** What the events say is on the shelves. */
  function levels(): Map<string, number> {
    const found = new Map<string, number>();
    for (const { store_id, sku, quantity, quantity_change } of read.flatMap(({ events }) => events)) {
      const key = keyOf({ store: store_id, sku });
      found.set(key, quantity === undefined ? found.get(key)! + Number(quantity_change) : Number(quantity));
    }
    return found;
  }

  async function start(shop = new Shop(seeded(1), 'test', { stores: ['1', '2'], products: 5 })): Promise<Shop> {
    running = await startScanners({
      target,
      mqttUrl: `mqtt://127.0.0.1:${broker.port}`,
      devices: DEVICES,
      every: 10,
      shop,
    });
    return shop;
  }

  it('count their shelves, then scan, each in its own store, marked as simulated', async () => {
    take();
    const shop = await start();
    await eventually(() => running!.acknowledged() >= 60);
    await eventually(() =>
      isDeepStrictEqual(levels(), new Map(shop.items.map((item) => [keyOf(item), item.quantity]))),
    );
    await running!.stop();
    const events = read.flatMap((message) => message.events);
    assert.ok(read.every(({ refusals, simulated }) => refusals.length === 0 && simulated));
    assert.ok(events.every(({ store_id, device_id }) => device_id === `scanner-${store_id}`));
    assert.equal(new Set(events.map(({ event_id, store_id }) => `${store_id} ${event_id}`)).size, events.length);
  });

  it('keep what is not acknowledged and send it again', async () => {
    await start();
    await eventually(() => broker.inFlight > 0);
    assert.equal(running!.acknowledged(), 0);
    take();
    await eventually(() => running!.acknowledged() > 10);
  });

  it('say that they are there, and leave a will', async () => {
    take();
    await start();
    await eventually(() => broker.devices.list().every(({ status }) => status === 'online'));
  });

  it('send nothing to a live Shelfwire', async () => {
    mode = 'live';
    take();
    await assert.rejects(start(), NotADemoError);
    assert.equal(read.length, 0);
    assert.ok(broker.devices.list().every(({ connections }) => connections === 0));
  });
});
