/**
 * Declares outlets in the ledger. Accounts of one platform may be spread over several nodes and nodes come and go with
 * every deploy, so what a platform has is the union of all nodes that are deployed; a node that was only restarted does
 * not switch its outlets off in between.
 */
import type { Ledger, OutletDefinition } from '../../core/ledger/ledger';
import { shared } from '../../runtime/shared';

interface Account {
  ledger: Ledger;
  platform: string;
  /** By node id. */
  nodes: Map<string, OutletDefinition[]>;
  pending: Promise<void> | null;
}

/** Longer than a deploy takes from closing a node to making it anew. */
const GONE_MS = 1000;

const accounts = () => shared('declared-outlets', () => new Map<string, Account>());

/** Resolves once the ledger knows them. */
export function declareOutlets(
  ledger: Ledger,
  platform: string,
  node: string,
  definitions: OutletDefinition[],
): Promise<void> {
  const key = `${ledger.info.id} ${platform}`;
  let account = accounts().get(key);
  if (account?.ledger !== ledger) {
    account = { ledger, platform, nodes: account?.nodes ?? new Map(), pending: null };
    accounts().set(key, account);
  }
  account.nodes.set(node, definitions);
  return flush(account);
}

/** The node is closed: its outlets are switched off unless it is back in a moment. */
export function withdrawOutlets(ledger: Ledger, platform: string, node: string): void {
  const account = accounts().get(`${ledger.info.id} ${platform}`);
  const before = account?.nodes.get(node);
  if (!account || !before) return;
  const timer = setTimeout(() => {
    if (account.nodes.get(node) !== before) return;
    account.nodes.delete(node);
    // A ledger that was closed meanwhile has nothing to switch off.
    flush(account).catch(() => undefined);
  }, GONE_MS);
  timer.unref();
}

/** Nodes that start together are declared together. */
function flush(account: Account): Promise<void> {
  account.pending ??= new Promise((resolve, reject) => {
    setImmediate(() => {
      account.pending = null;
      account.ledger.defineOutlets(account.platform, union(account)).then(resolve, reject);
    });
  });
  return account.pending;
}

function union({ nodes }: Account): OutletDefinition[] {
  const byKey = new Map<string, OutletDefinition>();
  for (const definitions of nodes.values()) {
    for (const definition of definitions) {
      if (definition.enabled || !byKey.has(definition.outlet)) byKey.set(definition.outlet, definition);
    }
  }
  return [...byKey.values()];
}
