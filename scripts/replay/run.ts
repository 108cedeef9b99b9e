/**
 * Plays a file of real sales through a real Node-RED into a simulated platform that fails now and then, and says what the
 * platform holds in the end. The process may be killed and started again on the way.
 */
import { DemoTarget } from '../../simulators/demo-target';
import { scalarText } from '../../simulators/exact-json';
import { type PasonsSimulator, startPasons } from '../../simulators/pasons';
import type { Fault } from '../../simulators/pasons-behaviour';
import { PASONS_KEY, SECRETS, startDemoFlow } from '../../test/support/demo-flow';
import { freePort } from '../../test/support/free-port';
import type { RunningNodeRed } from '../../test/support/node-red';
import { tempFolder } from '../../test/support/temp-folder';
import { type Delivery, TIME_ZONE } from './feed';
import { replayFlow } from './flow';
import { sendFeed } from './senders';

export interface ReplayOptions {
  feed: Delivery[];
  stores: string[];
  /** How many times the process is killed and started again while the feed comes in. */
  kills: number;
  seed: number;
  progress?: (state: ReplayProgress) => void;
  /** Milliseconds without any progress after which it fails. */
  patience?: number;
}

export interface ReplayProgress {
  sent: number;
  of: number;
  /** Requests that the platform received, failed ones included. */
  requests: number;
  kills: number;
  /** Items that the platform does not have yet; null while still sending. */
  open: number | null;
}

export type Content = Map<string, Map<string, Record<string, string>>>;

export interface ReplayResult {
  content: Content;
  counts: Record<'received' | 'accepted' | 'duplicate' | 'stale' | 'refused', number>;
  requests: number;
  kills: number;
  /** Items that were in two requests at one time. */
  overlaps: { store: string; sku: string }[];
  /** Sum over all outlets. */
  states: Record<string, number>;
}

const account = (store: string) => `scanner ${store}`;
const FAULTS: Fault[] = ['500', '503', '429', '401', 'html', 'drop', 'drop-applied', '500-applied'];
const PATIENCE_MS = 180_000;

export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const folder = tempFolder('replay');
  const pasons = await startPasons({
    apiKey: PASONS_KEY,
    timeout: 5_000,
    keep: 100,
    behaviour: { failRate: 0.2, failWith: FAULTS, seed: options.seed, retryAfter: 1, delay: 20 },
  });
  const run = new Run(options, folder.path, pasons);
  try {
    return await run.play();
  } finally {
    await run.stop();
    await pasons.stop();
    folder.remove();
  }
}

class Run {
  private readonly options: ReplayOptions;
  private readonly folder: string;
  private readonly pasons: PasonsSimulator;
  private port = 0;
  private mqttPort = 0;
  private red: RunningNodeRed | null = null;
  private sent = 0;
  private kills = 0;
  private killing: Promise<void> = Promise.resolve();

  constructor(options: ReplayOptions, folder: string, pasons: PasonsSimulator) {
    this.options = options;
    this.folder = folder;
    this.pasons = pasons;
  }

  async play(): Promise<ReplayResult> {
    this.port = await freePort();
    this.mqttPort = await freePort();
    await this.start();
    const target = new DemoTarget(this.red!.url);
    await target.ready();
    await sendFeed(this.options.feed, {
      target,
      mqttUrl: `mqtt://127.0.0.1:${this.mqttPort}`,
      secrets: SECRETS,
      account,
      seed: this.options.seed,
      acknowledged: (count) => this.acknowledged(count),
    });
    await this.killing;
    const states = await this.drained();
    return {
      content: contentOf(this.pasons),
      counts: await this.counts(),
      requests: this.pasons.count(),
      kills: this.kills,
      overlaps: this.pasons.overlaps,
      states,
    };
  }

  async stop(): Promise<void> {
    await this.killing.catch(() => {});
    await this.red?.stop();
  }

  private async start(): Promise<void> {
    this.red = await startDemoFlow({
      flow: replayFlow(this.options.stores, account, SECRETS.scanner),
      folder: this.folder,
      port: this.port,
      mqttPort: this.mqttPort,
      pasonsUrl: this.pasons.url,
      timeZone: TIME_ZONE,
    });
  }

  private acknowledged(count: number): void {
    this.sent += count;
    this.report(null);
    const { feed, kills } = this.options;
    if (this.kills < kills && this.sent >= (feed.length * (this.kills + 1)) / (kills + 1)) {
      this.kills += 1;
      this.killing = this.killing.then(async () => {
        await this.red!.kill9();
        await this.start();
      });
      // Who waits for it learns of a failure; until then it is not unhandled.
      this.killing.catch(() => {});
    }
  }

  /** Waits until nothing is left to be sent. */
  private async drained(): Promise<Record<string, number>> {
    let least = Number.POSITIVE_INFINITY;
    let since = Date.now();
    for (;;) {
      const states = await this.states();
      const open = states.waiting! + states.sending!;
      this.report(open);
      if (open === 0) return states;
      if (open < least) {
        least = open;
        since = Date.now();
      }
      if (Date.now() - since > (this.options.patience ?? PATIENCE_MS))
        throw new Error(
          `${open} items still have to be sent: ${JSON.stringify(states)}\n${this.red!.logs().slice(-5000)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  private async states(): Promise<Record<string, number>> {
    const answer = await fetch(`${this.red!.adminUrl}/shelfwire/outlets`);
    const outlets = (await answer.json()) as { counts: Record<string, number> }[];
    const sum: Record<string, number> = {};
    for (const { counts } of outlets)
      for (const [state, count] of Object.entries(counts)) sum[state] = (sum[state] ?? 0) + count;
    return sum;
  }

  private async counts(): Promise<ReplayResult['counts']> {
    const health = (await (await fetch(`${this.red!.url}/health`)).json()) as { counts: ReplayResult['counts'] };
    return health.counts;
  }

  private report(open: number | null): void {
    this.options.progress?.({
      sent: this.sent,
      of: this.options.feed.length,
      requests: this.pasons.count(),
      kills: this.kills,
      open,
    });
  }
}

function contentOf(pasons: PasonsSimulator): Content {
  return new Map(
    Object.entries(pasons.store.content()).map(([store, items]) => [
      store,
      new Map(
        Object.entries(items).map(([sku, item]) => [
          sku,
          Object.fromEntries(Object.entries(item).map(([name, value]) => [name, scalarText(value)])),
        ]),
      ),
    ]),
  );
}

/** What differs between two contents, in words, item by item. */
export function differences(expected: Content | Map<string, Map<string, object>>, found: Content): string[] {
  const out: string[] = [];
  const show = (item: object | undefined) =>
    item
      ? Object.entries(item)
          .map(([name, value]) => `${name}=${value}`)
          .sort()
          .join(' ')
      : 'nothing';
  for (const store of new Set([...expected.keys(), ...found.keys()])) {
    const [wanted, had] = [expected.get(store), found.get(store)];
    for (const sku of new Set([...(wanted?.keys() ?? []), ...(had?.keys() ?? [])])) {
      const { sku: _, ...values } = had?.get(sku) ?? {};
      const [want, have] = [show(wanted?.get(sku)), show(had?.has(sku) ? values : undefined)];
      if (want !== have) out.push(`${store} / ${sku}: expected ${want}, found ${have}`);
    }
  }
  return out;
}
