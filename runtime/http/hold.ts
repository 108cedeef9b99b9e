/** The path of a receiver whose settings are wrong: senders are told to come back instead of 404. */
import type { NodeDef, RED, RedNode } from '../red';
import { pathProperty } from './properties';
import { holdPath } from './receive';

/** Senders come back once the settings are right; where the path itself is wrong there is nothing to keep. */
export function holdOwnPath(red: RED, node: RedNode, def: NodeDef, fallback: string): void {
  try {
    const path = pathProperty(red, node, def, fallback);
    holdPath(red, node, { method: 'POST', path }, 'This receiver is not set up.');
  } catch {
    // The reason is on the node already.
  }
}
