/**
 * Whether what fails can come back to a push after a while: only then its items may keep their lease meanwhile. Through a
 * link or a subflow nobody can see, so those count as a loop. A wire straight to a push has nothing on it that waits: it
 * would flood a platform that is down.
 */
import type { RED, RedNode } from '../../runtime/red';

const BACK = new Set(['shelfwire-retry', 'link out', 'link call']);

export function leadsBack(red: RED, node: RedNode, output: number): boolean {
  const open = (node.wires[output] ?? []).filter((id) => (red.nodes.getNode(id) as RedNode | null)?.type !== node.type);
  const seen = new Set(open);
  for (const id of open) {
    const next = red.nodes.getNode(id) as RedNode | null;
    if (!next || BACK.has(next.type) || next.type === node.type || next.type.startsWith('subflow')) return true;
    for (const wire of (next.wires ?? []).flat()) {
      if (!seen.has(wire)) {
        seen.add(wire);
        open.push(wire);
      }
    }
  }
  return false;
}
