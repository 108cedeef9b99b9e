/** The ticket of a message, checked: a flow may have changed any property on the way. */
import { InvalidInputError } from '../core/errors';
import type { Ticket } from '../core/pushing/ticket';
import type { Message } from './red';

/**
 * @returns undefined for a message without a ticket (an operator's own list)
 * @throws InvalidInputError `ticket_broken`; nothing is lost, since the leases of its items end by themselves
 */
export function ticketOf(msg: Message): Ticket | undefined {
  const ticket: Partial<Ticket> | undefined | null = msg.push;
  if (ticket === undefined || ticket === null) return undefined;
  const texts = [ticket.id, ticket.ledger, ticket.outlet, ticket.store_id];
  if (texts.every((text) => typeof text === 'string' && text !== '') && Array.isArray(ticket.entries)) return msg.push;
  throw new InvalidInputError(
    'ticket_broken',
    'msg.push is not the ticket that changed stock gave: a node before this one changed it. Nothing was sent and nothing is lost, its items will be waiting again. Keep msg.push as it is.',
    'push',
  );
}
