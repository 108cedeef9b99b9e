/** What the outlets config node (one platform account) offers to changed stock and the push. */
import { ConfigError } from '../core/errors';
import type { Ledger, OutletDefinition } from '../core/ledger/ledger';
import type { RED, RedNode } from './red';
import { shared } from './shared';

/** One outlet with everything needed to send to it; secrets stay inside `headers()`. */
export interface Outlet {
  readonly definition: OutletDefinition;
  /** On-change pushes are on for this outlet. */
  readonly auto: boolean;
  readonly method: 'POST' | 'PUT';
  /** JSONata that must be true of the parsed body for a 2xx to count as success; '' = every 2xx. */
  readonly answer: string;
  /** Fresh for each request; contains the key. */
  headers(): Record<string, string>;
  /** Secret texts that must be cut out of anything shown or stored. */
  secrets(): string[];
  /** Waits for one of the outlet's `concurrency` slots and for the account's `ratePerMinute`. */
  slot(signal?: AbortSignal): Promise<() => void>;
}

export interface OutletsNode extends RedNode {
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
