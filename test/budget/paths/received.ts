/**
 * Node-RED's own thread: what comes in goes through the nodes of the bundled flow to a real ledger, one after the other,
 * in a real Node-RED; whoever sends it is in another process.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { PARADIGM_PATH, paradigmBody, paradigmHeaders } from '../../../simulators/paradigm';
import { freePort } from '../../support/free-port';
import { connect as connectDevice, publish } from '../../support/mqtt/packets';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../../support/node-red';
import type { Count, Counts, Path } from '../budget';
import { FLAGS } from '../run';
import { telling } from '../telling';
import { range } from './shop';

/** The least of some rounds counts: a timer that goes off in one of them is nobody's event. */
const ROUNDS = 8;
const EVENTS = 70;
const WARM_UP = 200;
const ITEMS = 100;
const SECRET = 'a secret';
const ACCOUNT = { username: 'scanner-1', password: 'geheim' };
const PUBACK = 4 << 4;
const T0 = Date.parse('2026-01-10T10:00:00Z');

interface Shop {
  red: RunningNodeRed;
  mqttPort: number;
}

let shop: Promise<Shop> | null = null;

async function start(): Promise<Shop> {
  const mqttPort = await freePort();
  const red = await startNodeRed({
    flags: FLAGS,
    preload: [join(__dirname, 'heap-hook.js')],
    env: process.env.BUDGET_SLOWER ? { BUDGET_SLOWER: process.env.BUDGET_SLOWER } : {},
    flows: flow(mqttPort),
    credentials: { v: { secret: SECRET }, b: { password_0: ACCOUNT.password } },
  });
  return { red, mqttPort };
}

/** As in flows/flows.json. */
const flow = (mqttPort: number): FlowEntry[] => [
  { id: 'tab', type: 'tab', label: 'Stock in' },
  { id: 'l', type: 'shelfwire-ledger', file: 'ledger.db', timeZone: 'UTC' },
  {
    id: 'b',
    type: 'shelfwire-broker',
    kind: 'embedded',
    host: '127.0.0.1',
    port: String(mqttPort),
    accounts: [{ account: ACCOUNT.username, store_id: '1', name: 'Front', slot: 0 }],
  },
  {
    id: 'p',
    type: 'shelfwire-paradigm-in',
    storeMap: [{ location: '1', store_id: '1' }],
    timeZone: 'UTC',
    ...at(1),
    wires: [['v']],
  },
  { id: 'v', type: 'shelfwire-hmac-verify', ...paradigmScheme, ledger: 'l', ...at(2), wires: [['r'], []] },
  { id: 's', type: 'shelfwire-scanner-in', broker: 'b', timeZone: 'UTC', ...at(3), wires: [['r']] },
  { id: 'r', type: 'shelfwire-record-stock', ledger: 'l', ...at(4), wires: [[], []] },
];
const at = (place: number) => ({ z: 'tab', x: 100, y: 40 * place });
const paradigmScheme = {
  scheme: 'paradigm',
  header: 'X-Signature',
  signed: '{body}',
  algorithm: 'sha256',
  encoding: 'hex',
};

/** To be called when nothing more is counted. */
export async function closeReceived(): Promise<void> {
  const open = shop;
  shop = null;
  await (await open)?.red.stop();
}

interface Sender {
  open(shop: Shop): Promise<Socket>;
  request(event: number): Buffer;
  /** @throws when it says anything but "stored" */
  check(answer: Buffer): void;
}

async function count({ open, request, check }: Sender): Promise<Counts> {
  shop ??= start();
  const { red } = await shop;
  const socket = await open(await shop);
  const send = async (from: number, until: number) => {
    for (const event of range(from, until)) {
      const answered = once(socket, 'data') as Promise<[Buffer]>;
      socket.write(request(event));
      check((await answered)[0]);
    }
  };
  await send(0, WARM_UP);
  const rounds: Counts[] = [];
  for (const from of range(0, ROUNDS).map((round) => WARM_UP + round * EVENTS)) {
    await red.ask({ count: 'start', why: telling.why });
    await send(from, from + EVENTS);
    const counted = await red.ask({ count: 'stop', why: telling.why, units: EVENTS });
    if (telling.why) telling.tell('bytes allocated for each, by function', String(counted));
    else rounds.push(counted as Counts);
    if (telling.why) break;
  }
  socket.destroy();
  return least(rounds);
}

function least([first = {}, ...others]: Counts[]): Counts {
  const names = Object.keys(first) as Count[];
  return Object.fromEntries(names.map((name) => [name, Math.min(first[name]!, ...others.map((each) => each[name]!))]));
}

const skuOf = (event: number): string => `SKU-${String(event % ITEMS).padStart(6, '0')}`;
const timeOf = (event: number): string => new Date(T0 + event * 1000).toISOString();

export const webhook: Path = {
  id: 'webhook',
  title: 'a signed webhook is received, verified and recorded',
  per: 'event',
  code: 'runtime/http, nodes/paradigm-in, nodes/hmac-verify, nodes/record-stock, core/ledger/sqlite/client.ts',
  count: () =>
    count({
      async open({ red }) {
        const socket = connect(red.port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      },
      request(event) {
        const body = paradigmBody({
          productId: skuOf(event),
          oldQuantity: String(100_000 - event),
          newQuantity: String(99_999 - event),
          timestamp: timeOf(event),
          source: 'SALES_ORDER',
          referenceId: `SO-${100_000 + event}`,
          location: '1',
        });
        const headers = {
          Host: 'shop',
          'Content-Type': 'application/json',
          'Content-Length': String(Buffer.byteLength(body)),
          ...paradigmHeaders(SECRET, body),
        };
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
        return Buffer.from(`POST ${PARADIGM_PATH} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
      },
      check(answer) {
        const text = answer.toString('latin1');
        if (!text.startsWith('HTTP/1.1 200 ') || !text.includes('"accepted":1')) throw new Error(text);
      },
    }),
};

export const scanner: Path = {
  id: 'scanner',
  title: 'a scanner event is received by the embedded broker, recorded and acknowledged',
  per: 'event',
  code: 'core/mqtt, nodes/scanner-in, nodes/record-stock, core/ledger/sqlite/client.ts',
  count: () =>
    count({
      async open({ mqttPort }) {
        const socket = connect(mqttPort, '127.0.0.1');
        const answered = once(socket, 'data');
        socket.write(connectDevice({ clientId: 'scanner-1', ...ACCOUNT }));
        await answered;
        return socket;
      },
      request(event) {
        const message = {
          device_id: ACCOUNT.username,
          seq: event + 1,
          sku: skuOf(event),
          quantity: 100_000 - event,
          occurred_at: timeOf(event),
        };
        return publish('shelfwire/stores/1/stock', JSON.stringify(message), { id: event + 1 });
      },
      check(answer) {
        if (answer[0] !== PUBACK || answer.length !== 4) throw new Error(`not a PUBACK: ${answer.toString('hex')}`);
      },
    }),
};
