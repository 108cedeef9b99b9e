/** Counts a piece of the ledger's work twice: what it allocates, and what SQLite does for it. */
import type { Counts } from '../budget';
import { Heap, Sample } from '../heap';
import { inSqlite, ranLast } from '../statements';
import { telling } from '../telling';
import type { Shop } from './shop';

/** @param prepare makes the next piece of work, of so many units */
export async function countBoth(shop: Shop, units: number, prepare: () => () => void): Promise<Counts> {
  if (telling.why) {
    const sample = new Sample();
    const work = prepare();
    await sample.start();
    work();
    telling.tell('bytes allocated for each, by function', await sample.stop(units));
  }
  const heap = new Heap();
  const first = prepare();
  heap.start();
  first();
  const { 'heap bytes': bytes } = await heap.stop(units);
  const sqlite = inSqlite(units, shop.log, prepare());
  telling.tell(`statements for all ${units}`, ranLast());
  shop.close();
  return { 'heap bytes': bytes!, ...sqlite };
}
