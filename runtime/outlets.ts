/** What the outlets config node (one platform account) offers to changed stock and the push. */
import { ConfigError } from '../core/errors';
import type { Ledger } from '../core/ledger/ledger';
import type { PushTarget } from '../core/pushing/target';
import type { LaidRow, OutletChange } from '../core/settings/outlet-change';
import type { RED, RedNode } from './red';
import { shared } from './shared';

/** One outlet with everything needed to send to it; secrets stay inside `headers()`. */
export interface Outlet extends PushTarget {
  /** On-change pushes are on for this outlet. */
  readonly auto: boolean;
  /** JSONata that must be true of the parsed body for a 2xx to count as success; '' = every 2xx. */
  readonly answer: string;
  /** Why nothing is sent, in words for the operator; null when all is well. */
  readonly problem: string | null;
}

/** Settings of the ledger that begin like this hold what was changed of an outlet without a deploy. */
export const CHANGE_PREFIX = 'outlet-change:';

/** A key as somebody types it. */
export interface TypedKey {
  key: string;
  /** The second half of a basic login; '' where none is needed. */
  secret: string;
}

/** What can be changed at run time. */
export interface Shop {
  /** As it counts now. */
  row: LaidRow;
  /** As the table has it; null = the branch is in no table. */
  deployed: { push_enabled: boolean; auto: boolean } | null;
  change: OutletChange | null;
}

export interface OutletsNode extends RedNode {
  readonly platform: string;
  /** Requests of the account; 0 = as many as there are. */
  readonly ratePerMinute: number;
  /** Null while the settings of the node are wrong. */
  readonly auth: 'api-key' | 'bearer' | 'basic' | 'none' | null;
  shop(storeId: string): Shop | undefined;
  /** What a request with this key would be sent with. */
  tryKey(storeId: string, key: TypedKey): PushTarget;
  /** The key as it may be stored. */
  sealKey(storeId: string, key: TypedKey): string;
  /** Reads again what was changed, and goes on with that. */
  reload(): Promise<void>;
  /** The open ledger, once the outlets are declared in it. */
  ledger(): Promise<Ledger>;
  /** All rows of the table, enabled or not. */
  list(): Outlet[];
}

/** @throws ConfigError `outlets_missing` */
export function outletsNode(red: RED, id: string | undefined): OutletsNode {
  const node = red.nodes.getNode(id) as OutletsNode | null;
  if (!node || typeof node.list !== 'function')
    throw new ConfigError(
      'No outlets are chosen, or they are disabled. Choose them in the settings of this node.',
      'outlets_missing',
    );
  return node;
}

interface Registered {
  outlet: Outlet;
  node: OutletsNode;
}

const byKey = () => shared('outlets-by-key', () => new Map<string, Registered>());

/** The deployed outlet with this key (`<platform>:<store_id>`). */
export function outletByKey(key: string): Outlet | undefined {
  return byKey().get(key)?.outlet;
}

/** The node that has it. */
export function nodeOfOutlet(key: string): OutletsNode | undefined {
  return byKey().get(key)?.node;
}

export function registerOutlet(outlet: Outlet, node: OutletsNode): void {
  byKey().set(outlet.definition.outlet, { outlet, node });
}

export function forgetOutlet(outlet: Outlet): void {
  if (outletByKey(outlet.definition.outlet) === outlet) byKey().delete(outlet.definition.outlet);
}

const deployed = () => shared('outlets-nodes', () => new Map<string, OutletsNode>());

/** Every outlets node that is deployed and can work. */
export function outletsNodes(): OutletsNode[] {
  return [...deployed().values()];
}

export function registerOutletsNode(node: OutletsNode): () => void {
  deployed().set(node.id, node);
  return () => {
    if (deployed().get(node.id) === node) deployed().delete(node.id);
  };
}
