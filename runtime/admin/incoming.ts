/** Admin: what comes in, what was refused of it, and everything that needs somebody. */
import { InvalidInputError } from '../../core/errors';
import type { EventCounts, IncomingEvent, Page, RefusedInput } from '../../core/ledger/ledger';
import { isStorable } from '../../core/stock/validate';
import { openLedgers } from '../ledgers';
import { problemWatch } from '../problem-watch';
import type { Problem } from '../problems';
import { locations } from '../store-maps';
import { anyLedger, ledgerNamed, limitOf } from './find';
import { pageOfAll } from './pages';
import type { AdminRequest, OfLedger } from './types';

/** `?sender=&limit=50&cursor=`, newest first. */
export async function events({
  query,
}: AdminRequest): Promise<{ events: (IncomingEvent & OfLedger)[]; cursor: string | null }> {
  anyLedger();
  const page = await pageOfAll(
    { limit: limitOf(query.limit, 50), cursor: query.cursor },
    (ledger, asked) => ledger.incoming({ ...(query.sender ? { sender: query.sender } : {}), ...asked }),
    ({ received_at }) => received_at,
  );
  return { events: page.rows, cursor: page.cursor };
}

/** Who sends to several ledgers is one sender. */
export async function senders(): Promise<{ senders: (EventCounts & { sender: string })[] }> {
  const all = new Map<string, EventCounts & { sender: string }>();
  for (const each of (await Promise.all(openLedgers().map((ledger) => ledger.senders()))).flat()) {
    const other = all.get(each.sender);
    all.set(each.sender, other ? { sender: each.sender, ...sumOfCounts(each, other) } : each);
  }
  return { senders: [...all.values()] };
}

const sumOfCounts = (a: EventCounts, b: EventCounts): EventCounts => ({
  received: a.received + b.received,
  accepted: a.accepted + b.accepted,
  duplicate: a.duplicate + b.duplicate,
  stale: a.stale + b.stale,
  refused: a.refused + b.refused,
});

/** `?sender=&code=&open=true&limit=100&cursor=`, newest first. */
export async function refused({
  query,
}: AdminRequest): Promise<{ refused: (RefusedInput & OfLedger)[]; cursor: string | null }> {
  anyLedger();
  const wanted = {
    ...(query.sender ? { sender: query.sender } : {}),
    ...(query.code ? { code: query.code } : {}),
    open: query.open === 'true',
  };
  const page = await pageOfAll(
    { limit: limitOf(query.limit, 100), cursor: query.cursor },
    (ledger, asked): Promise<Page<RefusedInput>> => ledger.refused({ ...wanted, ...asked }),
    ({ received_at }) => received_at,
  );
  return { refused: page.rows, cursor: page.cursor };
}

/** `{ledger?}`: through the same checks; newer data wins. The id is a number of the ledger. */
export async function replay({ params, body }: AdminRequest): Promise<unknown> {
  return ledgerNamed(body.ledger).replay(Number(params.id), locations());
}

/** `{source, code, sku, ledger?}`: from now on the code means this SKU. */
export async function link({ body }: AdminRequest): Promise<unknown> {
  const { source, code, sku } = body;
  if (![source, code, sku].every((text) => typeof text === 'string' && isStorable(text))) {
    throw new InvalidInputError(
      'link_invalid',
      'Send source (barcode, paradigm or mipos), code and sku, each as text of at most 512 whole characters.',
    );
  }
  return {
    linked: await ledgerNamed(body.ledger).link([
      { source: source as string, code: code as string, sku: sku as string },
    ]),
  };
}

export async function problems(): Promise<{ problems: Problem[] }> {
  return { problems: await problemWatch().read() };
}
