/** The store maps of all deployed receivers, so that what was refused as `UNKNOWN_STORE` can be replayed once mapped. */

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

/** The store to which a sender's location is mapped now, or undefined. */
export function mappedStore(sender: string, location: string): string | undefined {
  for (const entry of entries().values()) {
    const storeId = entry.sender === sender ? entry.stores.get(location) : undefined;
    if (storeId !== undefined) return storeId;
  }
  return undefined;
}
