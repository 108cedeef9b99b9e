/** What the sidebar changed, laid over this node's table: read from the ledger, known at once after a deploy. */
import { createHash } from 'node:crypto';
import type { Ledger } from '../../core/ledger/ledger';
import type { OutletRow } from '../../core/settings/outlet-change';
import { type Ended, type LaidRow, layOver, type OutletChange, type OwnKey } from '../../core/settings/outlet-change';
import type { Vault } from '../../core/settings/vault';
import { CHANGE_PREFIX } from '../../runtime/outlets';
import type { RED } from '../../runtime/red';
import { shared } from '../../runtime/shared';
import type { OutletsConfig } from './config';

/** By ledger node, by outlet: a node that is made anew by a deploy must not send with what the table says for a moment. */
const known = () => shared('outlet-changes', () => new Map<string, Map<string, OutletChange>>());

export async function loadChanges(ledgerNode: string, ledger: Ledger): Promise<void> {
  const found = new Map<string, OutletChange>();
  for (const [key, value] of await ledger.settingsOf(CHANGE_PREFIX)) {
    try {
      found.set(key, JSON.parse(value) as OutletChange);
    } catch {
      // Not written by us: the table counts.
    }
  }
  known().set(ledgerNode, found);
}

export interface Laid {
  rows: LaidRow[];
  /** By store; null = it cannot be opened any more. */
  keys: Map<string, OwnKey | null>;
  left: Map<string, OutletChange>;
  ended: Ended[];
}

/** @param deployedKey what the table gives, whatever was entered since */
export function lay(
  red: RED,
  node: string,
  config: OutletsConfig,
  ledgerNode: string,
  vault: Vault,
  deployedKey: (row: OutletRow) => string,
): Laid {
  const changes = new Map<string, OutletChange>();
  for (const [key, change] of known().get(ledgerNode) ?? []) {
    if (!key.startsWith(`${config.platform}:`)) continue;
    const store = key.slice(config.platform.length + 1);
    if (isMine(red, node, config, ledgerNode, store, change)) changes.set(store, change);
  }
  const { rows, left, ended } = layOver(config.rows, changes);
  const keys = new Map<string, OwnKey | null>();
  for (const row of rows) {
    const change = left.get(row.store_id);
    if (!change?.key || keys.has(row.store_id)) continue;
    const text = vault.open(change.key, keyPlace(config.platform, row.store_id));
    const own = text === null ? null : (JSON.parse(text) as OwnKey);
    if (own && own.was !== fingerprintOf(deployedKey(row))) {
      const { key: _, ...rest } = change;
      if (Object.keys(rest).length > 1) left.set(row.store_id, rest);
      else left.delete(row.store_id);
      row.changed = row.changed.filter((name) => name !== 'key');
      ended.push({ store_id: row.store_id, what: 'key', old: null, new: null });
    } else keys.set(row.store_id, own);
  }
  return { rows, keys, left, ended };
}

/** Node ids change when a flow moves to another installation: then the shop is whose table has it, a new branch the first node's. */
function isMine(
  red: RED,
  node: string,
  { platform, rows }: OutletsConfig,
  ledgerNode: string,
  store: string,
  change: OutletChange,
): boolean {
  if (change.node === node) return true;
  const others: string[] = [];
  red.nodes.eachNode((def) => {
    if (def.type === 'shelfwire-outlets' && (def.platform || 'pasons') === platform && def.ledger === ledgerNode)
      others.push(def.id);
  });
  if (others.includes(change.node)) return false;
  return change.added ? others[0] === node : rows.some(({ store_id }) => store_id === store);
}

export const keyPlace = (platform: string, store: string): string => `${platform}:${store}`;
export const fingerprintOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** What a deploy has ended is taken out of the ledger, and written down. */
export async function writeEnded(ledger: Ledger, platform: string, { ended, left }: Laid): Promise<void> {
  for (const { store_id, what, old, new: now } of ended) {
    const key = `${platform}:${store_id}`;
    const rest = left.get(store_id);
    if (old === now && old !== null) {
      // Nothing is different, so nobody need read of it.
      await ledger.setSetting(CHANGE_PREFIX + key, JSON.stringify(rest ?? {}));
      continue;
    }
    await ledger.change({
      name: CHANGE_PREFIX + key,
      value: rest ? JSON.stringify(rest) : null,
      by: 'deploy',
      subject: `outlet:${key}`,
      what,
      old,
      new: now,
    });
  }
}
