import assert from 'node:assert/strict';
import type { Ledger, Take } from '../ledger/ledger';
import { Pump } from './pump';

describe('the pump', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('takes nothing while it is paused, and goes on when it is woken afterwards', async () => {
    let paused = true;
    const recalled: string[] = [];
    const emitted: Take[] = [];
    const takes = ['a', 'b'].map((id) => ({ ticket: { id, outlet: 'outlet' } }) as unknown as Take);
    const pump = new Pump({
      ledger: {
        takeInTurn: async () => ({ taken: takes.splice(0, 1), rest: takes.length > 0 ? ['outlet'] : [] }),
        recall: async (outlets: string[]) => {
          recalled.push(...outlets);
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
    assert.deepEqual([emitted.length, recalled], [1, ['outlet']]);
    await pump.stop();
  });

  it('asks for many outlets at a time, in turn: whose turn did not come is the next', async () => {
    const asked: string[][] = [];
    const sent: string[] = [];
    const left = new Map(['a', 'b', 'c', 'd'].map((outlet) => [outlet, 2]));
    const pump = new Pump({
      ledger: {
        takeInTurn: async (outlets: string[]) => {
          asked.push(outlets);
          const taken = outlets
            .slice(0, 2)
            .filter((outlet) => left.get(outlet)! > 0)
            .map((outlet) => ({ ticket: { outlet } }) as unknown as Take);
          for (const { ticket } of taken) left.set(ticket.outlet, left.get(ticket.outlet)! - 1);
          return { taken, rest: [...outlets.slice(2), ...taken.map(({ ticket }) => ticket.outlet)] };
        },
      } as unknown as Ledger,
      limit: 1,
      paused: () => false,
      emit: async ({ ticket }) => {
        sent.push(ticket.outlet);
      },
      failed: (thrown) => assert.fail(String(thrown)),
    });
    pump.wake(['a', 'b', 'c', 'd']);
    await settled();
    await pump.stop();
    assert.deepEqual(asked.slice(0, 3), [
      ['a', 'b', 'c', 'd'],
      ['c', 'd', 'a', 'b'],
      ['a', 'b', 'c', 'd'],
    ]);
    assert.deepEqual(sent, ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd']);
  });
});
