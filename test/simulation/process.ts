/**
 * The process as it runs in a shop, without Node-RED: ledger, changed stock, flow, push. It dies when the power is cut,
 * and is started again on what the disk has then.
 */
import type { Ledger, OutletDefinition } from '../../core/ledger/ledger';
import type { HttpClient, HttpRequest, HttpResult } from '../../core/pushing/http';
import { outgoing } from '../../core/pushing/outgoing';
import { Pump } from '../../core/pushing/pump';
import { Account } from '../../core/pushing/slots';
import type { PushTarget } from '../../core/pushing/target';
import type { Disk } from './disk';
import { Flow, type Wiring } from './flow';
import type { World } from './world';

const LINGER_MS = 500;
const TICK_MS = 1_000;
const LIMIT = 10;
const NEVER = new Promise<never>(() => {});

/** What is deployed: read anew at each start and deploy. */
export interface Deployed {
  definitions: OutletDefinition[];
  wiring: Wiring;
}

interface Running {
  ledger: Ledger;
  pump: Pump;
  flow: Flow;
  alive: boolean;
}

export class Process {
  crashes = 0;
  readonly deployed: Deployed;
  private readonly world: World;
  private readonly disk: Disk;
  private readonly http: HttpClient;
  private running: Running | null = null;
  private lingering = new Set<string>();

  constructor(world: World, disk: Disk, http: HttpClient, deployed: Deployed) {
    this.world = world;
    this.disk = disk;
    this.http = http;
    this.deployed = deployed;
    disk.onCut = () => this.died();
  }

  /** Null while it is down. */
  get ledger(): Ledger | null {
    return this.running?.ledger ?? null;
  }

  get flow(): Flow | null {
    return this.running?.flow ?? null;
  }

  start(): void {
    const ledger = this.disk.open();
    if (ledger) this.deploy(ledger);
  }

  /** The power is cut. */
  crash(): void {
    if (this.running) this.disk.cut();
  }

  /** All nodes are made anew; the ledger lives on, and so does what is on its way. */
  redeploy(): void {
    if (this.running) this.deploy(this.running.ledger);
  }

  private died(): void {
    const { random, time, weather } = this.world;
    this.crashes += 1;
    if (random.chance(weather.clock)) time.skew += random.int(-600_000, 600_000);
    if (this.running) this.running.alive = false;
    this.running = null;
    time.after(random.int(10, 5_000), () => this.start());
  }

  private deploy(ledger: Ledger): void {
    if (this.running) {
      this.running.alive = false;
      void this.running.pump.stop();
    }
    const { definitions, wiring } = structuredClone(this.deployed);
    const targets = new Map(definitions.map((each) => [each.outlet, targetOf(each)]));
    const http: HttpClient = (request) => this.exchange(request, ledger);
    const flow = new Flow({ ledger, http, wiring, targets }, this.world);
    const running: Running = { ledger, flow, alive: true, pump: this.pumpOf(ledger, flow, targets) };
    this.running = running;
    this.lingering = new Set();
    ledger.on('changed', (outlets) => {
      for (const outlet of outlets) this.linger(running, outlet);
    });
    ledger.on('settled', (outlet) => running.alive && running.pump.wake([outlet]));
    void this.run(running, definitions);
  }

  /** The power may also be cut right before a request leaves and right after its answer came. */
  private async exchange(request: HttpRequest, ledger: Ledger): Promise<HttpResult> {
    const { random, weather } = this.world;
    const lives = () => this.running?.ledger === ledger;
    if (!lives()) return NEVER;
    if (random.chance(weather.crash)) {
      this.crash();
      return NEVER;
    }
    const result = await this.http(request);
    if (lives() && random.chance(weather.crash)) this.crash();
    return lives() ? result : NEVER;
  }

  private pumpOf(ledger: Ledger, flow: Flow, targets: Map<string, PushTarget>): Pump {
    return new Pump({
      ledger,
      limit: LIMIT,
      paused: () => false,
      emit: async (take) => {
        const fields = targets.get(take.ticket.outlet)?.definition.fields ?? [];
        const { items, ticket, refused } = outgoing(take, fields);
        if (refused.length > 0) await ledger.refuse(take.ticket, refused);
        if (items.length > 0) flow.send(ticket, items);
      },
      failed: () => {},
    });
  }

  private linger(running: Running, outlet: string): void {
    if (!running.alive || this.lingering.has(outlet)) return;
    this.lingering.add(outlet);
    this.world.time.after(LINGER_MS, () => {
      this.lingering.delete(outlet);
      if (running.alive) void this.pushOne(running, outlet);
    });
  }

  private async pushOne({ ledger, pump }: Running, outlet: string): Promise<void> {
    await ledger
      .startPush({ outlet, type: 'partial', trigger: 'auto', created_by: 'auto' })
      .then(() => pump.wake([outlet]))
      .catch(() => {});
  }

  private async run(running: Running, definitions: OutletDefinition[]): Promise<void> {
    const { time } = this.world;
    const { ledger, pump } = running;
    for (const owner of new Set(definitions.map(({ platform }) => platform))) {
      const own = definitions.filter(({ platform }) => platform === owner);
      while (running.alive && !(await succeeds(ledger.defineOutlets(owner, own)))) await time.sleep(500);
    }
    // What changed while nobody listened.
    let resumed = false;
    while (running.alive) {
      try {
        if (!resumed)
          for (const { id, counts } of await ledger.outlets()) if (counts.waiting > 0) this.linger(running, id);
        resumed = true;
        pump.wake(await ledger.due());
      } catch {
        resumed = false;
      }
      await time.sleep(TICK_MS);
    }
  }
}

/** The slots are the process's: with it they are gone. */
function targetOf(definition: OutletDefinition): PushTarget {
  const account = new Account(definition.concurrency, 0);
  return {
    definition,
    method: 'POST',
    headers: () => ({}),
    secrets: () => [],
    succeeds: async () => undefined,
    slot: (signal, urgent) => account.acquire(definition.outlet, signal, urgent),
  };
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
