/**
 * A real Node-RED with the bundled flow that is killed again and again, at random moments and exactly at chosen ones,
 * while its shops go on telling and a platform goes on failing. What was acknowledged must be in the ledger once, whatever
 * happens; the platform must never see a number go back; and in the end everything must be there.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Moment, type PasonsSimulator, type PlatformRequest, startPasons } from '../../simulators/pasons';
import { between, type Random, seeded } from '../../simulators/random';
import { askCopy, contentOf, type FileContent, leasesIn, withLedger } from '../oracle/ledger-file';
import { bundledFlow, entry } from '../support/bundled-flow';
import { PASONS_KEY, startDemoFlow } from '../support/demo-flow';
import { eventually } from '../support/eventually';
import type { Hit, Order } from '../support/faults/points';
import { freePort } from '../support/free-port';
import type { Ended, RunningNodeRed } from '../support/node-red';
import { tempFolder } from '../support/temp-folder';
import { judgeEnd } from './judge';
import { openShops, type Shops } from './shops';
import { Witness } from './witness';

/** Seconds: a request is given up after it, and dead after twice of it. */
const TIMEOUT_S = 3;
export const HOOK = join(__dirname, '../support/faults/hook.js');

export class Soak {
  readonly problems: string[] = [];
  readonly witness = new Witness(TIMEOUT_S * 1000);
  readonly file: string;
  /** Times of events that were made old, so that they may be forgotten. */
  readonly old = new Set<number>();
  red: RunningNodeRed | null = null;
  shops!: Shops;
  pasons!: PasonsSimulator;
  starts = 0;
  /** Milliseconds. */
  slowestStart = 0;
  slowestStop = 0;
  /** Idempotency-Keys that reached the platform, and those that it answered. */
  readonly keysRead = new Set<string>();
  readonly keysAnswered = new Set<string>();
  readonly random: Random;
  private readonly folder = tempFolder('soak');
  private readonly order: string;
  /** Whether an answer of the platform may reach somebody. */
  private alive = false;
  private port = 0;
  private mqttPort = 0;
  private watch: ((moment: Moment, request: PlatformRequest) => void) | null = null;

  readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
    this.random = seeded(seed);
    this.file = join(this.folder.path, 'demo', 'ledger.db');
    this.order = join(this.folder.path, 'kill-at');
  }

  async prepare(): Promise<void> {
    this.port = await freePort();
    this.mqttPort = await freePort();
    this.pasons = await startPasons({
      apiKey: PASONS_KEY,
      timeout: TIMEOUT_S * 1000,
      keep: 200,
      watch: (moment, request) => {
        const key = request.headers['idempotency-key']!;
        if (moment === 'read') this.witness.read(request);
        // What is written to a process that is gone has reached nobody.
        if (moment === 'answered' && this.alive) this.witness.answered(request);
        if (moment === 'read') this.keysRead.add(key);
        if (moment === 'answered') this.keysAnswered.add(key);
        this.watch?.(moment, request);
      },
      behaviour: {
        delay: 15,
        failRate: 0.1,
        failWith: ['500', '503', '429', 'drop', 'drop-applied', '500-applied'],
        retryAfter: 1,
        seed: this.seed,
      },
    });
  }

  openShops(): void {
    this.shops = openShops({
      url: `http://127.0.0.1:${this.port}`,
      mqttUrl: `mqtt://127.0.0.1:${this.mqttPort}`,
      seed: this.seed,
    });
  }

  /** Starts it and looks whether all that was acknowledged before is there. */
  async start(env: Record<string, string> = {}): Promise<RunningNodeRed> {
    const acknowledged = [...(this.shops?.acknowledged ?? [])];
    const deliveries = this.shops?.deliveries ?? 0;
    const leases = existsSync(this.file) ? askCopy(this.file, leasesIn) : [];
    const began = performance.now();
    this.starts += 1;
    this.red = await this.launch(env);
    const { url, ended } = this.red;
    let gone = false;
    void ended.then(() => {
      gone = true;
    });
    await eventually(async () => gone || (await fetch(`${url}/health`)).status === 200, 20_000, 'health');
    if (gone) throw new Error(`Node-RED ended while it started:\n${this.logs()}`);
    this.slowestStart = Math.max(this.slowestStart, performance.now() - began);
    this.check(acknowledged, deliveries);
    const left = withLedger(this.file, leasesIn).filter((id) => leases.includes(id));
    if (left.length > 0) this.problems.push(`${left.length} leases of the process before still hold items`);
    return this.red;
  }

  private async launch(env: Record<string, string>): Promise<RunningNodeRed> {
    this.alive = true;
    const red = await startDemoFlow({
      flow: soakFlow(),
      folder: this.folder.path,
      port: this.port,
      mqttPort: this.mqttPort,
      pasonsUrl: this.pasons.url,
      preload: [HOOK],
      env: { TEST_POINT: this.order, ...env },
    });
    void red.ended.then(() => {
      this.alive = false;
    });
    return red;
  }

  check(acknowledged: Iterable<number>, deliveries: number): FileContent {
    const content = withLedger(this.file, contentOf);
    this.problems.push(...content.problems);
    for (const at of acknowledged)
      if (!content.events.has(at) && !this.old.has(at))
        this.problems.push(`acknowledged, but not in the ledger: ${JSON.stringify(this.shops.told.get(at))}`);
    for (const [at, rows] of content.events) {
      if (rows !== 1) this.problems.push(`${rows} times in the ledger: ${JSON.stringify(this.shops.told.get(at))}`);
      if (!this.shops.told.has(at)) this.problems.push(`in the ledger, but nobody told it: ${at}`);
    }
    if (content.received < deliveries)
      this.problems.push(`${content.received} events received, but ${deliveries} acknowledged`);
    return content;
  }

  /** Orders the end at a point and waits for it. @returns what was going on there */
  async endAt(order: Order): Promise<Hit> {
    this.place(order);
    await this.ended(`the end at ${order.point}`);
    return this.hit(order);
  }

  /** What went on at the point that was ordered. @throws Error when the process ended elsewhere */
  hit({ point }: Order): Hit {
    if (!this.wasHit()) throw new Error(`the process ended, but not at ${point}\n${this.logs()}`);
    const hit = JSON.parse(readFileSync(`${this.order}.hit`, 'utf8')) as Hit;
    if (hit.point !== point) throw new Error(`the process ended at ${hit.point}, not at ${point}`);
    rmSync(`${this.order}.hit`);
    return hit;
  }

  wasHit(): boolean {
    return existsSync(`${this.order}.hit`);
  }

  place(order: Order): void {
    writeFileSync(`${this.order}.next`, JSON.stringify(order));
    renameSync(`${this.order}.next`, this.order);
  }

  /** For a start that ends before it has come up. */
  async startFails(): Promise<void> {
    const started = await this.launch({}).catch(() => null);
    if (!started) return;
    this.red = started;
    await this.ended('the end while starting');
  }

  /** Lets the shops work for a while. */
  async work({ least, most }: { least: number; most: number }): Promise<void> {
    const { acknowledged } = this.shops;
    const before = acknowledged.size;
    // Something has to be acknowledged in this life of the process, whatever comes then.
    await eventually(() => acknowledged.size > before, 30_000, 'an acknowledgement');
    await new Promise((resolve) => setTimeout(resolve, this.between(least, most)));
  }

  note(moment: string, problems: string[]): void {
    this.problems.push(...problems.map((problem) => `${moment}: ${problem}`));
  }

  /** Kills the process while the platform is in this moment of a request. @returns the request */
  async killAtPlatform(moment: Moment): Promise<PlatformRequest> {
    const { pid } = this.red!;
    const met = new Promise<PlatformRequest>((resolve) => {
      this.watch = (now, request) => {
        if (now !== moment) return;
        process.kill(pid, 'SIGKILL');
        this.alive = false;
        this.watch = null;
        resolve({ ...request });
      };
    });
    const request = await Promise.race([met, fail(60_000, `no request was met in the moment "${moment}"`)]);
    await this.ended(`the kill while ${moment}`);
    return request;
  }

  ended(what: string): Promise<Ended> {
    return Promise.race([this.red!.ended, fail(60_000, `${what} did not come within 60 s`, () => this.logs())]);
  }

  /** Everything told is acknowledged, sent and confirmed. */
  async finish(): Promise<void> {
    await this.shops.finish();
    this.pasons.behave(null);
    const { red } = this;
    await eventually(
      async () => {
        const answer = await fetch(`${red!.adminUrl}/shelfwire/outlets`);
        const outlets = (await answer.json()) as { counts: Record<string, number> }[];
        const left = outlets.reduce((sum, { counts }) => sum + counts.waiting! + counts.sending!, 0);
        if (left > 0)
          throw new Error(`${left} items still have to be sent: ${JSON.stringify(outlets)}\n${this.logs()}`);
        return true;
      },
      90_000,
      'everything is in sync',
    );
    this.problems.push(...judgeEnd(this));
  }

  async close(): Promise<void> {
    await this.shops?.abandon();
    await this.red?.stop();
    await this.pasons?.stop();
    this.folder.remove();
  }

  logs(): string {
    return this.red?.logs().slice(-3_000) ?? '';
  }

  between(least: number, most: number): number {
    return between(this.random, least, most);
  }
}

/** The bundled flow, with a platform that also gets the quantity and is sent to often. */
export function soakFlow() {
  const flow = bundledFlow();
  Object.assign(entry(flow, 'shelfwire-outlets'), {
    fields: ['selling_price', 'stock_status', 'quantity'],
    timeout: TIMEOUT_S,
  });
  Object.assign(entry(flow, 'shelfwire-changed-stock'), { linger: 0.1, limit: 10 });
  Object.assign(entry(flow, 'shelfwire-retry'), { delay: 0.2 });
  return flow;
}

/** Rejects after a while, without keeping anything alive. */
function fail(milliseconds: number, what: string, more: () => string = () => ''): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${what}\n${more()}`)), milliseconds).unref();
  });
}
