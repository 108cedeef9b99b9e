/**
 * changed stock: starts pushes (on a message, or by itself when something changed) and emits, message by message, what
 * an outlet's platform does not have yet. The ledger decides what, how much and when; here it is only asked.
 */
import { ConfigError, InvalidInputError, toShelfwireError } from '../../core/errors';
import type { Ledger, StartPush, Take } from '../../core/ledger/ledger';
import { outgoing } from '../../core/pushing/outgoing';
import { Pump } from '../../core/pushing/pump';
import type { PushType } from '../../core/pushing/ticket';
import { type Carrier, registerCarrier } from '../../runtime/carriers';
import { deploys } from '../../runtime/deploying';
import { onClose } from '../../runtime/on-close';
import { onInput } from '../../runtime/on-input';
import { type Outlet, type OutletsNode, outletsNode } from '../../runtime/outlets';
import { numberProperty } from '../../runtime/properties';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { StatusLine, storageStatus } from '../../runtime/status';
import { readRequest } from './request';
import { showOutlets } from './summary';

interface Settings {
  outlets: OutletsNode;
  /** Empty = all. */
  stores: string[];
  mode: PushType;
  auto: boolean;
  /** Milliseconds. */
  linger: number;
  limit: number;
}

/** How often the ledger is asked whether an outlet is to be probed, or a push goes on. */
const TICK_MS = 500;
/** The ledger fails no more when it did not for so long. */
const FAILING_MS = 3_000;
/** Ticks between two looks at the counts when nothing was heard. */
const QUIET_TICKS = 20;

export = function register(red: RED): void {
  function ChangedStock(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    const settings = readSettings(red, this, def, status);
    if (!settings) {
      onInput(this, () => {
        throw new ConfigError(
          'Changed stock is not set up, so nothing was pushed. Choose the outlets in its settings.',
        );
      });
      return;
    }
    const service = new Service(this, status, settings, deploys(red));
    const carriesNoMore = registerCarrier(service);
    const started = () => void service.start();
    // Not before every node of the flow is there to receive.
    red.events.on('flows:started', started);
    onInput(this, (msg) => service.ask(readRequest(msg, settings.mode)));
    onClose(this, async () => {
      red.events.removeListener('flows:started', started);
      // Until what a deploy puts in its place is there: meanwhile no outlet is uncarried.
      red.events.once('flows:started', carriesNoMore);
      await service.stop();
    });
  }
  red.nodes.registerType('shelfwire-changed-stock', ChangedStock);
};

class Service implements Carrier {
  private readonly node: RedNode;
  private readonly status: StatusLine;
  private readonly settings: Settings;
  private readonly deploying: () => boolean;
  private readonly timer: NodeJS.Timeout;
  /** Outlets outside the node's own list that a message asked for: their pushes are carried on here. */
  private readonly guests = new Set<string>();
  private readonly gathered = new Set<string>();
  private known: { list: Outlet[] | null; all: ReadonlySet<string>; auto: ReadonlySet<string> } = {
    list: null,
    all: new Set(),
    auto: new Set(),
  };
  private lingering: NodeJS.Timeout | null = null;
  private ready: { ledger: Ledger; pump: Pump } | null = null;
  private starting: Promise<{ ledger: Ledger; pump: Pump }> | null = null;
  private resumed = false;
  private ticking = false;
  private quiet = QUIET_TICKS;
  private closed = false;
  /** What the ledger could not do last. Reading may go well while nothing can be written, so only time ends it. */
  private failure = { code: '', at: Number.NEGATIVE_INFINITY };

  constructor(node: RedNode, status: StatusLine, settings: Settings, deploying: () => boolean) {
    this.node = node;
    this.deploying = deploying;
    this.status = status;
    this.settings = settings;
    this.timer = setInterval(() => void this.tick(), TICK_MS);
    this.timer.unref();
  }

  get account(): string {
    return this.settings.outlets.id;
  }

  carries(outlet: string): boolean {
    return this.guests.has(outlet) || this.ownKeys().all.has(outlet);
  }

