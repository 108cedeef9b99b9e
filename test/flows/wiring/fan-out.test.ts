/** One output wired to several pushes, pushes behind each other, two platforms from one ledger. */
import assert from 'node:assert/strict';
import { type PasonsSimulator, startPasons } from '../../../simulators/pasons';
import { eventually } from '../../support/eventually';
import { chunker, code, outletsNode, push, retry, Wired } from './wired';

describe('a flow that fans out', function () {
  this.timeout(60_000);
  let shop: Wired | undefined;
  let other: PasonsSimulator | undefined;
  afterEach(async () => {
    await shop?.stop();
    await other?.stop();
    shop = other = undefined;
  });

  it('to two pushes: of each copy only one is sent', async () => {
    shop = await Wired.start({
      changed: ['push', 'twin'],
      nodes: [push(), push([[], []], 'twin')],
      settings: { limit: 20 },
      behaviour: { delay: 30 },
    });
    await shop.feed(100);
    await shop.everythingArrives();
    shop.eachSentOnce();
  });

  it('to two loops of retry and push, while requests fail now and then', async () => {
    shop = await Wired.start({
      changed: ['chunker'],
      nodes: [
        { ...chunker(25), wires: [['retry', 'retry2']] },
        retry(),
        push([[], ['retry']]),
        retry([['twin'], []], 'retry2'),
        push([[], ['retry2']], 'twin'),
      ],
      behaviour: { delay: 20, failRate: 0.3, seed: 5 },
    });
    for (let round = 0; round < 4; round++) await shop.feed(100);
    await shop.everythingArrives(undefined, 50_000);
  });

  it('pushes behind each other: what the first has sent is not sent again', async () => {
    shop = await Wired.start({ changed: ['push'], nodes: [push([['second'], ['second']]), push([[], []], 'second')] });
    await shop.feed(60);
    await shop.everythingArrives();
    shop.eachSentOnce();
  });

  it('through a function back to the push: a platform that is down is not flooded, and gets everything afterwards', async () => {
    shop = await Wired.start({
      changed: ['push'],
      nodes: [push([[], ['function']]), code('delete msg.error; return msg;', ['push'])],
      behaviour: { fault: '503' },
    });
    await shop.feed(30);
    await eventually(async () => (await shop!.outlets())[0]!.reach === 'not_reachable');
    await eventually(() => shop!.pasons.count() >= 34, 20_000, 'the first probes');
    assert.ok(shop.pasons.count() <= 40, `${shop.pasons.count()} requests`);
    assert.equal((await shop.outlets())[0]!.connected, false);
    shop.pasons.behave(null);
    await shop.everythingArrives();
  });

  it('from the push straight back to itself: a platform that is down is not flooded', async () => {
    shop = await Wired.start({
      changed: ['push'],
      nodes: [push([[], ['push']])],
      behaviour: { fault: '503', times: 3 },
    });
    await shop.feed(30);
    await shop.everythingArrives();
    assert.equal(shop.pasons.count(), 4);
    const times = shop.pasons.requests.map(({ at }) => at);
    assert.ok(times.slice(1).every((at, index) => at - times[index]! > 500));
  });

  it('two platforms from one ledger, of which one is down for a while', async () => {
    other = await startPasons({ versionField: 'selling_price' });
    other.behave({ fault: '503', times: 2 });
    shop = await Wired.start({
      changed: ['push'],
      nodes: [
        push([[], ['retry']]),
        retry(),
        { ...outletsNode(other.url, ['1'], { platform: 'bazaar' }), id: 'others' },
        {
          id: 'changed2',
          type: 'shelfwire-changed-stock',
          outlets: 'others',
          auto: true,
          linger: 0.05,
          wires: [['push2']],
        },
        push([[], []], 'push2'),
      ],
    });
    await shop.feed(80);
    await eventually(async () => (await shop!.counts()).in_sync === 80);
    assert.equal(other.store.items('1').length, 0);
    await shop.feed(40);
    await shop.everythingArrives([shop.pasons, other]);
  });
});
