/** "PUBACK means stored", in a real Node-RED with the real ledger: killed on the way, and deployed anew on the way. */
import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { count, embedded, LOGIN, type ScannerShop, STOCK, sale, startScannerShop } from '../support/scanner-shop';

const SCANS = 600;

describe('scanners, whatever happens to Node-RED', function () {
  this.timeout(90_000);
  let shop: ScannerShop;
  let device: MqttClient;

  beforeEach(async () => {
    const mqttPort = await freePort();
    shop = await startScannerShop(embedded(mqttPort));
    device = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
      ...LOGIN,
      clientId: 'one',
      clean: false,
      reconnectPeriod: 100,
    });
    device.on('error', () => undefined);
  });

  afterEach(async () => {
    await device.endAsync(true);
    await shop.remove();
  });

  /** Sells one piece at a time, with up to 50 scans under way. @returns how many are acknowledged so far */
  function scanAll(): { acknowledged: number; done: Promise<void> } {
    const state = { acknowledged: 0, done: Promise.resolve() };
    let next = 0;
    const worker = async () => {
      while (next < SCANS) {
        next += 1;
        await device.publishAsync(STOCK, JSON.stringify(sale(next, `sku-${next % 7}`)), { qos: 1 });
        state.acknowledged += 1;
      }
    };
    state.done = Promise.all(Array.from({ length: 50 }, worker)).then(() => undefined);
    return state;
  }

  /** Every scan counts exactly once: a count dated before all of them less the sales. */
  async function addsUp(): Promise<void> {
    const levels = Array.from({ length: 7 }, (_, n) => count(`sku-${n}`, 1_000));
    await device.publishAsync(STOCK, JSON.stringify(levels), { qos: 1 });
    for (let n = 0; n < 7; n++) {
      const story = await shop.story(`sku-${n}`);
      const sold = Array.from({ length: SCANS }, (_, i) => i + 1).filter((seq) => seq % 7 === n).length;
      assert.equal(story.quantity, String(1_000 - sold), `sku-${n}`);
    }
    const { accepted, refused } = await shop.counts();
    assert.deepEqual([accepted, refused], [SCANS + 7, 0]);
  }

  it('what was acknowledged survives a power cut, and what was not comes again, once', async () => {
    const scans = scanAll();
    for (const part of [100, 300]) {
      await eventually(() => scans.acknowledged >= part, 30_000);
      await shop.kill9();
      const before = scans.acknowledged;
      await shop.start();
      assert.ok((await shop.counts()).accepted >= before, 'nothing that was acknowledged is missing');
    }
    await scans.done;
    await addsUp();
  });

  it('a deploy neither disconnects a device nor loses a scan', async () => {
    let closes = 0;
    device.on('close', () => closes++);
    const scans = scanAll();
    for (const [index, part] of [100, 200, 300, 400, 500].entries()) {
      await eventually(() => scans.acknowledged >= part, 30_000);
      // Everything anew, or record stock alone while scanner in stays.
      const changed = shop.flows().map((node) => (node.id === 'r' ? { ...node, maxFuture: 300 + index } : node));
      await shop.red.deploy(changed, index % 2 ? 'nodes' : 'full');
    }
    await scans.done;
    assert.equal(closes, 0);
    await addsUp();
  });
});
