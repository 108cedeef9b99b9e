/**
 * What the broker config node offers to scanner in, and the brokers themselves: they live as long as the process, not as
 * a deploy, so that devices keep their connections. A broker whose node did not come back after a deploy is closed.
 */
import { ConfigError } from '../core/errors';
import type { BrokerProblem, DeliveryHandler, LinkState } from '../core/mqtt/delivery';
import { DeviceMemory } from '../core/mqtt/device-memory';
import type { DeviceRegistry, DeviceState } from '../core/mqtt/devices';
import { EmbeddedBroker, type EmbeddedSettings } from '../core/mqtt/embedded';
import { ExternalBroker, type ExternalSettings } from '../core/mqtt/external';
import { PasswordChecks } from '../core/mqtt/password-hash';
import { ProblemLog } from '../core/mqtt/problem-log';
import { layDevices, type StoredDevice } from '../core/mqtt/stored-devices';
import { readDevices } from './devices';
import { onLedgerOpen, openLedgers } from './ledgers';
import { onClose } from './on-close';
import type { RED, RedNode } from './red';
import { shared } from './shared';

export interface BrokerNode extends RedNode {
  /** Null when the settings of the broker are wrong. */
  readonly broker: HeldBroker | null;
}

/** @throws ConfigError `broker_missing`, `broker_config` */
export function brokerOf(red: RED, id: string | undefined): HeldBroker {
  const node = red.nodes.getNode(id) as BrokerNode | null;
  if (node?.type !== 'shelfwire-broker')
    throw new ConfigError(
      'No broker is chosen, or it is disabled. Choose one in the settings of this node.',
      'broker_missing',
    );
  if (!node.broker)
    throw new ConfigError(
      'The settings of the broker are wrong, so nothing is received. Devices keep their messages. Correct the broker.',
      'broker_config',
    );
  return node.broker;
}

export type BrokerSettings =
  | { kind: 'embedded'; settings: EmbeddedSettings }
  | { kind: 'external'; settings: ExternalSettings };

/** The part of a broker's life that belongs to one deploy of its node. */
export interface HeldBroker {
  readonly kind: 'embedded' | 'external';
  readonly devices: DeviceRegistry;
  readonly state: LinkState;
  readonly reason: string | null;
  /** The port of an embedded broker, else null. */
  readonly port: number | null;
  subscribe(filter: string, qos: 0 | 1, handler: DeliveryHandler): () => void;
  /** Calls back when its state, its devices or their connections changed. @returns a function that ends this */
  onChange(listener: () => void): () => void;
  /** @param removed the node was deleted: close now; otherwise wait for the node to come back */
  release(removed: boolean): Promise<void>;
}

interface Entry {
  kind: 'embedded' | 'external';
  link: EmbeddedBroker | ExternalBroker;
  /** External: the settings it was made with. */
  key: string;
  report: (problem: BrokerProblem) => void;
  listeners: Set<() => void>;
  users: number;
  memory: DeviceMemory;
  /** Embedded: as the node has them. */
  settings: EmbeddedSettings | null;
  /** What the sidebar changed; null = no ledger was open yet. */
  stored: StoredDevice[] | null;
  reloading: Promise<void>;
  look: NodeJS.Timeout | null;
  linger: NodeJS.Timeout | null;
}

/** Longer than a deploy takes. */
const LINGER_MS = 30_000;
/** How soon a device that dies or falls silent is written down. */
const LOOK_MS = 5_000;
const WAIT_MS = 200;

const entries = () => shared('brokers', () => new Map<string, Entry>());

/**
 * Takes the broker of a config node, made anew or as it was before the deploy, with these settings.
 * @param report shows a problem on the node
 * @throws ConfigError `accounts_invalid`
 */
export function holdBroker(
  id: string,
  wanted: BrokerSettings,
  report: (problem: BrokerProblem) => void,
): { held: HeldBroker; applied: Promise<void> } {
  const key = wanted.kind === 'external' ? JSON.stringify(wanted.settings) : '';
  let entry = entries().get(id);
  if (entry && (entry.kind !== wanted.kind || entry.key !== key)) {
    forget(id, entry);
    void entry.link.close();
    entry = undefined;
  }
  if (!entry) {
    entry = makeEntry(id, wanted, key);
    entries().set(id, entry);
  }
  if (entry.linger) clearTimeout(entry.linger);
  entry.linger = null;
  entry.users += 1;
  entry.report = report;
  entry.settings = wanted.kind === 'embedded' ? wanted.settings : null;
  return { held: hold(id, entry), applied: reloadDevices(id) };
}

const checks = new PasswordChecks();

/** Reads what the sidebar changed, and goes on with that; one after the other, so that the newest stays. */
export function reloadDevices(id: string): Promise<void> {
  const entry = entries().get(id);
  if (!entry) return Promise.resolve();
  const reload = () => reloadEntry(id, entry);
  const done = entry.reloading.then(reload, reload);
  entry.reloading = done.catch(() => undefined);
  return done;
}

