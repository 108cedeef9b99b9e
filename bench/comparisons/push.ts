/** Everything that an outlet has, pushed anew, against a loop that posts a list that it holds in memory. */
import type { Comparison, Measured } from '../comparison';
import { ARTICLES, articles } from '../support/catalogue';
import { cpuSeconds } from '../support/cpu';
import { BareLoop, OurPush, type Pushed } from '../support/pushing';

const STORE = '1';

export const push: Comparison = {
  id: 'push',
  title: `Full push of ${ARTICLES} items to a local platform (2 requests at a time)`,
  unit: 's',
  sides: [
    { name: 'shelfwire', run: ours },
    { name: 'bare loop', run: bareLoop },
  ],
  reach: [{ against: 'bare loop', atMost: 1.25 }],
};

const countOf = (quick: boolean) => (quick ? ARTICLES / 8 : ARTICLES);

function ours(round: number, quick: boolean): Promise<Measured> {
  return OurPush.run(async (side) => {
    await side.catalogue(STORE, articles(round, countOf(quick)));
    return measure(side, countOf(quick));
  });
}

function bareLoop(round: number, quick: boolean): Promise<Measured> {
  return BareLoop.run(async (side) => {
    await side.hold(STORE, articles(round, countOf(quick)));
    return measure(side, countOf(quick));
  });
}

/** Both have done it once before: a server runs for days. */
async function measure(side: OurPush | BareLoop, count: number): Promise<Measured> {
  await side.full(STORE, count);
  const before = cpuSeconds(side.pid);
  const { seconds, requests }: Pushed = await side.full(STORE, count);
  return { value: seconds, details: { requests, 'CPU s': cpuSeconds(side.pid) - before } };
}
