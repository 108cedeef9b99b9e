/**
 * A platform and the senders before it in one process, on the core that Node-RED does not use, so that one clock tells
 * how long a change takes from the moment when it was due to be sent until the platform has it.
 */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { PARADIGM_PATH, paradigmBody } from '../../simulators/paradigm';
import { type Size, skuOf, storeOf } from './big-ledger';
import { percentile } from './percentile';
import { serve } from './serve';

export interface ShopLoad {
  /** Node-RED's. */
  port: number;
  secret: string;
  /** Changes in a second. */
  rate: number;
  seconds: number;
  /** Changes in one request. */
  each: number;
  connections: number;
  size: Size;
  /** Items of each shop that change, again and again; without it all, each at most once. */
  hot?: number;
  /** Another one each time: the items and values follow from it. */
  salt: number;
}

export interface ShopResult {
  p50: number;
  p99: number;
  slowest: number;
  changes: number;
  seconds: number;
  /** That the platform was sent. */
  requests: number;
}

interface Item {
  sku: string;
  selling_price: number;
}

/** When a change was due to be sent, by `<store> <sku>`, until it arrives. */
const due = new Map<string, number>();
let latencies: number[] = [];
let requests = 0;
let arrived: (() => void) | null = null;

const server = http.createServer((req, res) => {
  const parts: Buffer[] = [];
  req.on('data', (part: Buffer) => parts.push(part));
  req.on('end', () => {
    const now = performance.now();
    res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"message":"taken"}');
    requests += 1;
    const store = (req.url ?? '').slice(req.url!.lastIndexOf('/') + 1);
    const list = JSON.parse(Buffer.concat(parts).toString()) as Item[];
    for (const { sku } of list) {
      const key = `${store} ${sku}`;
      const at = due.get(key);
      if (at === undefined) continue;
      latencies.push(now - at);
      due.delete(key);
    }
    if (due.size === 0) arrived?.();
  });
});

/** Makes requests; their items are spread over all shops. */
function* requestsOf({
  port,
  secret,
  each,
  size,
  salt,
  hot = size.items,
}: ShopLoad): Generator<{ bytes: Buffer; keys: string[] }> {
  const count = size.outlets * hot;
  let chosen = salt;
  for (let n = 0; ; n++) {
    const keys: string[] = [];
    const list = Array.from({ length: each }, (_, place) => {
      // Steps of a prime that divides no such count: each item once before any comes again.
      chosen = (chosen + 7_368_787) % count;
      const [store, sku] = [storeOf(chosen % size.outlets), skuOf(Math.floor(chosen / size.outlets))];
      keys.push(`${store} ${sku}`);
      return {
        productId: sku,
        newPrice: `${100 + ((n * each + place) % 89_999)}.${1 + (salt % 9)}5`,
        timestamp: new Date().toISOString(),
        referenceId: `${salt}-${n}-${place}`,
        location: store,
      };
    });
    const body = Buffer.from(paradigmBody(each === 1 ? list[0]! : list));
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const head = `POST ${PARADIGM_PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nX-Signature: ${signature}\r\nContent-Length: ${body.length}\r\n\r\n`;
    yield { bytes: Buffer.concat([Buffer.from(head), body]), keys };
  }
}

/** Sends each request at its time, whatever the answers do. @throws Error when an answer is unusual or a change does not arrive */
async function load(order: ShopLoad): Promise<ShopResult> {
  latencies = [];
  requests = 0;
  const senders = await Promise.all(Array.from({ length: order.connections }, () => Sender.connect(order.port)));
  const start = performance.now();
  try {
    await sendAll(order, senders, start);
    const seconds = (performance.now() - start) / 1000;
    const unusual = senders.flatMap((sender) => sender.unusual);
    if (unusual.length > 0) throw new Error(`${unusual.length} unusual answers: ${unusual[0]}`);
    await allArrived();
    const [p50, p99, slowest] = [0.5, 0.99, 1].map((share) => percentile(latencies, share)) as [number, number, number];
    return { p50, p99, slowest, changes: latencies.length, seconds, requests };
  } finally {
    for (const sender of senders) sender.end();
  }
}

function sendAll(order: ShopLoad, senders: Sender[], start: number): Promise<unknown> {
  const { rate, seconds, each } = order;
  const total = Math.round((rate / each) * seconds);
  const making = requestsOf(order);
  let sent = 0;
  return new Promise<void>((resolve) => {
    const tick = () => {
      for (; sent < total; sent++) {
        const at = start + (sent * each * 1000) / rate;
        if (at > performance.now()) break;
        const { bytes, keys } = making.next().value as { bytes: Buffer; keys: string[] };
        for (const key of keys) due.set(key, at);
        next(senders).post(bytes);
      }
      if (sent < total) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  }).then(() => Promise.all(senders.map((sender) => sender.idle())));
}

/** The one that has the fewest on their way, in turn: a slow answer holds nothing up, and none is idle until the server closes it. */
function next(senders: Sender[]): Sender {
  const best = senders.reduce((one, other) => (other.open < one.open ? other : one));
  senders.push(...senders.splice(senders.indexOf(best), 1));
  return best;
}

function allArrived(): Promise<void> {
  if (due.size === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${due.size} changes never arrived`)), 60_000);
    arrived = () => {
      clearTimeout(timer);
      arrived = null;
      resolve();
    };
  });
}

/** One connection; answers are only counted and their status looked at. */
class Sender {
  open = 0;
  private answered = 0;
  readonly unusual: string[] = [];
  private readonly socket: net.Socket;
  private rest = '';
  private waiting: (() => void) | null = null;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.read(data.toString('latin1')));
    socket.on('error', (error) => this.unusual.push(error.message));
    socket.on('close', () => {
      if (this.open > 0) this.unusual.push('the server closed a connection');
    });
  }

  static connect(port: number): Promise<Sender> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(new Sender(socket)));
      socket.once('error', reject);
    });
  }

  post(bytes: Buffer): void {
    this.open += 1;
    this.socket.write(bytes);
  }

  idle(): Promise<void> {
    return this.open === 0
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          const timer = setTimeout(
            () =>
              reject(
                new Error(
                  `${this.open} requests were not answered after ${this.answered}; of the next came ${JSON.stringify(this.rest.slice(0, 300))}`,
                ),
              ),
            60_000,
          );
          this.waiting = () => {
            clearTimeout(timer);
            resolve();
          };
        });
  }

  end(): void {
    this.socket.removeAllListeners('close').destroy();
  }

  private read(text: string): void {
    this.rest += text;
    for (;;) {
      const head = this.rest.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(this.rest.slice(0, head))?.[1] ?? 0);
      if (this.rest.length < head + 4 + length) return;
      const status = this.rest.slice(9, 12);
      if (status !== '200') this.unusual.push(this.rest.slice(0, 300));
      this.rest = this.rest.slice(head + 4 + length);
      this.open -= 1;
      this.answered += 1;
      if (this.open === 0) this.waiting?.();
    }
  }
}

serve({
  /** Starts the platform. @returns its port */
  listen: () =>
    new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    ),
  load,
});