  /** Takes up what was waiting before, and what the deploy has swallowed between two nodes. */
  async start(): Promise<void> {
    try {
      const { ledger, pump } = await this.open();
      if (this.closed) return;
      await ledger.recall([...this.keys()]);
      pump.wake([]);
    } catch (thrown) {
      this.fail(thrown);
    }
    await this.tick();
  }

  /** Starts the pushes that a message asks for; resolves once they are recorded. */
  async ask({ store_id, id, ...push }: ReturnType<typeof readRequest>): Promise<void> {
    const { ledger, pump } = await this.open();
    const outlets = store_id === null ? this.own().filter(isOn) : [this.named(store_id)];
    let first = id;
    for (const { definition } of outlets) {
      await ledger.startPush({ ...push, outlet: definition.outlet, ...(first === undefined ? {} : { id: first }) });
      first = undefined;
      this.guests.add(definition.outlet);
      pump.wake([definition.outlet]);
    }
  }

  async stop(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    if (this.lingering) clearTimeout(this.lingering);
    const ready = await this.starting?.catch(() => null);
    if (!ready) return;
    ready.ledger.off('changed', this.changed);
    ready.ledger.off('settled', this.settled);
    await ready.pump.stop();
  }

  private open(): Promise<{ ledger: Ledger; pump: Pump }> {
    this.starting ??= this.connect().catch((thrown: unknown) => {
      this.starting = null;
      throw thrown;
    });
    return this.starting;
  }

  private async connect(): Promise<{ ledger: Ledger; pump: Pump }> {
    const ledger = await this.settings.outlets.ledger();
    const pump = new Pump({
      ledger,
      limit: this.settings.limit,
      emit: (take) => this.emit(ledger, take),
      paused: this.deploying,
      failed: (thrown) => this.fail(thrown),
    });
    if (!this.closed) {
      ledger.on('changed', this.changed);
      ledger.on('settled', this.settled);
    }
    this.ready = { ledger, pump };
    return this.ready;
  }

  private async tick(): Promise<void> {
    if (this.ticking || this.closed) return;
    this.ticking = true;
    try {
      const { ledger, pump } = await this.open();
      if (!this.resumed) await this.resume(ledger);
      const mine = this.keys();
      pump.wake((await ledger.due()).filter((outlet) => mine.has(outlet)));
      this.quiet += 1;
      if (this.quiet >= QUIET_TICKS && !this.closed && !this.isFailing()) {
        this.quiet = 0;
        showOutlets(this.status, await ledger.outlets(), mine);
      }
    } catch (thrown) {
      this.fail(thrown);
    } finally {
      this.ticking = false;
    }
  }

  /** What changed while nobody listened. */
  private async resume(ledger: Ledger): Promise<void> {
    this.resumed = true;
    const auto = this.autoKeys();
    if (auto.size === 0) return;
    for (const { id, counts } of await ledger.outlets()) if (auto.has(id) && counts.waiting > 0) this.gather(id);
  }

  private readonly changed = (outlets: string[]): void => {
    const auto = this.autoKeys();
    for (const outlet of outlets) if (auto.has(outlet)) this.gather(outlet);
    this.quiet = QUIET_TICKS;
  };

  private readonly settled = (outlet: string): void => {
    if (this.carries(outlet)) this.ready?.pump.wake([outlet]);
    this.quiet = QUIET_TICKS;
  };

  private gather(outlet: string): void {
    if (this.closed) return;
    this.gathered.add(outlet);
    this.lingering ??= setTimeout(() => void this.pushGathered(), this.settings.linger);
  }

