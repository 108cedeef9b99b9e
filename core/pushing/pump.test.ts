import assert from 'node:assert/strict';
import type { Ledger, Take } from '../ledger/ledger';
import { Pump } from './pump';

describe('the pump', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('takes nothing while it is paused, and goes on when it is woken afterwards', async () => {
    let paused = true;
    const given: string[] = [];
    const emitted: Take[] = [];
    const takes = ['a', 'b'].map((id) => ({ ticket: { id } }) as unknown as Take);
    const pump = new Pump({
      ledger: {
        take: async () => takes.shift() ?? null,
        giveBack: async (ticket: Take['ticket']) => {
          given.push(ticket.id);
        },
      } as unknown as Ledger,
      limit: 1,
      paused: () => paused,
      emit: async (take) => {
        emitted.push(take);
        paused = true;
      },
      failed: (thrown) => assert.fail(String(thrown)),
    });
    pump.wake(['outlet']);
    await settled();
    assert.equal(emitted.length, 0);
    paused = false;
    pump.wake([]);
    await settled();
    assert.equal(emitted.length, 1);
    // Paused while the ledger was being asked: it goes back.
    paused = false;
    pump.wake([]);
    paused = true;
    await settled();
    assert.deepEqual([emitted.length, given], [1, ['b']]);
    await pump.stop();
  });
});
