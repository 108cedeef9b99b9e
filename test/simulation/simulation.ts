/**
 * One run from one seed: shops send, people meddle, the network and the disk misbehave, the process dies; then the
 * weather clears, and everything must arrive by itself. A witness that shares no code with the product says after every
 * commit what the ledger must hold, at every request what a platform may be sent, and in the end what it must show.
 */
import { Disk } from './disk';
import { Operator, outletsOf } from './operator';
import { Oracle, shows, textOf } from './oracle';
import type { Manners } from './platform';
import { Process } from './process';
import { Random } from './random';
import { Scheduler } from './scheduler';
import { Senders } from './senders';
import { Sites } from './sites';
import { Trace } from './trace';
import { Watch } from './watch';
import { Witness } from './witness';
import { CALM, stormOf, type World } from './world';

export interface SimulationResult {
  seed: number;
  problems: string[];
  events: number;
  requests: number;
  crashes: number;
  commits: number;
  /** What went wrong at platforms of which the assumptions do not hold. */
  reversals: number;
  /** The age of the oldest request that was applied, in timeouts, and requests that were applied once more. */
  latest: number;
  twice: number;
  /** Of everything that happened. */
  trace: string;
}

export interface SimulationOptions {
  manners?: Manners;
  /** Gets what happens, line by line. */
  print?: (line: string) => void;
}

const START = Date.parse('2026-01-10T10:00:00Z');
const STEP_MS = 1_500;
const MINUTE_MS = 60_000;
/** Leases, probes and waiting times are over by then, whatever happened before. */
const ARRIVES_WITHIN = 40 * MINUTE_MS;
/** What a platform without manners applies too late is applied by then. */
const LATE_MS = 5 * MINUTE_MS;
const FRESH_WITHIN = 2 * MINUTE_MS;

export async function simulate(
  seed: number,
  steps: number,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  const run = new Run(seed, steps, options);
  try {
    await run.storm();
    await run.calm();
  } catch (thrown) {
    // A ledger that cannot be opened again, for one.
    run.stopped(thrown);
  } finally {
    run.end();
  }
  return run.result();
}

class Run {
  private readonly seed: number;
  private readonly steps: number;
  private readonly world: World;
  private readonly oracle = new Oracle();
  private readonly sites: Sites;
  private readonly watch: Watch;
  private readonly witness: Witness;
  private readonly disk: Disk;
  private readonly process: Process;
  private readonly senders: Senders;
  private readonly operator: Operator;

  constructor(seed: number, steps: number, { manners, print }: SimulationOptions) {
    this.seed = seed;
    this.steps = steps;
    const random = new Random(seed);
    const time = new Scheduler(START);
    this.world = { random, time, trace: new Trace(print), problems: [], reversals: [], weather: stormOf(random) };
    const definitions = outletsOf(random);
    const forgetful = random.chance(0.4);
    this.sites = new Sites(this.world, this.oracle, definitions, manners);
    this.watch = new Watch(this.oracle, this.sites);
    this.witness = new Witness(this.world, this.oracle, this.watch);
    this.disk = new Disk(this.world, this.witness);
    const wiring = { mapped: random.chance(0.3), retry: random.chance(0.8), chunker: random.chance(0.7) };
    this.process = new Process(this.world, this.disk, this.sites.http, { definitions, wiring });
    this.senders = new Senders(this.world, () => this.process.ledger, { forgetful, storm: steps * STEP_MS });
    this.operator = new Operator(this.world, this.process, this.sites, forgetful);
  }

  async storm(): Promise<void> {
    const { time, random } = this.world;
    this.process.start();
    for (let step = 0; step < this.steps; step++)
      time.after(step * STEP_MS + random.int(0, STEP_MS), () => {
        this.senders.happen();
        this.operator.act();
      });
    // What people began in the last step is done before the calm.
    await time.runUntil(START + (this.steps + 1) * STEP_MS, () => this.failed());
  }

  /** Fair weather: everything must arrive by itself; only what people did is undone by people. */
  async calm(): Promise<void> {
    const { weather, time } = this.world;
    const needed = this.operator.needed || weather.thin > 0;
    Object.assign(weather, CALM);
    for (const site of this.sites.all()) {
      site.become('fair');
      site.disliked.clear();
    }
    this.operator.switchOn();
    const release = time.every(MINUTE_MS, () => needed && this.operator.release());
    if (!this.sites.reliable) {
      // What comes too late has come by then; what it left is put right by a full push.
      await time.runUntil(time.steady + LATE_MS, () => this.failed());
      this.operator.pushEverything();
    }
    await this.until(ARRIVES_WITHIN, 'after the storm');
    release();
    if (this.failed()) return;
    this.senders.everything();
    await this.until(FRESH_WITHIN, 'of what is fresh');
  }

  stopped(thrown: unknown): void {
    this.world.problems.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  }

  end(): void {
    this.disk.dispose();
  }

  result(): SimulationResult {
    const { problems, trace } = this.world;
    return {
      seed: this.seed,
      problems,
      events: this.senders.sent,
      requests: this.sites.requests,
      crashes: this.process.crashes,
      commits: this.witness.commits,
      reversals: this.world.reversals.length,
      latest: Math.max(...this.sites.all().map(({ latest }) => latest)),
      twice: this.sites.all().reduce((sum, { twice }) => sum + twice, 0),
      trace: trace.digest(),
    };
  }

  /** One fault is enough: what follows from it says nothing new. */
  private failed(): boolean {
    return this.world.problems.length > 0;
  }

  private async until(limit: number, what: string): Promise<void> {
    const { time, problems } = this.world;
    const end = time.steady + limit;
    let look = time.steady;
    let missing: string[] = [];
    await time.runUntil(end, () => {
      if (this.failed()) return true;
      if (time.steady < look) return false;
      look = time.steady + 1_000;
      missing = this.missing();
      return missing.length === 0;
    });
    if (time.steady >= end) problems.push(...missing.map((each) => `${what}: ${each}`));
  }

  /** What has not arrived yet. */
  private missing(): string[] {
    if (!this.process.ledger) return ['the process is down'];
    const missing: string[] = [];
    if (this.senders.unanswered > 0) missing.push(`${this.senders.unanswered} messages were never acknowledged`);
    for (const { outlet, store_id } of this.process.deployed.definitions)
      for (const sku of this.oracle.skus(store_id)) {
        const wanted = this.oracle.wanted(outlet, sku);
        const shown = this.sites.shown(outlet, sku);
        if (wanted && !shows(shown, wanted))
          missing.push(
            `${outlet} ${sku}: the platform shows ${shown && textOf(shown)}, it should be ${textOf(wanted)}`,
          );
      }
    for (const { outlet, sku, state } of this.watch.states())
      if (state !== 'in_sync' && state !== 'incomplete') missing.push(`${outlet} ${sku} is ${state}`);
    for (const outlet of this.watch.paused()) missing.push(`${outlet} is paused`);
    const unfinished = this.watch.unfinished();
    if (unfinished > 0) missing.push(`${unfinished} pushes, leases or requests are not over`);
    return missing;
  }
}
