/**
 * What is assumed of a platform (docs/delivery.md): that it applies nothing later than twice the timeout after it was
 * sent, and that what arrives twice under one Idempotency-Key has one effect. The simulated platform keeps both; where it
 * keeps one of them not, a number can go back, and the next change or full push puts it right.
 */
import assert from 'node:assert/strict';
import { simulate } from './simulation';

const STEPS = 60;
/** Which seeds meet a rare case changes with whatever draws a number: it is looked for from the first one on. */
const MOST_SEEDS = 300;

describe('simulation: what is assumed of a platform', () => {
  it('the simulated one applies nothing later than twice the timeout, and nothing twice', async () => {
    let oldest = 0;
    for (let seed = 1; seed <= 15 || (oldest <= 1 && seed <= MOST_SEEDS); seed++) {
      const { latest, twice } = await simulate(seed, STEPS);
      assert.equal(twice, 0, `seed ${seed}`);
      oldest = Math.max(oldest, latest);
    }
    assert.ok(oldest > 1 && oldest <= 2, `${oldest} times the timeout`);
  });

  for (const [what, manners, first] of [
    ['applies requests up to forty times the timeout later', { within: 40, once: true, silent: 0.2 }, 18],
    // This needs a request that is delayed, its repetition and a newer value within seconds: one seed in about sixty.
    ['ignores the Idempotency-Key', { within: 2, once: false, silent: 0.6 }, 12],
  ] as const) {
    it(`one that ${what}: numbers go back there, nothing else is wrong, and a full push puts it right`, async function () {
      this.timeout(120_000);
      let reversals = 0;
      for (let seed = first; reversals === 0 && seed < first + MOST_SEEDS; seed++) {
        const result = await simulate(seed, STEPS, { manners });
        assert.deepEqual(result.problems, [], `seed ${seed}`);
        reversals += result.reversals;
      }
      assert.ok(reversals > 0);
    });
  }
});
