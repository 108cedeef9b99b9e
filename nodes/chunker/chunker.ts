/** chunker: at most so many items and bytes in a message; every slice carries the ticket of its own items. */
import { distribute, type Limits, slice } from '../../core/chunking/chunking';
import { ConfigError, InvalidInputError } from '../../core/errors';
import { type WrapValues, wrapEnds, wrapValues } from '../../core/mapping/wrap';
import type { TicketMapping } from '../../core/pushing/ticket';
import { runThrough } from '../../core/steps';
import { onInput } from '../../runtime/on-input';
import { numberProperty } from '../../runtime/properties';
import type { Message, NodeDef, RED, RedNode } from '../../runtime/red';
import { inSlices, turn } from '../../runtime/slices';
import { StatusLine } from '../../runtime/status';
import { ticketOf } from '../../runtime/tickets';

/** Items that are sliced, and slices that are sent on, at once. */
const SMALL = 1_000;
const SMALL_SLICES = 10;

export = function register(red: RED): void {
  function Chunker(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    const limits = readLimits(this, def, status);

    onInput(this, async (msg, send) => {
      if (!limits)
        throw new ConfigError(
          'The settings of the chunker are wrong, so nothing was passed on. Nothing is lost; open the node and correct what is marked.',
        );
      const ticket = ticketOf(msg);
      // What was committed for sending is sent again exactly as it was.
      if (ticket?.repeat || ticket?.chunk) {
        send(msg);
        return;
      }
      if (!Array.isArray(msg.payload))
        throw new InvalidInputError(
          'not_a_list',
          `The chunker slices lists; msg.payload is ${kindOf(msg.payload)}. It was not passed on; make a list of items of it first.`,
          'payload',
        );
      const mapping: TicketMapping | undefined = ticket?.mapping ?? (msg.mapping as TicketMapping | undefined);
      const steps = slice(msg.payload, limits, overheadOf(msg, mapping));
      const slices = msg.payload.length <= SMALL ? runThrough(steps) : await inSlices(steps);
      // A ticket whose items a flow has all removed still has to reach the push, which reports them dropped.
      if (slices.length === 0 && ticket && ticket.entries.length > 0) slices.push({ items: [], oversize: false });
      const entries = ticket ? distribute(slices, ticket.entries, mapping?.key ?? 'sku') : [];
      const parts = { id: red.util.generateId(), type: 'array', count: slices.length, len: limits.size };
      for (const [index, { items }] of slices.entries()) {
        const out: Message = {
          ...msg,
          payload: items,
          parts: { ...parts, index, ...(msg.parts && { parts: msg.parts }) },
        };
        if (ticket) out.push = { ...ticket, entries: entries[index]! };
        // One by one: Node-RED clones every message of a list but the first.
        send(out);
        // A second wire costs a copy of each.
        if (slices.length > SMALL_SLICES) await turn();
      }
      const large = slices.filter(({ oversize }) => oversize).length;
      if (large > 0) {
        status.show('oversize', { count: large });
        this.warn(
          `${large} items are each larger than ${limits.bytes} bytes and go alone; the platform may refuse them.`,
        );
      } else status.show('chunked', { count: msg.payload.length, parts: slices.length });
    });
  }
  red.nodes.registerType('shelfwire-chunker', Chunker);
};

function readLimits(node: RedNode, def: NodeDef, status: StatusLine): Limits | null {
  try {
    const limits = {
      size: numberProperty(def, 'size', { default: 500, min: 1, max: 100_000, integer: true }),
      bytes: numberProperty(def, 'bytes', { default: 0, min: 0, max: 1_000_000_000, integer: true }),
    };
    status.show('ready');
    return limits;
  } catch (thrown) {
    status.show('config');
    node.error(thrown as Error);
    return null;
  }
}

/** Bytes that the body around the list will have. */
function overheadOf(msg: Message, mapping: TicketMapping | undefined): number {
  if (!mapping?.wrap) return 0;
  const store = typeof msg.store_id === 'string' ? msg.store_id : '';
  const values: WrapValues = msg.push
    ? wrapValues(msg.push)
    : { store_id: store, outlet_name: '', platform: '', type: 'partial' };
  return Buffer.byteLength(wrapEnds(mapping.wrap, values).join(''));
}

function kindOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return 'a buffer';
  if (value === null || value === undefined) return 'empty';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