  private async pushGathered(): Promise<void> {
    this.lingering = null;
    const outlets = [...this.gathered];
    this.gathered.clear();
    const push: Omit<StartPush, 'outlet'> = { type: 'partial', trigger: 'auto', created_by: 'auto' };
    try {
      const { ledger, pump } = await this.open();
      if (this.closed) return;
      // Asked all at once, they are stored by one commit.
      const starting = Promise.allSettled(outlets.map((outlet) => ledger.startPush({ ...push, outlet })));
      // The question what they take goes with them.
      pump.wake(outlets);
      const failed = (await starting).find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    } catch (thrown) {
      this.fail(thrown);
      // Not forgotten: an outlet that could not be pushed now is looked at again.
      this.resumed = false;
    }
  }

  private async emit(ledger: Ledger, take: Take): Promise<void> {
    const { outlet, store_id } = take.ticket;
    const fields = this.find(outlet)?.definition.fields ?? [];
    const { items, ticket, refused } = outgoing(take, fields);
    if (refused.length > 0) {
      await ledger.refuse(take.ticket, refused);
      this.node.warn(refused[0]!.message + (refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''));
    }
    if (items.length === 0) return;
    if (this.closed) {
      await ledger.recall([outlet]);
      return;
    }
    this.status.show('sending', { count: items.length });
    this.node.send({ payload: items, push: ticket, store_id, topic: outlet });
  }

  /** Outlets of the node's own list. */
  private own(): Outlet[] {
    const { outlets, stores } = this.settings;
    return outlets.list().filter(({ definition }) => stores.length === 0 || stores.includes(definition.store_id));
  }

  private keys(): Set<string> {
    return new Set([...this.ownKeys().all, ...this.guests]);
  }

  private autoKeys(): ReadonlySet<string> {
    return this.ownKeys().auto;
  }

  /** Asked for with every commit: worked out anew only when a deploy or the sidebar has made another list. */
  private ownKeys(): { all: ReadonlySet<string>; auto: ReadonlySet<string> } {
    const list = this.settings.outlets.list();
    if (this.known.list !== list) {
      const own = this.own();
      const keysOf = (outlets: Outlet[]) => new Set(outlets.map(({ definition }) => definition.outlet));
      const auto = this.settings.auto ? own.filter((outlet) => outlet.auto && isOn(outlet)) : [];
      this.known = { list, all: keysOf(own), auto: keysOf(auto) };
    }
    return this.known;
  }

  private named(store: string): Outlet {
    const found = this.settings.outlets.list().find(({ definition }) => definition.store_id === store);
    if (found) return found;
    throw new InvalidInputError(
      'unknown_store',
      `Nothing was pushed: the outlets have no shop "${store}". Add it to the table of outlets and deploy.`,
      'store_id',
    );
  }

  private find(key: string): Outlet | undefined {
    return this.settings.outlets.list().find(({ definition }) => definition.outlet === key);
  }

  /** Said once while it lasts; every tick tries again. */
  private fail(thrown: unknown): void {
    if (this.closed) return;
    const error = toShelfwireError(thrown);
    this.status.show(storageStatus(error.code));
    if (!this.isFailing() || this.failure.code !== error.code) this.node.error(error);
    this.failure = { code: error.code, at: performance.now() };
  }

  private isFailing(): boolean {
    return performance.now() - this.failure.at < FAILING_MS;
  }
}

const isOn = ({ definition }: Outlet) => definition.enabled;

function readSettings(red: RED, node: RedNode, def: NodeDef, status: StatusLine): Settings | null {
  try {
    const mode = def.mode ?? 'partial';
    if (mode !== 'partial' && mode !== 'full') throw new ConfigError('The mode must be partial or full.');
    const stores = Array.isArray(def.stores) ? def.stores.map(String).filter((store) => store !== '') : [];
    const settings: Settings = {
      outlets: outletsNode(red, def.outlets as string | undefined),
      stores,
      mode,
      auto: def.auto === true || def.auto === 'true',
      linger: numberProperty(def, 'linger', { default: 2, min: 0, max: 3600 }) * 1000,
      limit: numberProperty(def, 'limit', { default: 1000, min: 1, max: 100_000, integer: true }),
    };
    status.show('ready');
    return settings;
  } catch (thrown) {
    status.show('config');
    node.error(thrown as Error);
    return null;
  }
}
