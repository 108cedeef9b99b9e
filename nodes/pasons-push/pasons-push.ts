/**
 * pasons push: sends a message to its outlet's platform. Output 1: what was accepted; output 2: what was not, with the
 * reason, ready for retry. The engine in core/pushing does the work and the ledger remembers it.
 */
import { ANSWERS } from '../../connectors/pasons/profile';
import { ConfigError, OverloadError, ShelfwireError, StorageError } from '../../core/errors';
import type { Ledger, OutletDefinition } from '../../core/ledger/ledger';
import { push } from '../../core/pushing/engine';
import type { FailedPart, PushResult } from '../../core/pushing/result';
import type { Ticket } from '../../core/pushing/ticket';
import { tell } from '../../core/pushing/words';
import { watched } from '../../runtime/debugging';
import { deploys } from '../../runtime/deploying';
import { ledgerById } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import { onInput } from '../../runtime/on-input';
import { outletByKey, outletsNode } from '../../runtime/outlets';
import { pushClient } from '../../runtime/push-client';
import type { Message, NodeDef, RED, RedNode, Send } from '../../runtime/red';
import { StatusLine, type StatusName } from '../../runtime/status';
import { ticketOf } from '../../runtime/tickets';
import { leadsBack } from './loop';
import { claimList, keyOf, outletOf } from './own-list';

/** Lists without a ticket that may wait here at once; how many with a ticket there are is bounded by the ledger. */
const CAPACITY = 1000;
/** How long requests in flight are waited for when the node closes: containers are killed 10 s after SIGTERM. */
const CLOSE_MS = 5_000;

export = function register(red: RED): void {
  function PasonsPush(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const node = this;
    const status = new StatusLine(red, node);
    const key = typeof def.key === 'string' && def.key.trim() !== '' ? def.key.trim() : 'sku';
    const deploying = deploys(red);
    const queue = new AbortController();
    const flight = new AbortController();
    const working = new Set<Promise<void>>();
    let sending = 0;
    let lists = 0;
    status.show('ready');

    onInput(node, (msg, send) => {
      const work = handle(msg, send).finally(() => working.delete(work));
      working.add(work);
      return work;
    });

    async function handle(msg: Message, send: Send): Promise<void> {
      const ticket = ticketOf(msg);
      // It failed in a push before, which gave everything back: nothing of it is left to send.
      if (ticket?.entries.length === 0 && msg.error?.retryable === false) return;
      if (ticket) await deliver(msg, send, ledgerOf(ticket), ticket);
      else await deliverList(msg, send);
    }

    /** An operator's own list. */
    async function deliverList(msg: Message, send: Send): Promise<void> {
      if (lists >= CAPACITY)
        throw new OverloadError('Too many lists wait for this push. This one was not sent; send it again in a moment.');
      lists += 1;
      try {
        await claimAndDeliver(msg, send);
      } finally {
        lists -= 1;
      }
    }

    async function claimAndDeliver(msg: Message, send: Send): Promise<void> {
      const outlets = outletsNode(red, def.outlets as string | undefined);
      const { definition } = outletOf(msg, outlets.list());
      const ledger = await outlets.ledger();
      let ticket: Ticket | null;
      try {
        ticket = await claimList(ledger, definition.outlet, msg, keyOf(msg, key), queue.signal);
      } catch (thrown) {
        if (!(thrown instanceof ShelfwireError) || thrown instanceof StorageError) throw thrown;
        fail(msg, send, definition, { code: thrown.code, retryable: false });
        return;
      }
      if (ticket) await deliver(msg, send, ledger, ticket);
      else fail(msg, send, definition, { code: 'items_busy', retryable: true });
    }

    /** Nothing was claimed: the list leaves as it came, without a ticket. */
    function fail(
      msg: Message,
      send: Send,
      { name, store_id }: OutletDefinition,
      why: { code: string; retryable: boolean },
    ) {
      const { response: _, refused: __, ...rest } = msg;
      const count = Array.isArray(msg.payload) ? msg.payload.length : 0;
      const message = tell({ code: why.code, shop: `${name} (${store_id})`, count, fate: 'own' });
      send([null, { ...rest, error: { ...why, message, statusCode: null, retryAfter: null, reach: 'unknown' } }]);
      status.show('failed', { reason: why.code });
    }

    async function deliver(msg: Message, send: Send, ledger: Ledger, ticket: Ticket): Promise<void> {
      const count = Array.isArray(msg.payload) ? msg.payload.length : ticket.entries.length;
      sending += count;
      status.show('sending', { count: sending });
      try {
        const result = await push({
          ledger,
          http: watched(ticket.outlet, pushClient),
          profile: ANSWERS,
          now: Date.now,
          target: outletByKey(ticket.outlet),
          ticket,
          payload: msg.payload,
          sliced: count <= (msg.parts?.len ?? 0),
          mayHold: () => !queue.signal.aborted && !deploying() && leadsBack(red, node, 1),
          queueSignal: queue.signal,
          signal: flight.signal,
        });
        emit(msg, send, result);
      } finally {
        sending -= count;
      }
    }

    /** Every part leaves as a message of its own, so that retry can hold each by its ticket. */
    function emit(msg: Message, send: Send, { accepted, failed, foreign }: PushResult): void {
      const { error: _, response: __, refused: ___, ...rest } = msg;
      if (accepted) {
        const { items, ticket, response } = accepted;
        send([{ ...rest, payload: items, push: ticket, response }, null]);
        status.show('accepted', { count: items.length });
      }
      for (const part of failed) {
        const { items, ticket, error, refused } = part;
        const out: Message = { ...rest, payload: items, push: ticket, error: { ...error } };
        if (refused.length > 0) out.refused = refused.map((refusal, index) => ({ index, ...refusal }));
        send([null, out]);
        status.show(...statusOf(part));
      }
      if (foreign.length > 0)
        node.warn(
          `${foreign.length} items are not on the ticket of this message, or twice in it, and were not sent. Nodes between changed stock and the push may change items, not add any.`,
        );
    }

    onClose(node, async () => {
      queue.abort();
      const all = Promise.allSettled(working);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          flight.abort();
          resolve();
        }, CLOSE_MS);
      });
      await Promise.race([all, late]);
      clearTimeout(timer);
      await all;
    });
  }
  red.nodes.registerType('shelfwire-pasons-push', PasonsPush);
};

function statusOf({ error, items, refused }: FailedPart): [StatusName, Record<string, unknown>] {
  if (refused.length > 0) return ['refused', { count: items.length }];
  if (error.reach === 'key_refused' || error.reach === 'fault') return [error.reach, {}];
  return ['failed', { reason: error.code }];
}

function ledgerOf(ticket: Ticket): Ledger {
  const ledger = ledgerById(ticket.ledger);
  if (ledger) return ledger;
  throw new ConfigError(
    `The ledger of these items for ${ticket.outlet} is not open, so nothing was sent. Nothing is lost; they will be waiting again.`,
    'ledger_missing',
  );
}
