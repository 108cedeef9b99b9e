/**
 * A list that an operator's own flow made, without a ticket: it is sent as it is. Its SKUs are claimed first, so that
 * nothing else is sent for them meanwhile, and are waiting afterwards: the ledger has the last word.
 */
import { InvalidInputError } from '../../core/errors';
import type { Ledger } from '../../core/ledger/ledger';
import { itemKey } from '../../core/mapping/key';
import type { Ticket, TicketMapping } from '../../core/pushing/ticket';
import type { Outlet } from '../../runtime/outlets';
import type { Message } from '../../runtime/red';

/** Other values of the same items are on their way: how long to wait for them. */
const BUSY_MS = 20_000;
const PAUSE_MS = 250;

/** @throws InvalidInputError `store_missing`, `unknown_store` */
export function outletOf(msg: Message, outlets: readonly Outlet[]): Outlet {
  const given = typeof msg.store_id === 'number' ? String(msg.store_id) : msg.store_id;
  const wanted = typeof given === 'string' && given !== '' ? given : null;
  const on = outlets.filter(({ definition }) => definition.enabled);
  const found = wanted === null ? (on.length === 1 ? on[0] : undefined) : outlets.find((o) => is(o, wanted));
  if (found) return found;
  if (wanted !== null)
    throw new InvalidInputError(
      'unknown_store',
      `The list was not sent: the outlets have no shop "${wanted}". Add it to the table of outlets and deploy.`,
      'store_id',
    );
  throw new InvalidInputError(
    'store_missing',
    'The list was not sent: it has no ticket, and msg.store_id does not say which shop it is for.',
    'store_id',
  );
}

const is = ({ definition }: Outlet, store: string) => definition.store_id === store;

/**
 * @param key property of an item that holds the SKU
 * @returns null when other values of these items were on their way all the time
 */
export async function claimList(
  ledger: Ledger,
  outlet: string,
  msg: Message,
  key: string,
  signal: AbortSignal,
): Promise<Ticket | null> {
  const items: unknown[] = Array.isArray(msg.payload) ? msg.payload : [];
  const skus = [...new Set(items.flatMap((item) => itemKey(item, key) ?? []))];
  const until = performance.now() + BUSY_MS;
  for (;;) {
    const { ticket, busy } = await ledger.claim(outlet, skus);
    if (busy.length === 0) return { ...ticket, list: true, mapping: { ...mappingOf(msg), key } };
    await ledger.giveBack(ticket);
    if (performance.now() > until || signal.aborted) return null;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** What a field mapper without a ticket left on the message. */
function mappingOf(msg: Message): TicketMapping {
  const { fingerprint, wrap } = (msg.mapping ?? {}) as Partial<TicketMapping>;
  return {
    fingerprint: typeof fingerprint === 'string' ? fingerprint : 'none',
    key: 'sku',
    ...(typeof wrap === 'string' ? { wrap } : {}),
  };
}

/** The property that holds the SKU: as set in the node, or what the field mapper made of it. */
export function keyOf(msg: Message, configured: string): string {
  const [first] = Array.isArray(msg.payload) ? (msg.payload as unknown[]) : [];
  const mapped = (msg.mapping as Partial<TicketMapping> | undefined)?.key;
  return itemKey(first, configured) === null && typeof mapped === 'string' ? mapped : configured;
}
