/** The store maps of all deployed receivers, so that what was refused as `UNKNOWN_STORE` can be replayed once mapped. */

import type { LocationMap } from '../core/ledger/ledger';
import { onClose } from './on-close';
import type { RedNode } from './red';
import { shared } from './shared';

const entries = () => shared('store-maps', () => new Map<string, LocationMap>());

/**
 * Declares a receiver's map for as long as the node lives.
 * @param origin where it receives, as kept with the originals of its input
 */
export function offerStoreMap(
  node: RedNode,
  sender: string,
  origin: string,
  stores: ReadonlyMap<string, string>,
): void {
  const entry = { sender, origin, stores: Object.fromEntries(stores) };
  entries().set(node.id, entry);
  onClose(node, () => {
    if (entries().get(node.id) === entry) entries().delete(node.id);
  });
}

/** All maps of deployed receivers, for `Ledger.replay`. */
export function locations(): LocationMap[] {
  return [...entries().values()];
}
