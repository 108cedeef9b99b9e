/** Senders that never tire: each sends its next message as soon as the one before was answered, and remembers what it was told. */
import http from 'node:http';
import { connectAsync, type MqttClient } from 'mqtt';
import { type InventoryUpdate, PARADIGM_PATH, paradigmBody, paradigmHeaders } from '../../simulators/paradigm';

/** What senders were told. */
export class Told {
  /** Reference of each message that was acknowledged. */
  readonly accepted = new Set<string>();
  /** Answers by status; `puback`, and `error` for a connection that broke. */
  readonly answers = new Map<string, number>();
  /** 429 and 503 that did not say when to come again. */
  withoutRetryAfter = 0;
  /** Milliseconds from the first byte to the answer, by what was answered. */
  readonly slowest = new Map<string, number>();

  note(answer: string, milliseconds: number, reference?: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    this.slowest.set(answer, Math.max(this.slowest.get(answer) ?? 0, milliseconds));
    if (reference !== undefined) this.accepted.add(reference);
  }

  count(answer: string): number {
    return this.answers.get(answer) ?? 0;
  }
}

export interface WebhookSenders {
  /** What their references begin with. */
  name: string;
  url: string;
  secret: string;
  /** Connections at a time. */
  connections: number;
  /** Events in one request. */
  events: number;
  told: Told;
}

/** Items `W0` … `W<events - 1>` of shop 1 get a new level with every request. */
export async function sendWebhooks(options: WebhookSenders, until: () => boolean): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: options.connections });
  const sender = async (connection: number) => {
    for (let n = 0; !until(); n++) await sendOne(options, agent, `${options.name}-${connection}-${n}`);
  };
  await Promise.all(Array.from({ length: options.connections }, (_, connection) => sender(connection)));
  agent.destroy();
}

let clock = Date.UTC(2026, 0, 1);

async function sendOne({ url, secret, events, told }: WebhookSenders, agent: http.Agent, reference: string) {
  clock += 1;
  const timestamp = new Date(clock).toISOString();
  const list = Array.from(
    { length: events },
    (_, n): InventoryUpdate => ({
      productId: `W${n}`,
      newQuantity: String(clock % 1000),
      timestamp,
      source: 'INVENTORY_ADJUSTMENT',
      referenceId: reference,
      location: '1',
    }),
  );
  const start = performance.now();
  const answer = await post(url + PARADIGM_PATH, paradigmBody(list), secret, agent);
  const passed = performance.now() - start;
  told.note(answer.status, passed, answer.status === '200' ? reference : undefined);
  if ((answer.status === '503' || answer.status === '429') && !answer.retryAfter) told.withoutRetryAfter += 1;
}

function post(url: string, body: string, secret: string, agent: http.Agent) {
  return new Promise<{ status: string; retryAfter: boolean }>((resolve) => {
    const headers = { 'Content-Type': 'application/json', ...paradigmHeaders(secret, body) };
    const req = http.request(url, { method: 'POST', agent, headers }, (res) => {
      res.resume();
      const retryAfter = Number(res.headers['retry-after']) > 0;
      res.on('end', () => resolve({ status: String(res.statusCode), retryAfter }));
      res.on('error', () => resolve({ status: 'error', retryAfter: false }));
    });
    req.on('error', ({ code }: NodeJS.ErrnoException) => {
      // The server may close an idle connection in the moment in which it is used again: Node.js leaves that to its caller.
      if (req.reusedSocket && code === 'ECONNRESET') resolve(post(url, body, secret, agent));
      else resolve({ status: `error ${code}`, retryAfter: false });
    });
    req.end(body);
  });
}

export interface ScanSenders {
  port: number;
  password: string;
  connections: number;
  /** Scans of one connection that are not acknowledged yet. */
  window: number;
  told: Told;
}

/** Sales of items `S0` … `S49` of shop 2, by many devices of one account. */
export async function sendScans(options: ScanSenders, until: () => boolean): Promise<void> {
  const url = `mqtt://127.0.0.1:${options.port}`;
  const connect = (n: number) =>
    connectAsync(url, { username: 'scanner-2', password: options.password, clientId: `load-${process.pid}-${n}` });
  const clients = await Promise.all(Array.from({ length: options.connections }, (_, n) => connect(n)));
  await Promise.all(
    clients.flatMap((client, n) =>
      Array.from({ length: options.window }, (_, place) => scan(client, `m-${n}-${place}`, options.told, until)),
    ),
  );
  await Promise.all(clients.map((client) => client.endAsync()));
}

async function scan(client: MqttClient, name: string, told: Told, until: () => boolean): Promise<void> {
  for (let n = 0; !until(); n++) {
    const reference = `${name}-${n}`;
    clock += 1;
    const event = {
      event_id: reference,
      device_id: 'load',
      sku: `S${n % 50}`,
      quantity_change: -1,
      occurred_at: new Date(clock).toISOString(),
    };
    const start = performance.now();
    await client.publishAsync('shelfwire/stores/2/stock', JSON.stringify(event), { qos: 1 });
    told.note('puback', performance.now() - start, reference);
  }
}
