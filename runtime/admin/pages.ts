/**
 * Lists of the whole process, page by page, where several ledgers may be open. Each goes on at its own place, and the
 * cursor tells them all; with one ledger page and cursor are that ledger's.
 */
import type { Ledger, Page } from '../../core/ledger/ledger';
import { openLedgers } from '../ledgers';
import type { OfLedger } from './types';

/** Where the list of each ledger goes on, by its id: '' = at its beginning, null = it is over. */
type Places = Record<string, string | null>;

/** No cursor of a ledger begins like this. */
const MARK = '~';

type Read<T> = (ledger: Ledger, asked: { limit: number; cursor?: string }) => Promise<Page<T>>;

/**
 * @param timeOf of a list that is newest first; without it the rows of one ledger come after the other's. Where a ledger
 * looks for seldom rows in short pages, an older row of another may come before them.
 */
export async function pageOfAll<T extends object>(
  { limit, cursor = '' }: { limit: number; cursor?: string | undefined },
  read: Read<T>,
  timeOf?: (row: T) => string,
): Promise<Page<T & OfLedger>> {
  const ledgers = openLedgers();
  const places = placesOf(cursor, ledgers);
  const open = ledgers.filter(({ info }) => places[info.id] !== null);
  const from = (ledger: Ledger, size: number) => {
    const place = places[ledger.info.id];
    return read(ledger, { limit: size, ...(place ? { cursor: place } : {}) });
  };
  const pages = await Promise.all(open.map((ledger) => from(ledger, limit)));
  if (ledgers.length === 1) return pages[0] ?? { rows: [], cursor: null };
  const time = timeOf && ((row: T) => Date.parse(timeOf(row)));
  const inOrder = <R extends { row: T }>(rows: R[]): R[] =>
    time ? rows.sort((a, b) => time(b.row) - time(a.row)) : rows;
  const first = inOrder(pages.flatMap(({ rows }, at) => rows.map((row) => ({ at, row })))).slice(0, limit);
  const shown: { row: T & OfLedger }[] = [];
  for (const [at, ledger] of open.entries()) {
    const count = first.filter((each) => each.at === at).length;
    const whole = count === pages[at]!.rows.length;
    // Of a part the ledger alone can tell the cursor; what came meanwhile is not skipped so.
    const page = whole ? pages[at]! : count > 0 ? await from(ledger, count) : null;
    places[ledger.info.id] = page ? page.cursor : (places[ledger.info.id] ?? '');
    for (const row of page?.rows ?? []) shown.push({ row: { ...row, ledger: ledger.info.id } });
  }
  const goesOn = open.some(({ info }) => places[info.id] !== null);
  return { rows: inOrder(shown).map(({ row }) => row), cursor: goesOn ? textOf(places) : null };
}

/** A cursor from when one ledger was open is that one's: the first. */
function placesOf(cursor: string, [first]: Ledger[]): Places {
  if (!cursor.startsWith(MARK)) return cursor === '' || !first ? {} : { [first.info.id]: cursor };
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor.slice(MARK.length), 'base64url').toString());
    const known = Object.entries(read as Places).filter(([, place]) => place === null || typeof place === 'string');
    return Object.fromEntries(known);
  } catch {
    return {};
  }
}

const textOf = (places: Places): string => MARK + Buffer.from(JSON.stringify(places)).toString('base64url');
