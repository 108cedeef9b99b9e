/**
 * A shop system that sends signed webhooks, in a process of its own, on bare sockets: every request is made and signed
 * before the clock starts, each connection has one on its way, and every one must be answered 200.
 */
import { connect, type Socket } from 'node:net';
import { PARADIGM_PATH, paradigmBody, paradigmHeaders } from '../../simulators/paradigm';
import { percentile } from './percentile';
import { serve } from './serve';

export interface WebhookLoad {
  port: number;
  secret: string;
  connections: number;
  /** Unique text for the events' references. */
  mark: string;
  /** Requests sent before those that are timed, and these. */
  warmUp: number;
  requests: number;
  /** Requests a second, whether the ones before were answered or not; without it each connection sends as it is answered. */
  rate?: number;
}

export interface WebhookResult {
  seconds: number;
  /** Milliseconds from when a request was due (with a rate) or sent (without) to its answer. */
  p50: number;
  p99: number;
}

/** As many as there are in the catalogue that the issue speaks of; with three stores no item changes twice. */
const SKUS = 39_184;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

let load: WebhookLoad;
/** Requests, one after the other, and where each ends. */
let bytes: Buffer;
let ends: Int32Array;
let connections: Connection[] = [];
let run: Run;

/** A stretch of the requests, sent and answered. */
class Run {
  readonly took: Float64Array;
  readonly finished: Promise<void>;
  finish!: () => void;
  fail!: (error: Error) => void;
  private readonly first: number;
  private readonly until: number;
  private next: number;
  private answered = 0;
  readonly start = performance.now();

  constructor(first: number, until: number) {
    this.first = first;
    this.next = first;
    this.until = until;
    this.took = new Float64Array(until - first);
    this.finished = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }

  /** When the next request is due; Infinity after the last. */
  get due(): number {
    if (this.next === this.until) return Number.POSITIVE_INFINITY;
    return load.rate === undefined ? 0 : this.start + ((this.next - this.first) / load.rate) * 1000;
  }

  /** Sends the next one if it is due. @returns false: nothing was sent */
  send(connection: Connection, now: number): boolean {
    const { due } = this;
    if (due > now) return false;
    connection.send(this.next, due === 0 ? now : due);
    this.next += 1;
    return true;
  }

  note(request: number, milliseconds: number): void {
    this.took[request - this.first] = milliseconds;
    this.answered += 1;
    if (this.answered === this.took.length) this.finish();
  }
}

class Connection {
  busy = false;
  private readonly socket: Socket;
  private request = 0;
  private since = 0;
  /** What has come of an answer that is not complete yet. */
  private part: Buffer | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('close', () => run.fail(new Error('the server closed a connection')));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)));
      socket.setNoDelay(true);
      socket.once('error', reject);
    });
  }

  send(request: number, since: number): void {
    this.busy = true;
    this.request = request;
    this.since = since;
    this.socket.write(bytes.subarray(request === 0 ? 0 : ends[request - 1], ends[request]));
  }

  close(): void {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    const answer = this.part ? Buffer.concat([this.part, chunk]) : chunk;
    const headEnd = answer.indexOf(END_OF_HEAD);
    const head = headEnd < 0 ? '' : answer.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (headEnd < 0 || (length !== undefined && answer.length < headEnd + 4 + Number(length))) {
      this.part = answer;
      return;
    }
    this.part = null;
    if (!head.startsWith('HTTP/1.1 200') || length === undefined || answer.length > headEnd + 4 + Number(length)) {
      run.fail(new Error(`unusual answer: ${answer.toString()}`));
      return;
    }
    const now = performance.now();
    this.busy = false;
    run.note(this.request, now - this.since);
    run.send(this, now);
  }
}

/** What the requests of this process hold: each a new level of another item. */
function prepare(): void {
  const count = load.warmUp + load.requests;
  const since = Date.now() - count;
  const made = Array.from({ length: count }, (_, n) => {
    const body = paradigmBody({
      productId: `93409570${String(n % SKUS).padStart(5, '0')}`,
      oldQuantity: String(100 + (n % 400)),
      newQuantity: String(95 + (n % 400)),
      timestamp: new Date(since + n).toISOString(),
      source: 'SALES_ORDER',
      referenceId: `${load.mark}-${n}`,
      location: String(1 + (Math.floor(n / SKUS) % 3)),
    });
    const headers = {
      Host: `127.0.0.1:${load.port}`,
      'User-Agent': 'Paradigm/1.0',
      Accept: '*/*',
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...paradigmHeaders(load.secret, body),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`POST ${PARADIGM_PATH} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  });
  bytes = Buffer.concat(made);
  ends = new Int32Array(count);
  let end = 0;
  for (let n = 0; n < count; n++) {
    end += made[n]!.length;
    ends[n] = end;
  }
}

/** The connection whose turn it is. */
let turn = 0;

/**
 * Requests that are due leave on connections that are free, in turn: one that is never used is closed by a server after some seconds.
 * Between two requests this core has nothing else to do.
 */
function pace(): void {
  const now = performance.now();
  for (let tried = 0; tried < connections.length; tried++) {
    turn = (turn + 1) % connections.length;
    const connection = connections[turn]!;
    if (!connection.busy && !run.send(connection, now)) break;
  }
  if (run.due !== Number.POSITIVE_INFINITY) setImmediate(pace);
}

async function sendAll(first: number, until: number): Promise<WebhookResult> {
  run = new Run(first, until);
  if (load.rate === undefined) for (const connection of connections) run.send(connection, performance.now());
  else pace();
  await run.finished;
  const seconds = (performance.now() - run.start) / 1000;
  return { seconds, p50: percentile(run.took, 0.5), p99: percentile(run.took, 0.99) };
}

serve({
  async prepare(given: WebhookLoad): Promise<void> {
    load = given;
    prepare();
    connections = await Promise.all(Array.from({ length: load.connections }, () => Connection.open(load.port)));
  },
  warmUp: () => sendAll(0, load.warmUp),
  run: () => sendAll(load.warmUp, load.warmUp + load.requests),
  close() {
    for (const connection of connections) connection.close();
  },
});
