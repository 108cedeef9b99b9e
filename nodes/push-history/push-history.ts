/**
 * push history: passes finished pushes on, one message each, and answers questions. It only listens: the ledger records
 * every push with or without this node.
 */
import { ConfigError } from '../../core/errors';
import { PassedPushes, parseQuery, toRecord } from '../../core/history/history';
import type { Ledger, PushRecord } from '../../core/ledger/ledger';
import { ledgerById, ledgerNode } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import { onInput } from '../../runtime/on-input';
import type { Message, NodeDef, RED, RedNode, Send } from '../../runtime/red';
import { StatusLine } from '../../runtime/status';

export = function register(red: RED): void {
  function PushHistory(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const node = this;
    const status = new StatusLine(red, node);
    const pushes = new PassedPushes();
    const heard = new Set<Ledger>();
    status.show('ready');

    onInput(node, (msg, send) => {
      const id: unknown = msg.push?.id;
      return typeof id === 'string' && id !== '' ? follow(id, String(msg.push?.ledger)) : answer(msg, send);
    });

    /** A message of a push came by: its end is passed on when it comes, or now. */
    async function follow(id: string, ledgerId: string): Promise<void> {
      if (!pushes.see(id)) return;
      const ledger = ledgerById(ledgerId);
      if (!ledger)
        throw new ConfigError(
          `The ledger of push ${id} is not open, so its end cannot be shown here. The push is recorded; look it up once the ledger is open.`,
          'ledger_missing',
        );
      if (!heard.has(ledger)) {
        heard.add(ledger);
        ledger.on('pushFinished', finished);
      }
      const push = pushes.ended(id) ?? (await ledger.push(id));
      if (push && push.status !== 'running') finished(toRecord(push));
    }

    function finished(push: PushRecord): void {
      if (!pushes.pass(push.id)) {
        pushes.keep(push);
        return;
      }
      node.send({ topic: push.outlet, payload: push });
      if (push.status === 'success') status.show('accepted', { count: push.confirmed });
      else status.show('failed', { reason: push.outlet_name || push.outlet });
    }

    async function answer(msg: Message, send: Send): Promise<void> {
      const query = parseQuery(msg.payload);
      const ledger = await ledgerNode(red, def.ledger as string | undefined).open();
      const { pushes: rows } = await ledger.pushes(query);
      msg.payload = rows;
      send(msg);
    }

    onClose(node, () => {
      for (const ledger of heard) ledger.off('pushFinished', finished);
      heard.clear();
    });
  }
  red.nodes.registerType('shelfwire-push-history', PushHistory);
};
