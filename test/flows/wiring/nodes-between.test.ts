/** Core's nodes on the way to the push: they may sort, mark, split and join, and even lose items; no change vanishes. */
import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually';
import { chunker, code, push, retry, splitSwitchJoin, Wired } from './wired';

const WITHOUT_A3 = "msg.payload = msg.payload.filter(({ sku }) => sku !== 'A3'); return msg;";

describe("a flow with core's nodes on the way", function () {
  this.timeout(60_000);
  let shop: Wired | undefined;
  afterEach(async () => {
    await shop?.stop();
    shop = undefined;
  });

  it('a function that turns the list round and copies every item', async () => {
    shop = await Wired.start({
      changed: ['chunker'],
      nodes: [
        chunker(50, 'function'),
        code(
          'msg.payload = msg.payload.map((item) => ({ shelf: 7, ...item })).reverse(); return RED.util.cloneMessage(msg);',
          ['retry'],
        ),
        retry(),
        push([[], ['retry']]),
      ],
      behaviour: { fault: '500', times: 2 },
    });
    await shop.feed(120);
    await shop.everythingArrives();
    assert.equal((JSON.parse(shop.pasons.requests.at(-1)!.body) as { shelf: number }[])[0]!.shelf, 7);
  });

  it('a switch that sends shops different ways', async () => {
    shop = await Wired.start({
      changed: ['switch'],
      stores: ['1', '2'],
      nodes: [
        {
          id: 'switch',
          type: 'switch',
          property: 'store_id',
          propertyType: 'msg',
          rules: [{ t: 'eq', v: '1', vt: 'str' }, { t: 'else' }],
          checkall: 'false',
          repair: false,
          outputs: 2,
          wires: [['push'], ['chunker']],
        },
        push(),
        chunker(10, 'other'),
        push([[], []], 'other'),
      ],
    });
    await shop.feed(30, '1');
    await shop.feed(25, '2');
    await shop.everythingArrives();
    shop.eachSentOnce();
  });

  it('split, switch and join', async () => {
    shop = await Wired.start({ changed: ['split'], nodes: [...splitSwitchJoin({ t: 'nempty' }, 'push'), push()] });
    await shop.feed(20);
    await shop.everythingArrives();
    shop.eachSentOnce();
  });

  it('a function that drops one item: held with the reason, sent when it is mended and a push is tried again', async () => {
    const wiring = (func: string) => ({
      changed: ['function'],
      nodes: [code(func, ['retry']), retry(), push([[], ['retry']])],
    });
    shop = await Wired.start(wiring(WITHOUT_A3));
    await shop.feed(10);
    await droppedAlone(shop, 10);
    await shop.deploy(wiring('return msg;'));
    await shop.feed(10);
    const [last] = await shop.pushes();
    const again = await fetch(`${shop.red.adminUrl}/shelfwire/pushes/${last!.id}/retry`, { method: 'POST' });
    assert.equal(((await again.json()) as { items: number }).items, 1);
    await shop.everythingArrives();
  });

  it('a function that adds items of its own: those are not sent, the others arrive', async () => {
    shop = await Wired.start({
      changed: ['function'],
      nodes: [
        code("msg.payload.push({ sku: 'invented', selling_price: 1 }, { ...msg.payload[0] }); return msg;", ['push']),
        push(),
      ],
    });
    await shop.feed(10);
    await shop.everythingArrives();
    shop.eachSentOnce();
  });
});

async function droppedAlone(shop: Wired, all: number): Promise<void> {
  await eventually(async () => {
    assert.deepEqual(await shop.counts(), {
      in_sync: all - 1,
      waiting: 0,
      sending: 0,
      held: 1,
      refused: 0,
      incomplete: 0,
    });
    return true;
  }, 30_000);
  const [held] = await shop.items('held');
  assert.deepEqual([held?.sku, held?.reason_code], ['A3', 'dropped_by_flow']);
  assert.equal(shop.shown().size, all - 1);
  shop.neverTwiceNorBack();
}