async function reloadEntry(id: string, entry: Entry): Promise<void> {
  if (!(entry.link instanceof EmbeddedBroker)) return;
  entry.stored = (await readDevices(id)) ?? entry.stored;
  // By now another deploy may have come.
  const { settings, link, stored } = entry;
  if (!settings) return;
  const accounts = await layDevices(settings.accounts, stored ?? [], async (hash, password) =>
    Boolean(await checks.matches(hash, password)),
  );
  if (settings !== entry.settings) return;
  // Without a ledger in the flow nothing can have been changed.
  await link.apply({ ...settings, accounts, pending: settings.pending === true && stored === null });
}

/** Of an embedded broker: where its devices connect, and which accounts its node has. */
export function settingsOfBroker(id: string): EmbeddedSettings | null {
  return entries().get(id)?.settings ?? null;
}

/** Nodes (brokers, scanner in) whose settings are wrong, and why, for as long as they are deployed. */
const broken = () => shared('broken-scanner-nodes', () => new Map<string, string>());

/** Declares that a node does not receive because of its settings: the health route says so. */
export function declareBroken(node: RedNode, reason: string): void {
  broken().set(node.id, reason);
  onClose(node, () => {
    broken().delete(node.id);
  });
}

/** For the health route: each embedded broker, and each broker or scanner in that cannot work. All must be up. */
export function embeddedBrokers(): { id: string; up: boolean; reason: string | null }[] {
  const brokers = [...entries()]
    .filter(([, { kind }]) => kind === 'embedded')
    .map(([id, { link }]) => ({ id, up: link.state === 'up', reason: link.reason }));
  return [...brokers, ...[...broken()].map(([id, reason]) => ({ id, up: false, reason }))];
}

/** For the admin side: the devices of every broker. */
export function devicesOfBrokers(): { broker: string; kind: 'embedded' | 'external'; devices: DeviceState[] }[] {
  return [...entries()].map(([broker, { kind, link }]) => ({ broker, kind, devices: link.devices.list() }));
}

/** Closes all brokers of the process (tests). */
export async function closeBrokers(): Promise<void> {
  const all = [...entries()];
  for (const [id, entry] of all) forget(id, entry);
  await Promise.all(all.map(([, { link }]) => link.close()));
}

function makeEntry(id: string, wanted: BrokerSettings, key: string): Entry {
  const log = new ProblemLog(
    () => performance.now(),
    (problem) => entry.report(problem),
  );
  const options = {
    now: Date.now,
    problem: (problem: BrokerProblem) => log.report(problem),
    changed: () => {
      for (const listener of entry.listeners) listener();
    },
  };
  const listeners = new Set<() => void>();
  const entry: Entry = {
    kind: wanted.kind,
    key,
    report: () => undefined,
    listeners,
    users: 0,
    linger: null,
    link: undefined as never,
    memory: undefined as never,
    look: null,
    settings: null,
    stored: null,
    reloading: Promise.resolve(),
  };
  entry.link = wanted.kind === 'embedded' ? new EmbeddedBroker(options) : new ExternalBroker(wanted.settings, options);
  const { devices } = entry.link;
  entry.memory = new DeviceMemory({ broker: id, devices, ledgers: openLedgers, now: Date.now });
  look(entry, 0);
  listen();
  return entry;
}

/** What the sidebar changed is in the ledger. */
function listen(): void {
  shared('brokers-listen', () =>
    onLedgerOpen(() => {
      for (const id of entries().keys()) reloadDevices(id).catch(() => undefined);
    }),
  );
}

/** Until the ledger is open it is looked at more often, so that what was known shows at once. */
function look(entry: Entry, wait: number): void {
  entry.look = setTimeout(async () => {
    await entry.memory.look();
    if (entry.look) look(entry, entry.memory.restored ? LOOK_MS : WAIT_MS);
  }, wait);
  entry.look.unref();
}

function hold(id: string, entry: Entry): HeldBroker {
  const { kind, link, listeners } = entry;
  let released = false;
  return {
    kind,
    devices: link.devices,
    get state() {
      return link.state;
    },
    get reason() {
      return link.reason;
    },
    get port() {
      return link instanceof EmbeddedBroker ? link.port : null;
    },
    subscribe: (filter, qos, handler) => link.subscribe(filter, qos, handler),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    release: async (removed) => {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users > 0 || entries().get(id) !== entry) return;
      if (removed) {
        forget(id, entry);
        await link.close(true);
        await entry.memory.forget();
        return;
      }
      // Perhaps the process ends.
      await entry.memory.flush();
      if (entry.users > 0 || entries().get(id) !== entry) return;
      entry.linger = setTimeout(() => {
        forget(id, entry);
        void link.close();
      }, LINGER_MS);
    },
  };
}

function forget(id: string, entry: Entry): void {
  if (entry.look) clearTimeout(entry.look);
  entry.look = null;
  if (entry.linger) clearTimeout(entry.linger);
  if (entries().get(id) === entry) entries().delete(id);
}
