/**
 * Which outlets some changed stock node carries. A branch that is added later is in no node's own list of shops: without
 * a deploy nobody would take what waits for it, so it is said where the operator looks.
 */
import { shared } from './shared';

export interface Carrier {
  /** The account that it takes from: the id of its outlets node. */
  readonly account: string;
  /** @param outlet its key */
  carries(outlet: string): boolean;
}

const carriers = () => shared('carriers', () => new Set<Carrier>());

/** @returns a function that ends this */
export function registerCarrier(carrier: Carrier): () => void {
  carriers().add(carrier);
  return () => carriers().delete(carrier);
}

/** @returns `none`: no changed stock takes from this account at all; `others`: only from other outlets of it */
export function carriedBy(outlet: string, account: string): 'carried' | 'others' | 'none' {
  const all = [...carriers()].filter((carrier) => carrier.account === account);
  if (all.length === 0) return 'none';
  return all.some((carrier) => carrier.carries(outlet)) ? 'carried' : 'others';
}
