/**
 * What is assumed of a platform (docs/delivery.md): that it applies nothing later than twice the timeout after it was
 * sent, and that what arrives twice under one Idempotency-Key has one effect. The simulated platform keeps both; where it
 * keeps one of them not, a number can go back, and the next change or full push puts it right.
 */
import assert from 'node:assert/strict';
import { GOOD_MANNERS } from './platform';
import { simulate } from './simulation';

const SEEDS = 60;
const STEPS = 60;

/** What is wrong in all runs with a platform that behaves like this. */
async function problemsWith(manners: { within: number; once: boolean }, healing: boolean): Promise<string[]> {
  const problems: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++)
    problems.push(...(await simulate(seed, STEPS, { manners, tolerant: healing })).problems);
  return problems;
}

describe('simulation: what is assumed of a platform', () => {
  it('the simulated one applies nothing later than twice the timeout, and nothing twice', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { latest, twice } = await simulate(seed, STEPS, { manners: GOOD_MANNERS });
      assert.ok(latest <= 2, `seed ${seed}: ${latest} times the timeout`);
      assert.equal(twice, 0);
    }
  });

  for (const [what, manners] of [
    ['one that applies requests up to ten times the timeout later', { within: 10, once: true }],
    ['one that ignores the Idempotency-Key', { within: 2, once: false }],
  ] as const) {
    it(`${what}: a number can go back, and the next change or full push puts it right`, async function () {
      this.timeout(120_000);
      const broken = await problemsWith(manners, false);
      assert.ok(broken.some((problem) => /went back|overtook|in flight|in sync/.test(problem)), broken.join('\n'));
      // Nothing else is wrong: every event is kept and counted, and what is fresh arrives.
      assert.deepEqual(await problemsWith(manners, true), []);
    });
  }
});
