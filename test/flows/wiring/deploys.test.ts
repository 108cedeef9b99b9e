/** Nodes that go away while a push runs: what was on its way is settled, the rest waits until they are back. */
import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually';
import { chunker, push, retry, Wired, type Wiring } from './wired';

const WHOLE: Wiring = {
  changed: ['chunker'],
  nodes: [chunker(20, 'retry'), retry(), push([[], ['retry']])],
  settings: { limit: 50 },
};
const without = (id: string): Wiring => ({
  ...WHOLE,
  changed: WHOLE.changed.filter((to) => to !== id),
  nodes: WHOLE.nodes
    .filter((node) => node.id !== id)
    .map((node) => ({ ...node, wires: (node.wires as string[][]).map((to) => to.filter((one) => one !== id)) })),
});

describe('a node that is deleted while a push runs', function () {
  this.timeout(60_000);
  let shop: Wired | undefined;
  afterEach(async () => {
    await shop?.stop();
    shop = undefined;
  });

  for (const type of ['nodes', 'full'] as const)
    it(`the push, with requests under way (deploy of ${type})`, async () => {
      shop = await Wired.start({ ...WHOLE, behaviour: { delay: 700, applies: 'last' } });
      await shop.feed(90);
      await eventually(() => shop!.pasons.count() > 0);
      await shop.deploy(without('push'), type);
      await shop.feed(90);
      shop.pasons.behave(null);
      await shop.deploy(WHOLE, type);
      await shop.everythingArrives(undefined, 50_000);
      assert.equal((await shop.counts()).refused, 0);
    });

  it('retry, while it holds what failed', async () => {
    shop = await Wired.start({ ...WHOLE, behaviour: { fault: '429', retryAfter: 3 } });
    await shop.feed(90);
    await eventually(() => shop!.pasons.count() > 1);
    await shop.deploy(without('retry'));
    shop.pasons.behave(null);
    await shop.deploy(WHOLE);
    await shop.everythingArrives(undefined, 50_000);
  });

  it('the chunker, and changed stock is deployed anew', async () => {
    shop = await Wired.start({ ...WHOLE, behaviour: { delay: 300 } });
    await shop.feed(200);
    await eventually(() => shop!.pasons.count() > 0);
    await shop.deploy({ ...without('chunker'), changed: ['retry'], settings: { limit: 30 } });
    await shop.everythingArrives();
  });
});
