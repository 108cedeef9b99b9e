/**
 * field mapper: gives items the form that a platform wants, by a table. Items that cannot be mapped exactly leave by the
 * second output, are refused in the ledger with their reason, and are off the ticket; the rest goes on.
 */
import { ConfigError, InvalidInputError } from '../../core/errors';
import { fingerprint } from '../../core/mapping/fingerprint';
import { compileMapping, type Mapper, type MapResult } from '../../core/mapping/mapper';
import { presetOf } from '../../core/mapping/presets';
import { canonicalMapping, type Mapping, parseMapping, UNMAPPED } from '../../core/mapping/table';
import type { Ticket, TicketMapping } from '../../core/pushing/ticket';
import { expand, withoutSecrets } from '../../runtime/env';
import { jsonataCompiler } from '../../runtime/jsonata';
import { ledgerById } from '../../runtime/ledgers';
import { onInput } from '../../runtime/on-input';
import type { Message, NodeDef, RED, RedNode, Send } from '../../runtime/red';
import { breather } from '../../runtime/slices';
import { StatusLine } from '../../runtime/status';
import { ticketOf } from '../../runtime/tickets';

interface Ready {
  mapper: Mapper;
  mapping: TicketMapping;
}

export = function register(red: RED): void {
  function FieldMapper(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    const ready = prepare(red, this, def, status);

    onInput(this, async (msg, send) => {
      if (!ready)
        throw new ConfigError(
          'The table of the field mapper is wrong, so nothing was mapped or sent. Nothing is lost; open the node and correct what is marked.',
        );
      const ticket = ticketOf(msg);
      if (ticket && isDone(ticket, ready.mapping)) {
        send([msg, null]);
        return;
      }
      if (!Array.isArray(msg.payload))
        throw new InvalidInputError(
          'not_a_list',
          'The field mapper takes a list of items; msg.payload is none. It was not passed on; make a list of it first.',
          'payload',
        );
      const store = ticket?.store_id ?? (typeof msg.store_id === 'string' ? msg.store_id : undefined);
      const result = await ready.mapper.map(msg.payload, store === undefined ? {} : { store_id: store }, breather());
      if (ticket) await refuse(ticket, result);
      pass(msg, send, ticket, ready.mapping, result);
      if (result.refused.length > 0) status.show('refused', { count: result.refused.length });
      else status.show('mapped', { count: result.mapped.length });
    });
  }
  red.nodes.registerType('shelfwire-field-mapper', FieldMapper);
};

/** Compiles the table; a mistake in it is shown once, at deploy. */
function prepare(red: RED, node: RedNode, def: NodeDef, status: StatusLine): Ready | null {
  try {
    const preset = isEmpty(def.fields) ? presetOf(def.preset) : undefined;
    const wrap = isEmpty(def.wrap) ? preset?.wrap : def.wrap;
    const parsed = parseMapping(preset?.fields ?? def.fields, wrap, (text) => expand(red, node, text));
    refuseSecrets(parsed);
    const mapper = compileMapping(parsed, jsonataCompiler(red, node));
    const mapping: TicketMapping = { fingerprint: fingerprint(parsed), key: parsed.key };
    if (parsed.wrap !== '') mapping.wrap = parsed.wrap;
    status.show('ready');
    return { mapper, mapping };
  } catch (thrown) {
    status.show('config');
    node.error(thrown as Error);
    return null;
  }
}

/** Bodies are shown in the flow and kept in the ledger, so no key may be in them. @throws ConfigError `secret_shown` */
function refuseSecrets(mapping: Mapping): void {
  const text = canonicalMapping(mapping);
  if (withoutSecrets(text) === text) return;
  throw new ConfigError(
    'The table or the body around it holds a secret of the environment, which would be seen in messages and be kept in the ledger. Nothing is mapped or sent, nothing is lost. Send it as a header: see the outlets.',
    'secret_shown',
  );
}

/**
 * True for a message that must not be mapped (again): a stored body that is repeated, or one that comes back to this
 * mapper in a loop. @throws ConfigError `mapped_twice` when another mapper has already shaped it
 */
function isDone(ticket: Ticket, mapping: TicketMapping): boolean {
  if (ticket.repeat || ticket.chunk) return true;
  const before = ticket.mapping?.fingerprint ?? UNMAPPED;
  if (before === UNMAPPED) return false;
  if (before === mapping.fingerprint) return true;
  throw new ConfigError(
    `The items for ${ticket.outlet} were already mapped by another field mapper, so nothing was sent. Nothing is lost; let only one field mapper stand on the way to a push.`,
    'mapped_twice',
  );
}

async function refuse(ticket: Ticket, { mapped, refused }: MapResult): Promise<void> {
  if (refused.length === 0) return;
  const reasons = new Map(refused.map((refusal) => [refusal.sku, refusal]));
  for (const { sku } of mapped) reasons.delete(sku);
  const items = ticket.entries.flatMap(({ sku, item }) => {
    const reason = reasons.get(sku);
    return reason ? [{ item, code: reason.code, message: reason.message }] : [];
  });
  if (items.length === 0) return;
  const ledger = ledgerById(ticket.ledger);
  if (!ledger)
    throw new ConfigError(
      `The ledger of these items for ${ticket.outlet} is not open, so nothing was sent. Nothing is lost; they will be waiting again.`,
      'ledger_missing',
    );
  await ledger.refuse(ticket, items);
}

function pass(msg: Message, send: Send, ticket: Ticket | undefined, mapping: TicketMapping, result: MapResult): void {
  const { mapped, refused } = result;
  const given = msg.payload as unknown[];
  let out: Message | null = msg;
  let outRefused: Message | null = null;
  if (refused.length > 0) {
    const { push: _, parts: __, ...rest } = msg;
    outRefused = { ...rest, payload: refused.map(({ index }) => given[index]), refused };
    if (ticket) outRefused.topic = ticket.outlet;
  }
  msg.payload = mapped.map(({ item }) => item);
  if (ticket) {
    const entries = entriesAfter(ticket, mapping, result);
    msg.push = { ...ticket, mapping, entries };
    if (mapped.length === 0 && entries.length === 0) out = null;
  } else {
    msg.mapping = mapping;
    if (mapped.length === 0 && refused.length > 0) out = null;
  }
  send([out, outRefused]);
}

/** The entries of what was not refused, each with the key under which it stands in the body. */
function entriesAfter(ticket: Ticket, mapping: TicketMapping, { mapped, refused }: MapResult): Ticket['entries'] {
  if (mapping.fingerprint === UNMAPPED && refused.length === 0) return ticket.entries;
  const keys = new Map(mapped.map(({ sku, key }) => [sku, key]));
  const gone = new Set(refused.map(({ sku }) => sku));
  return ticket.entries
    .filter(({ sku }) => keys.has(sku) || !gone.has(sku))
    .map((entry) => {
      const key = keys.get(entry.sku);
      return key === undefined || key === null || mapping.fingerprint === UNMAPPED ? entry : { ...entry, key };
    });
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
