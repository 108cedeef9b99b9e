/** The path of a receiver whose settings are wrong: senders are told to come back instead of 404. */
import { toShelfwireError } from '../../core/errors';
import { onClose } from '../on-close';
import type { NodeDef, RED, RedNode } from '../red';
import { dispatcher } from './dispatcher';
import { pathProperty } from './properties';
import { holdPath } from './receive';

/** Senders come back once the settings are right; where the path itself is wrong there is nothing to keep. */
export function holdOwnPath(red: RED, node: RedNode, def: NodeDef, fallback: string): void {
  try {
    const path = pathProperty(red, node, def, fallback);
    holdPath(red, node, { method: 'POST', path }, 'This receiver is not set up.');
  } catch (thrown) {
    // The reason is on the node already; the health route has to know that it does not receive.
    const down = { method: 'POST', path: String(def.path || fallback), why: toShelfwireError(thrown).message };
    onClose(node, dispatcher().routes.declareHomeless(node.id, down));
  }
}
