/** "PUBACK means stored", in a real Node-RED with the real ledger: killed on the way, and deployed anew on the way. */
import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import type { EventCounts, ItemStory } from '../../core/ledger/ledger';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const TOPIC = 'shelfwire/stores/1/stock';
const SCANS = 600;

describe('scanners, whatever happens to Node-RED', function () {
  this.timeout(90_000);
  let mqttPort: number;
  let folder: TempFolder;
  let red: RunningNodeRed | null;
  let device: MqttClient;

  const flows = (): FlowEntry[] => [
    { id: 'tab', type: 'tab', label: 'in' },
    { id: 'l', type: 'shelfwire-ledger', file: 'ledger.db' },
    {
      id: 'b',
      type: 'shelfwire-broker',
      kind: 'embedded',
      host: '127.0.0.1',
      port: String(mqttPort),
      accounts: [{ account: 'scanner-1', store_id: '1', name: 'Front', slot: 0 }],
    },
    { id: 's', type: 'shelfwire-scanner-in', z: 'tab', x: 100, y: 60, broker: 'b', wires: [['r']] },
    { id: 'r', type: 'shelfwire-record-stock', z: 'tab', x: 300, y: 60, ledger: 'l', wires: [[], []] },
  ];
  const start = (again = false) =>
    startNodeRed({
      userDir: folder.path,
      ...(again ? {} : { flows: flows(), credentials: { b: { password_0: 'geheim' } } }),
    });
  const jsonOf = async <T>(url: string) => (await (await fetch(url)).json()) as T;
  const counts = async () => (await jsonOf<{ counts: EventCounts }>(`${red!.url}/health`)).counts;

  beforeEach(async () => {
    mqttPort = await freePort();
    folder = tempFolder('scanners');
    red = await start();
    device = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
      username: 'scanner-1',
      password: 'geheim',
      clientId: 'one',
      clean: false,
      reconnectPeriod: 100,
    });
    device.on('error', () => undefined);
  });

  afterEach(async () => {
    await device.endAsync(true);
    await red?.stop();
    folder.remove();
  });

  /** Sells one piece at a time, with up to 50 scans under way. @returns how many are acknowledged so far */
  function scanAll(): { acknowledged: number; done: Promise<void> } {
    const state = { acknowledged: 0, done: Promise.resolve() };
    let next = 0;
    const worker = async () => {
      while (next < SCANS) {
        next += 1;
        const scan = { device_id: 'scanner-1', seq: next, sku: `sku-${next % 7}`, quantity_change: -1 };
        const at = new Date(Date.UTC(2025, 7, 1, 12, 0, 0, next)).toISOString();
        await device.publishAsync(TOPIC, JSON.stringify({ ...scan, occurred_at: at }), { qos: 1 });
        state.acknowledged += 1;
      }
    };
    state.done = Promise.all(Array.from({ length: 50 }, worker)).then(() => undefined);
    return state;
  }

  /** Every scan counts exactly once: a count dated before all of them less the sales. */
  async function addsUp(): Promise<void> {
    const levels = Array.from({ length: 7 }, (_, n) => ({
      event_id: `level-${n}`,
      sku: `sku-${n}`,
      quantity: 1_000,
      occurred_at: '2025-08-01T11:00:00Z',
    }));
    await device.publishAsync(TOPIC, JSON.stringify(levels), { qos: 1 });
    for (let n = 0; n < 7; n++) {
      const story = await jsonOf<ItemStory>(`${red!.adminUrl}/shelfwire/items/1/sku-${n}`);
      const sold = Array.from({ length: SCANS }, (_, i) => i + 1).filter((seq) => seq % 7 === n).length;
      assert.equal(story.quantity, String(1_000 - sold), `sku-${n}`);
    }
    const { accepted, refused } = await counts();
    assert.deepEqual([accepted, refused], [SCANS + 7, 0]);
  }

  it('what was acknowledged survives a power cut, and what was not comes again, once', async () => {
    const scans = scanAll();
    for (const part of [100, 300]) {
      await eventually(() => scans.acknowledged >= part, 30_000);
      await red!.kill9();
      const before = scans.acknowledged;
      red = null;
      red = await start(true);
      assert.ok((await counts()).accepted >= before, 'nothing that was acknowledged is missing');
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
      const changed = flows().map((node) => (node.id === 'r' ? { ...node, maxFuture: 300 + index } : node));
      await red!.deploy(changed, index % 2 ? 'nodes' : 'full');
    }
    await scans.done;
    assert.equal(closes, 0);
    await addsUp();
  });
});
