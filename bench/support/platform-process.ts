/**
 * A platform and the senders before it in one process, on the core that Node-RED does not use, so that one clock times
 * what was sent and what arrived. Told by messages what to do; run by platform-client.ts.
 */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { PARADIGM_PATH, paradigmBody } from '../../simulators/paradigm';
import { skuOf, storeOf } from './big-ledger';
import type { Order, Told } from './platform-client';

interface Item {
  sku: string;
  selling_price: number;
}

const send = (told: Told) => process.send!(told);

/** When a change was due to be sent, by `<store> <sku>`, until it arrives. */
const due = new Map<string, number>();
let latencies: number[] = [];
let items = 0;
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
    items += list.length;
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

/** Requests at their times, whatever the answers do; many connections, so that one slow answer holds nothing up. */
async function load(order: Extract<Order, { do: 'load' }>): Promise<void> {
  const { port, secret, rate, seconds, each, size, salt, connections } = order;
  const total = Math.round((rate / each) * seconds);
  const requestsOf: { bytes: Buffer; keys: string[] }[] = [];
  const timestamp = new Date(Date.now() - 1000).getTime();
  let chosen = salt;
  const count = size.outlets * size.items;
  for (let n = 0; n < total; n++) {
    const keys: string[] = [];
    const list = Array.from({ length: each }, (_, place) => {
      // Steps of a prime that divides no such count: each item once before any comes again.
      chosen = (chosen + 7_368_787) % count;
      const [store, sku] = [storeOf(chosen % size.outlets), skuOf(Math.floor(chosen / size.outlets))];
      keys.push(`${store} ${sku}`);
      const newPrice = `${100 + ((n * each + place) % 89_999)}.${1 + ((salt + n) % 9)}5`;
      return {
        productId: sku,
        newPrice,
        timestamp: new Date(timestamp + n).toISOString().replace('Z', 'Z'),
        referenceId: `r-${salt}-${n}-${place}`,
        location: store,
      };
    });
    const body = Buffer.from(paradigmBody(each === 1 ? list[0]! : list));
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const head = `POST ${PARADIGM_PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nX-Signature: ${signature}\r\nContent-Length: ${body.length}\r\n\r\n`;
    requestsOf.push({ bytes: Buffer.concat([Buffer.from(head), body]), keys });
  }
  const senders = await Promise.all(Array.from({ length: connections }, () => Sender.connect(port)));
  const start = performance.now() + 50;
  let next = 0;
  await new Promise<void>((resolve, reject) => {
    const tick = () => {
      try {
        const now = performance.now();
        while (next < total && start + (next * each * 1000) / rate <= now) {
          const { bytes, keys } = requestsOf[next]!;
          const at = start + (next * each * 1000) / rate;
          for (const key of keys) due.set(key, at);
          // The one that has the fewest on their way.
          let best = senders[0]!;
          for (const sender of senders) if (sender.open < best.open) best = sender;
          best.post(bytes);
          next += 1;
        }
        if (next < total) setTimeout(tick, 1);
        else resolve();
      } catch (thrown) {
        reject(thrown);
      }
    };
    tick();
  });
  await Promise.all(senders.map((sender) => sender.idle()));
  const sent = performance.now();
  if (due.size > 0)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${due.size} changes never arrived`)), 60_000);
      arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  arrived = null;
  const unusual = senders.flatMap((sender) => sender.unusual);
  for (const sender of senders) sender.end();
  send({ done: 'load', latencies, sent: total * each, seconds: (sent - start) / 1000, requests, items, unusual });
  latencies = [];
  items = 0;
  requests = 0;
}

/** One connection; answers are only counted and their status looked at. */
class Sender {
  open = 0;
  readonly unusual: string[] = [];
  private readonly socket: net.Socket;
  private rest = '';
  private waiting: (() => void) | null = null;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.read(data.toString('latin1')));
    socket.on('error', (error) => this.unusual.push(error.message));
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
          const timer = setTimeout(() => reject(new Error(`${this.open} requests were not answered`)), 60_000);
          this.waiting = () => {
            clearTimeout(timer);
            resolve();
          };
        });
  }

  end(): void {
    this.socket.destroy();
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
      if (this.open === 0) this.waiting?.();
    }
  }
}

process.on('message', (order: Order) => {
  if (order.do === 'load') load(order).catch((thrown: Error) => send({ failed: thrown.message }));
  else process.exit();
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => send({ port: (server.address() as AddressInfo).port }));
