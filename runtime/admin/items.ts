/** Admin: items, the story of a number, refused input, the Export Feed. */
import { guarded } from '../../connectors/catalogue/formula';
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import {
  type FoundItem,
  ITEM_STATES,
  type ItemRow,
  type ItemState,
  type ItemStory,
  type Ledger,
} from '../../core/ledger/ledger';
import { openLedgers } from '../ledgers';
import { csvLine } from './csv';
import { anyLedger, ledgerNamed, ledgerOfOutlet, ledgersOfStore, limitOf, markOf, pushFor } from './find';
import { pageOfAll } from './pages';
import type { AdminRequest, OfLedger, Streamed } from './types';

const FEED_PAGE = 1000;

/** `?outlet=&state=&limit=100&cursor=`; state also `negative`. */
export async function list({ query }: AdminRequest): Promise<{ items: (ItemRow & OfLedger)[]; cursor: string | null }> {
  const { outlet, cursor } = query;
  const state = query.state as ItemState | 'negative' | undefined;
  if (state && state !== 'negative' && !ITEM_STATES.includes(state)) {
    throw new InvalidInputError('state_invalid', `state must be one of ${ITEM_STATES.join(', ')}, negative.`, 'state');
  }
  const limit = limitOf(query.limit, 100);
  const filter = state ? { state } : {};
  if (!outlet) {
    anyLedger();
    const page = await pageOfAll({ limit, cursor }, (ledger, asked) => ledger.items({ ...filter, ...asked }));
    return { items: page.rows, cursor: page.cursor };
  }
  const { ledger } = await ledgerOfOutlet(outlet);
  const page = await ledger.items({ ...filter, outlet, limit, ...(cursor ? { cursor } : {}) });
  return { items: page.rows.map((row) => ({ ...row, ...markOf(ledger) })), cursor: page.cursor };
}

/** The SKU in the path, or as `?sku=`: addresses swallow `.` and `..`. With `?ledger=` as that one has it. */
export async function story({ params, query }: AdminRequest): Promise<ItemStory> {
  const sku = params.sku ?? query.sku ?? '';
  for (const ledger of query.ledger ? [ledgerNamed(query.ledger)] : await ledgersOfStore(params.store_id!)) {
    const found = await ledger.story(params.store_id!, sku);
    if (found) return found;
  }
  throw new ShelfwireError(
    'unknown_item',
    `Nothing was ever told of SKU ${sku} in store ${params.store_id}. Check both for typing errors.`,
  );
}

/** `?text=`: a SKU, the beginning of one, or a barcode or other code. */
export async function search({ query }: AdminRequest): Promise<{ items: (FoundItem & OfLedger)[] }> {
  const text = query.text ?? '';
  if (text === '') return { items: [] };
  const found = openLedgers().map(async (ledger) =>
    (await ledger.findItems(text)).map((item) => ({ ...item, ...markOf(ledger) })),
  );
  return { items: (await Promise.all(found)).flat() };
}

/** The item goes to all outlets of its store once more, whatever was confirmed. */
export async function sendAgain({ params, user }: AdminRequest): Promise<{ outlets: number }> {
  const sku = params.sku!;
  let outlets = 0;
  for (const ledger of openLedgers()) {
    for (const outlet of await ledger.outlets()) {
      if (outlet.store_id !== params.store_id || !outlet.enabled) continue;
      if ((await ledger.sendAgain(outlet.id, [sku])) === 0) continue;
      outlets += 1;
      await pushFor(ledger, outlet.id, user);
    }
  }
  if (outlets > 0) return { outlets };
  throw new InvalidInputError(
    'nothing_to_send',
    `SKU ${sku} of store ${params.store_id} cannot be sent: it is incomplete or on its way already, or no outlet of the store is switched on.`,
  );
}

/**
 * `sku,selling_price,stock_status` of all complete items (seed 001): what a person uploads while a platform's API is down.
 * SKUs that a spreadsheet would run stand behind an apostrophe, with `?exact=1` as they are. With `?ledger=` of that one.
 */
export async function feed({ params, query }: AdminRequest): Promise<Streamed> {
  const storeId = params.store_id!;
  return {
    type: 'text/csv; charset=utf-8',
    headers: { 'Content-Disposition': `attachment; filename="feed-${storeId.replace(/[^\w.-]/g, '_')}.csv"` },
    pieces: feedLines(await ledgerOfFeed(storeId, query.ledger), storeId, query.exact === '1' ? (sku) => sku : guarded),
  };
}

/** Of several ledgers the first that was told anything of the store: the one of its outlets before all others. */
async function ledgerOfFeed(storeId: string, named: string | undefined): Promise<Ledger> {
  if (named) return ledgerNamed(named);
  for (const ledger of await ledgersOfStore(storeId)) if ((await ledger.feed(storeId, 1)).length > 0) return ledger;
  return anyLedger();
}

async function* feedLines(ledger: Ledger, storeId: string, write: (sku: string) => string): AsyncGenerator<string> {
  yield 'sku,selling_price,stock_status\r\n';
  let after: string | undefined;
  for (;;) {
    const page = await ledger.feed(storeId, FEED_PAGE, after);
    if (page.length === 0) return;
    after = page.at(-1)!.sku;
    yield page
      .filter((row) => row.selling_price !== undefined && row.stock_status !== undefined)
      .map((row) => csvLine([write(row.sku), row.selling_price, row.stock_status]))
      .join('');
  }
}
