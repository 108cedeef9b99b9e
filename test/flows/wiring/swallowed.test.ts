/** Messages that never reach the push, or never come back from it: their items are waiting again when the lease ends. */
import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually';
import { code, push, splitSwitchJoin, Wired, type Wiring } from './wired';

const SWALLOW_FIRST = "if (context.get('seen')) return msg; context.set('seen', true);";

/** Shop 1: a function swallows a message. Shop 2: what fails is swallowed on its way back. Shop 3: a switch swallows. */
const wiring = (rule: Record<string, unknown>): Wiring => ({
  changed: ['shops'],
  stores: ['1', '2', '3'],
  nodes: [
    {
      id: 'shops',
      type: 'switch',
      property: 'store_id',
      propertyType: 'msg',
      rules: ['1', '2', '3'].map((v) => ({ t: 'eq', v, vt: 'str' })),
      checkall: 'false',
      repair: false,
      outputs: 3,
      wires: [['function'], ['lonely'], ['split']],
    },
    code(SWALLOW_FIRST, ['push']),
    push(),
    push([[], ['loop']], 'lonely'),
    code(SWALLOW_FIRST, ['lonely'], 'loop'),
    ...splitSwitchJoin(rule, 'push'),
  ],
});

describe('messages that a flow swallows', function () {
  this.timeout(150_000);
  let shop: Wired | undefined;
  afterEach(async () => {
    await shop?.stop();
  });

  it('come again: nothing vanishes, and everything arrives', async () => {
    shop = await Wired.start({ ...wiring({ t: 'neq', v: 'A3', vt: 'str' }), behaviour: { fault: '503', times: 1 } });
    await shop.feed(10, '2');
    await eventually(() => shop!.pasons.requests[0]?.status === 503);
    await shop.feed(10, '1');
    await shop.feed(10, '3');
    await eventually(() => shop!.shown('3').size === 9);
    // A3 alone makes a message of which the switch lets nothing through.
    await eventually(async () => {
      const counts = await Promise.all(['1', '2', '3'].map((store) => shop!.counts(`pasons:${store}`)));
      assert.deepEqual(
        counts.map(({ sending, in_sync }) => [sending, in_sync]),
        [
          [10, 0],
          [10, 0],
          [1, 9],
        ],
      );
      return true;
    });
    await shop.deploy(wiring({ t: 'nempty' }));
    await shop.everythingArrives(undefined, 100_000);
  });
});
