/** Config nodes for tests of nodes that only ask them: a ledger node and an outlets node around what the test gives. */
import type { Ledger } from '../../core/ledger/ledger';
import type { NodeDef, RED, RedNode } from '../../runtime/red';

/** A set of the type `shelfwire-ledger`; `publicUrl` and `timeZone` are taken from the entry. */
export function ledgerNodeOf(ledger: Ledger): (red: RED) => void {
  return (red) => {
    function Node(this: RedNode, def: NodeDef): void {
      red.nodes.createNode(this, def);
      Object.assign(this, {
        open: async () => ledger,
        current: () => ledger,
        timeZone: def.timeZone ?? '',
        publicUrl: def.publicUrl ?? '',
        trustProxy: false,
      });
    }
    red.nodes.registerType('shelfwire-ledger', Node);
  };
}

/** A set of the type `shelfwire-outlets` with the outlets of the entry's `list`. */
export function outletsNodeOf(ledger: Ledger): (red: RED) => void {
  return (red) => {
    function Node(this: RedNode, def: NodeDef): void {
      red.nodes.createNode(this, def);
      Object.assign(this, { ledger: async () => ledger, list: () => def.list ?? [] });
    }
    red.nodes.registerType('shelfwire-outlets', Node);
  };
}
