/** What the outlets config node (one platform account) offers to changed stock and the push. */
import { ConfigError } from '../core/errors';
import type { Ledger } from '../core/ledger/ledger';
import type { PushTarget } from '../core/pushing/target';
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

export interface OutletsNode extends RedNode {
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

const byKey = () => shared('outlets-by-key', () => new Map<string, Outlet>());

/** The deployed outlet with this key (`<platform>:<store_id>`). */
export function outletByKey(key: string): Outlet | undefined {
  return byKey().get(key);
}

export function registerOutlet(outlet: Outlet): void {
  byKey().set(outlet.definition.outlet, outlet);
}

export function forgetOutlet(outlet: Outlet): void {
  if (byKey().get(outlet.definition.outlet) === outlet) byKey().delete(outlet.definition.outlet);
}
