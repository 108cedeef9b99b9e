/**
 * In-store devices in a process of their own, on bare sockets: every message is made before the clock starts, each device
 * keeps `window` of them unacknowledged, and every one must get its PUBACK.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, publish, TYPE } from '../../test/support/mqtt/packets';
import { percentile } from './percentile';
import { serve } from './serve';

export interface ScannerLoad {
  port: number;
  /** Account and store; each has `connections` devices. */
  accounts: { account: string; storeId: string }[];
  password: string;
  connections: number;
  /** Unacknowledged messages of a device. */
  window: number;
  /** Unique texts for the event ids. */
  mark: string;
  /** Messages sent before those that are timed, and these. */
  warmUp: number;
  messages: number;
}

export interface ScannerResult {
  seconds: number;
  p50: number;
  p99: number;
}

/** Items that a device scans in turn. */
const SKUS = 1_000;
const PUBACK_BYTES = 4;

class Device {
  private readonly socket: Socket;
  private readonly frames: Buffer;
  private readonly ends: Int32Array;
  private readonly sentAt: Float64Array;
  readonly took: number[] = [];
  private sent = 0;
  private acknowledged = 0;
  private until = 0;
  private rest = 0;
  private done: (() => void) | null = null;
  private failed: ((error: Error) => void) | null = null;

  private constructor(socket: Socket, topic: string, bodies: string[]) {
    this.socket = socket;
    this.ends = new Int32Array(bodies.length);
    this.sentAt = new Float64Array(bodies.length);
    let end = 0;
    const frames = bodies.map((body, index) => {
      const frame = publish(topic, body, { id: (index % 65_535) + 1 });
      end += frame.length;
      this.ends[index] = end;
      return frame;
    });
    this.frames = Buffer.concat(frames);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('close', () => this.failed?.(new Error('the broker closed a connection')));
  }

  static open(load: ScannerLoad, account: string, storeId: string, nth: number, bodies: string[]): Promise<Device> {
    return new Promise((resolve, reject) => {
      const socket = connectTcp(load.port, '127.0.0.1');
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.write(connect({ clientId: `bench-${account}-${nth}`, username: account, password: load.password }));
      socket.once('data', (answer: Buffer) => {
        if (answer[0] !== TYPE.connack << 4 || answer[3] !== 0 || answer.length !== 4)
          reject(new Error(`CONNACK was ${answer.toString('hex')}`));
        else resolve(new Device(socket, `shelfwire/stores/${storeId}/stock`, bodies));
      });
    });
  }

  /** Sends the messages up to this one and waits for the PUBACK of each. */
  sendUntil(count: number, window: number): Promise<void> {
    this.until = count;
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.failed = reject;
      this.send(Math.min(window, count - this.sent));
    });
  }

  close(): void {
    this.failed = null;
    this.socket.destroy();
  }

  private send(count: number): void {
    const to = Math.min(this.until, this.sent + count);
    if (to === this.sent) return;
    const now = performance.now();
    this.sentAt.fill(now, this.sent, to);
    this.socket.write(this.frames.subarray(this.sent === 0 ? 0 : this.ends[this.sent - 1], this.ends[to - 1]));
    this.sent = to;
  }

  /** Nothing but PUBACKs comes: four bytes each. */
  private read(chunk: Buffer): void {
    const now = performance.now();
    let count = 0;
    for (let at = (PUBACK_BYTES - this.rest) % PUBACK_BYTES; at < chunk.length; at += PUBACK_BYTES)
      if (chunk[at] !== TYPE.puback << 4) this.failed?.(new Error(`no PUBACK but ${chunk[at]!.toString(16)}`));
    for (this.rest += chunk.length; this.rest >= PUBACK_BYTES; this.rest -= PUBACK_BYTES) {
      this.took.push(now - this.sentAt[this.acknowledged + count]!);
      count += 1;
    }
    this.acknowledged += count;
    if (this.acknowledged === this.until) this.done?.();
    else this.send(count);
  }
}

let devices: Device[] = [];
let load: ScannerLoad;

serve({
  async prepare(given: ScannerLoad) {
    load = given;
    const each = Math.ceil((load.warmUp + load.messages) / (load.accounts.length * load.connections));
    devices = [];
    for (const { account, storeId } of load.accounts)
      for (let nth = 0; nth < load.connections; nth++)
        devices.push(await Device.open(load, account, storeId, nth, bodiesOf(load.mark, account, nth, each)));
    return each * devices.length;
  },
  /** Part of all that is sent, without the clock. */
  warmUp: () => sendAll(Math.floor(perDevice(load.warmUp))),
  async run(): Promise<ScannerResult> {
    for (const { took } of devices) took.length = 0;
    const start = performance.now();
    await sendAll(Math.ceil(perDevice(load.warmUp + load.messages)));
    const seconds = (performance.now() - start) / 1000;
    const took = devices.flatMap((device) => device.took);
    return { seconds, p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
  },
  close() {
    for (const device of devices) device.close();
  },
});

function perDevice(messages: number): number {
  return messages / devices.length;
}

async function sendAll(each: number): Promise<void> {
  await Promise.all(devices.map((device) => device.sendUntil(each, load.window)));
}

/** What the device scans: levels of its items in turn, each later than the one before. */
function bodiesOf(mark: string, account: string, nth: number, count: number): string[] {
  const since = Date.now() - count;
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      event_id: `${mark}-${nth}-${index}`,
      device_id: account,
      sku: `62910415${nth}${String(index % SKUS).padStart(4, '0')}`,
      quantity: String((index * 7) % 500),
      occurred_at: new Date(since + index).toISOString(),
      event_type: 'SCAN',
      reference_id: `shelf ${index % 40}`,
    }),
  );
}
