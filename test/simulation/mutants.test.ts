import assert from 'node:assert/strict';
import { brokenCode } from './broken-code';
import { MUTANTS } from './mutants';
import { tryMutant } from './mutants-run';

/** An oracle that never complains proves nothing. All of them: `npm run sim:mutants`. */
describe('simulation: a broken product is noticed', () => {
  it('each of them is of the product as it is', () => {
    for (const mutant of MUTANTS) brokenCode(mutant);
  });

  MUTANTS.forEach(({ name, quick }, number) => {
    if (!quick) return;
    it(name, async function () {
      this.timeout(120_000);
      const { seed, problem } = await tryMutant(number, 60, 60);
      assert.notEqual(seed, null, 'nobody noticed');
      assert.notEqual(problem, '');
    });
  });
});
