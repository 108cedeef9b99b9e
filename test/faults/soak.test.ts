/** The short version of `npm run soak`: each chosen moment once. */
import assert from 'node:assert/strict';
import { runSoak } from '../soak/run';

describe('a process that ends at the worst moments, under load', () => {
  it('loses nothing that was acknowledged, reverses nothing, and brings everything into sync', async function () {
    this.timeout(240_000);
    const { problems, ends, repeats } = await runSoak({
      seed: 7,
      moments: [
        'between commit and answer',
        'before the request leaves',
        'when the platform has applied it',
        "between the platform's answer and the confirmation",
        'in pruning, before its commit',
        "of the ledger's thread alone",
        'SIGTERM',
      ],
    });
    assert.deepEqual(problems, []);
    assert.equal(ends.size, 9);
    assert.ok(repeats > 0, 'no request was repeated: nothing was proven about those without an answer');
  });
});
