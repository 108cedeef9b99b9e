/** Flows that leave nodes out: without chunker, without retry, without push history, or nothing at all in between. */
import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually';
import { chunker, push, retry, Wired } from './wired';

describe('a flow with fewer nodes', function () {
  this.timeout(60_000);
  let shop: Wired | undefined;
  afterEach(async () => {
    await shop?.stop();
    shop = undefined;
  });

  it('without chunker: the push slices by itself', async () => {
    shop = await Wired.start({
      changed: ['retry'],
      nodes: [retry(), push([[], ['retry']])],
      settings: { limit: 2000 },
    });
    await shop.feed(1200);
    await shop.everythingArrives();
    assert.deepEqual(shop.pasons.requests.map(({ keys }) => keys?.length).sort(), [200, 500, 500]);
    shop.eachSentOnce();
  });

  it('without chunker, while requests fail now and then, also after they were applied', async () => {
    shop = await Wired.start({
      changed: ['retry'],
      nodes: [retry(), push([[], ['retry']])],
      behaviour: { failRate: 0.4, seed: 3, delay: 20 },
    });
    for (let round = 0; round < 5; round++) await shop.feed(700);
    await shop.everythingArrives(undefined, 50_000);
  });

  it('without retry: the outlet is asked again until it is back, and nothing is refused', async () => {
    shop = await Wired.start({
      changed: ['chunker'],
      nodes: [chunker(100), push()],
      behaviour: { fault: '503', times: 3 },
    });
    await shop.feed(250);
    await eventually(async () => (await shop!.pushes()).some(({ status }) => status === 'failed'));
    assert.equal((await shop.counts()).refused, 0);
    await shop.everythingArrives();
  });

  it('without push history: every push is a row all the same', async () => {
    shop = await Wired.start({ changed: ['chunker'], nodes: [chunker(20), retry(), push([[], ['retry']])] });
    await shop.feed(50);
    await shop.everythingArrives();
    const rows = await eventually(async () => {
      const pushes = await shop!.pushes();
      return pushes.every(({ status }) => status === 'success') && pushes;
    });
    assert.deepEqual(
      (rows || []).map(({ item_count, confirmed, chunks, created_by }) => [item_count, confirmed, chunks, created_by]),
      [[50, 50, 3, 'auto']],
    );
  });

  it('with nothing between changed stock and the push', async () => {
    shop = await Wired.start({
      changed: ['push'],
      nodes: [push()],
      settings: { limit: 40 },
      behaviour: { delay: 30, fault: 'drop-applied', times: 1 },
    });
    await shop.feed(130);
    await shop.feed(60);
    await shop.everythingArrives();
  });
});
