/** Admin: what comes in, what was refused of it, and everything that needs somebody. */
import { InvalidInputError } from '../../core/errors';
import type { EventCounts, IncomingEvent, RefusedInput } from '../../core/ledger/ledger';
import { isStorable } from '../../core/stock/validate';
import { openLedgers } from '../ledgers';
import { problemWatch } from '../problem-watch';
import type { Problem } from '../problems';
import { locations } from '../store-maps';
import { anyLedger, limitOf } from './find';
import type { AdminRequest } from './types';

/** `?sender=&limit=50&cursor=`, newest first. */
export async function events({ query }: AdminRequest): Promise<{ events: IncomingEvent[]; cursor: string | null }> {
  const page = await anyLedger().incoming({
    ...(query.sender ? { sender: query.sender } : {}),
    ...(query.cursor ? { cursor: query.cursor } : {}),
    limit: limitOf(query.limit, 50),
  });
  return { events: page.rows, cursor: page.cursor };
}

export async function senders(): Promise<{ senders: (EventCounts & { sender: string })[] }> {
  return { senders: (await Promise.all(openLedgers().map((ledger) => ledger.senders()))).flat() };
}

/** `?sender=&code=&open=true&limit=100&cursor=`, newest first. */
export async function refused({ query }: AdminRequest): Promise<{ refused: RefusedInput[]; cursor: string | null }> {
  const page = await anyLedger().refused({
    limit: limitOf(query.limit, 100),
    ...(query.sender ? { sender: query.sender } : {}),
    ...(query.code ? { code: query.code } : {}),
    open: query.open === 'true',
    ...(query.cursor ? { cursor: query.cursor } : {}),
  });
  return { refused: page.rows, cursor: page.cursor };
}

/** Through the same checks; newer data wins. */
export async function replay({ params }: AdminRequest): Promise<unknown> {
  return anyLedger().replay(Number(params.id), locations());
}

/** `{source, code, sku}`: from now on the code means this SKU. */
export async function link({ body }: AdminRequest): Promise<unknown> {
  const { source, code, sku } = body;
  if (![source, code, sku].every((text) => typeof text === 'string' && isStorable(text))) {
    throw new InvalidInputError(
      'link_invalid',
      'Send source (barcode, paradigm or mipos), code and sku, each as text of at most 512 whole characters.',
    );
  }
  return { linked: await anyLedger().link([{ source: source as string, code: code as string, sku: sku as string }]) };
}

export async function problems(): Promise<{ problems: Problem[] }> {
  return { problems: await problemWatch().read() };
}
