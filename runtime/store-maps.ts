/** The store maps of all deployed receivers, so that what was refused as `UNKNOWN_STORE` can be replayed once mapped. */

import type { Locations } from '../core/ledger/ledger';
import { onClose } from './on-close';
import type { RedNode } from './red';
import { shared } from './shared';

interface Entry {
  sender: string;
  stores: ReadonlyMap<string, string>;
}

const entries = () => shared('store-maps', () => new Map<string, Entry>());

/** Declares a receiver's map for as long as the node lives. */
export function offerStoreMap(node: RedNode, sender: string, stores: ReadonlyMap<string, string>): void {
  const entry = { sender, stores };
  entries().set(node.id, entry);
  onClose(node, () => {
    if (entries().get(node.id) === entry) entries().delete(node.id);
  });
}

/** All maps of deployed receivers, for `Ledger.replay`. */
export function locations(): Locations {
  const all: Locations = {};
  for (const { sender, stores } of entries().values()) all[sender] = { ...all[sender], ...Object.fromEntries(stores) };
  return all;
}
