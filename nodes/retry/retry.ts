/**
 * retry: decides what becomes of a message that the push could not send. New messages pass at once; failed ones wait
 * their back-off and go round again, or leave by the second output. Wired in a visible loop with the push.
 */
import { ConfigError } from '../../core/errors';
import type { Ledger, Reach } from '../../core/ledger/ledger';
import type { Ticket } from '../../core/pushing/ticket';
import { type Backoff, decide } from '../../core/retrying/backoff';
import { WaitingRoom } from '../../core/retrying/waiting-room';
import { ledgerById } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import { onInput } from '../../runtime/on-input';
import { numberProperty } from '../../runtime/properties';
import type { Message, NodeDef, RED, RedNode, Send } from '../../runtime/red';
import { StatusLine } from '../../runtime/status';
import { ticketOf } from '../../runtime/tickets';

/** Messages held at once; a message has at most 500 items or so. */
const CAPACITY = 1000;
/** Leases last this much longer than the wait, for the way to the push. */
const LEASE_MARGIN_MS = 30_000;
const REACHES: readonly unknown[] = ['unknown', 'ok', 'not_reachable', 'key_refused', 'fault'] satisfies Reach[];

export = function register(red: RED): void {
  function Retry(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const node = this;
    const status = new StatusLine(red, node);
    const backoff = readBackoff(node, def, status);
    const room = new WaitingRoom(CAPACITY, {
      set: setTimeout,
      clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
    });
    const working = new Set<Promise<void>>();
    let overflowed = false;

    onInput(node, (msg, send) => {
      const work = handle(msg, send).finally(() => working.delete(work));
      working.add(work);
      return work;
    });

    async function handle(msg: Message, send: Send): Promise<void> {
      if (!backoff)
        throw new ConfigError(
          'The settings of retry are wrong, so nothing was tried. Nothing is lost; open the node and correct what is marked.',
        );
      const ticket = ticketOf(msg);
      if (!msg.error) {
        msg.retry = { attempt: 1, of: backoff.attempts };
        send([msg, null]);
        return;
      }
      const attempt = attemptOf(msg);
      const retryAfter = typeof msg.error.retryAfter === 'number' ? msg.error.retryAfter : null;
      const retryable = msg.error.retryable === true;
      const decision = decide({ retryable, retryAfter, attempt, probe: ticket?.probe === true }, backoff, Math.random);
      msg.retry = { attempt, of: backoff.attempts };
      if (decision.retry) await tryAgain(msg, send, ticket, attempt, decision.wait);
      else await giveUp(msg, send, ticket, retryable);
    }

    async function tryAgain(
      msg: Message,
      send: Send,
      ticket: Ticket | undefined,
      attempt: number,
      wait: number,
    ): Promise<void> {
      const of = backoff!.attempts;
      const ledger = ledgerOf(ticket);
      const until = Date.now() + wait + LEASE_MARGIN_MS;
      // The place is taken before the ledger is asked, so that closing finds everybody.
      const released = room.wait(wait);
      if (ticket && ledger) await quietly(ledger.renew(ticket.outlet, ticket.entries, until));
      status.show('retrying', { attempt: attempt + 1, seconds: Math.ceil(wait / 1000) });
      const how = await released;
      if (how === 'due') {
        delete msg.error;
        delete msg.response;
        msg.retry = { attempt: attempt + 1, of };
        send([msg, null]);
        if (room.size > 0) status.show('waiting', { count: room.size });
        else {
          overflowed = false;
          status.show('ready');
        }
        return;
      }
      if (ticket && ledger) await ledger.giveBack(ticket);
      if (how !== 'evicted') return;
      status.show('overloaded');
      if (!overflowed)
        node.warn(
          `More than ${CAPACITY} messages wait for another try: the oldest are given back. Their items are waiting in the ledger, nothing is lost.`,
        );
      overflowed = true;
    }

    async function giveUp(msg: Message, send: Send, ticket: Ticket | undefined, retryable: boolean): Promise<void> {
      const error = msg.error!;
      status.show('gave_up');
      try {
        // What cannot be tried again was given back by the push itself.
        if (ticket && retryable)
          await ledgerOf(ticket)?.giveBack(ticket, {
            code: String(error.code),
            message: String(error.message),
            statusCode: typeof error.statusCode === 'number' ? error.statusCode : null,
            reach: REACHES.includes(error.reach) ? (error.reach as Reach) : 'not_reachable',
            retryAfter: typeof error.retryAfter === 'number' ? error.retryAfter : null,
          });
      } finally {
        send([null, msg]);
      }
    }

    /** A lease that could not be renewed shows at the push; here it only costs the wait. */
    async function quietly(work: Promise<void>): Promise<void> {
      try {
        await work;
      } catch (thrown) {
        node.warn(`The items' leases were not renewed: ${String((thrown as Error).message)}`);
      }
    }

    onClose(node, async () => {
      const count = room.close();
      await Promise.allSettled(working);
      if (count > 0)
        node.log(
          `${count} messages that waited for another try were given back; their items are waiting in the ledger.`,
        );
    });
  }
  red.nodes.registerType('shelfwire-retry', Retry);
};

function readBackoff(node: RedNode, def: NodeDef, status: StatusLine): Backoff | null {
  try {
    const backoff = {
      attempts: numberProperty(def, 'attempts', { default: 3, min: 1, max: 100, integer: true }),
      delay: numberProperty(def, 'delay', { default: 1, min: 0, max: 900 }),
      factor: numberProperty(def, 'factor', { default: 2, min: 1, max: 10 }),
      maxDelay: numberProperty(def, 'maxDelay', { default: 60, min: 0, max: 900 }),
      jitter: numberProperty(def, 'jitter', { default: 0.2, min: 0, max: 1 }),
    };
    status.show('ready');
    return backoff;
  } catch (thrown) {
    status.show('config');
    node.error(thrown as Error);
    return null;
  }
}

function attemptOf(msg: Message): number {
  const attempt = (msg.retry as { attempt?: unknown } | undefined)?.attempt;
  return typeof attempt === 'number' && Number.isInteger(attempt) && attempt >= 1 ? attempt : 1;
}

function ledgerOf(ticket: Ticket | undefined): Ledger | undefined {
  return ticket && ledgerById(ticket.ledger);
}
