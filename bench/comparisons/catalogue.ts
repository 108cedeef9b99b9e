/** A whole catalogue: uploaded as CSV, stored, pushed, against a loop that stores nothing. */
import type { Comparison, Measured } from '../comparison';
import { ARTICLES, articles } from '../support/catalogue';
import { cpuSeconds } from '../support/cpu';
import { BareLoop, OurPush, type Pushed } from '../support/pushing';

export const catalogue: Comparison = {
  id: 'catalogue',
  title: `Catalogue CSV of ${ARTICLES} rows → ledger → all pushed to a local platform (linger 0, 2 requests at a time)`,
  unit: 's',
  sides: [
    { name: 'shelfwire', run: (round, quick) => OurPush.run((ours) => measure(ours, round, quick)) },
    { name: 'bare loop', run: (round, quick) => BareLoop.run((bare) => measure(bare, round, quick)) },
  ],
  reach: [{ against: 'bare loop', atMost: 2 }],
};

/** Both have done the same for another shop before: a server runs for days. */
async function measure(side: OurPush | BareLoop, round: number, quick: boolean): Promise<Measured> {
  const count = quick ? ARTICLES / 8 : ARTICLES;
  await side.catalogue('2', articles(2 * round, count));
  const before = cpuSeconds(side.pid);
  const { seconds, requests }: Pushed = await side.catalogue('1', articles(2 * round + 1, count));
  return { value: seconds, details: { requests, 'CPU s': cpuSeconds(side.pid) - before } };
}
