/** A real Node-RED with a real ledger that takes scanner messages, and what a test asks it. */
import type { EventCounts, ItemStory } from '../../core/ledger/ledger';
import type { DeviceRow } from '../../runtime/admin/devices';
import { freePort } from './free-port';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from './node-red';
import { tempFolder } from './temp-folder';

export const STOCK = 'shelfwire/stores/1/stock';
export const LOGIN = { username: 'scanner-1', password: 'geheim' };

export interface ScannerShop {
  readonly red: RunningNodeRed;
  readonly folder: string;
  flows(): FlowEntry[];
  counts(): Promise<EventCounts>;
  story(sku: string): Promise<ItemStory>;
  devices(): Promise<DeviceRow[]>;
  kill9(): Promise<void>;
  stop(): Promise<void>;
  /** Starts again on the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** A sale of one piece. */
export function sale(seq: number, sku: string, change = -1): Record<string, unknown> {
  const at = new Date(Date.UTC(2025, 7, 1, 12, 0, 0, seq)).toISOString();
  return { device_id: 'scanner-1', seq, sku, quantity_change: change, occurred_at: at };
}

/** A count from before all sales. */
export function count(sku: string, quantity: number): Record<string, unknown> {
  return { event_id: `count-${sku}`, sku, quantity, occurred_at: '2025-08-01T11:00:00Z' };
}

/** The embedded broker on a port, with one device account. */
export function embedded(port: number): FlowEntry {
  const accounts = [{ account: 'scanner-1', store_id: '1', name: 'Front', slot: 0 }];
  return { id: 'b', type: 'shelfwire-broker', kind: 'embedded', host: '127.0.0.1', port: String(port), accounts };
}

export async function startScannerShop(broker: FlowEntry): Promise<ScannerShop> {
  const folder = tempFolder('scanners');
  const port = await freePort();
  let red: RunningNodeRed | null = null;
  const flows = (): FlowEntry[] => [
    { id: 'tab', type: 'tab', label: 'in' },
    { id: 'l', type: 'shelfwire-ledger', file: 'ledger.db' },
    broker,
    { id: 's', type: 'shelfwire-scanner-in', z: 'tab', x: 100, y: 60, broker: 'b', wires: [['r']] },
    { id: 'r', type: 'shelfwire-record-stock', z: 'tab', x: 300, y: 60, ledger: 'l', wires: [[], []] },
  ];
  const first = { flows: flows(), credentials: { b: { password_0: LOGIN.password } } };
  const running = () => red ?? assertRunning();
  const jsonOf = async <T>(url: string) => (await (await fetch(url)).json()) as T;
  const shop: ScannerShop = {
    get red() {
      return running();
    },
    folder: folder.path,
    flows,
    counts: async () => (await jsonOf<{ counts: EventCounts }>(`${running().url}/health`)).counts,
    story: (sku) => jsonOf<ItemStory>(`${running().adminUrl}/shelfwire/items/1/${sku}`),
    devices: async () => (await jsonOf<{ devices: DeviceRow[] }>(`${running().adminUrl}/shelfwire/devices`)).devices,
    async kill9() {
      await running().kill9();
      red = null;
    },
    async stop() {
      await running().stop();
      red = null;
    },
    async start() {
      red = await startNodeRed({ userDir: folder.path, port });
    },
    async remove() {
      await red?.stop();
      red = null;
      folder.remove();
    },
  };
  try {
    red = await startNodeRed({ userDir: folder.path, port, ...first });
  } catch (thrown) {
    folder.remove();
    throw thrown;
  }
  return shop;
}

function assertRunning(): never {
  throw new Error('the shop is not running');
}
