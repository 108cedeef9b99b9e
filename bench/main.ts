/**
 * `npm run bench [-- options]`: all comparisons, or some.
 *
 *   --only webhook,mqtt   these alone
 *   --rounds 7            quiet rounds of each; default 5
 *   --quick               two short rounds: shows that it works, not how fast
 *   --noisy               noisy rounds count: for whoever works on it, never recorded
 *   --record              the figures go to docs/performance.md and bench/results/kept.json
 *   --from FILE.json      measures nothing: report, table and record of results that are kept
 *   --list                what there is
 *
 * Ends with 0 when all was compared, 1 when a side failed, 3 when the machine was too noisy to compare something.
 */
import { parseArgs } from 'node:util';
import { ROOT } from '../test/support/node-red';
import type { Comparison } from './comparison';
import { COMPARISONS } from './comparisons';
import { markdownTable, readResults, record, writeResults } from './frame/keep';
import { currentCommit, describeMachine } from './frame/machine';
import { MachineNoise } from './frame/noise';
import type { ComparisonResult } from './frame/results';
import { runComparison } from './frame/run';
import { summarize } from './frame/summary';

const ROUNDS = 5;
const QUICK_ROUNDS = 2;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    noisy: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    from: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (options.list) {
    for (const { id, title } of COMPARISONS) console.log(`${id}: ${title}`);
    return 0;
  }
  const results = options.from === undefined ? await measure(chosen(options.only)) : readResults(options.from);
  const name = options.from === undefined ? new Date().toISOString().slice(0, 19).replaceAll(':', '-') : 'from';
  const base = writeResults(ROOT, results, name);
  console.log(`\n${markdownTable(results)}\n\n${base}.html\n${base}.json`);
  if (options.record) {
    const ids = COMPARISONS.map(({ id }) => id);
    for (const why of record(ROOT, results, ids)) console.log(`not recorded: ${why}`);
  }
  if (results.some(({ error }) => error !== undefined)) return 1;
  if (results.some((result) => summarize(result).refused !== null)) {
    console.log('\nThe machine was too noisy to tell. End what else is running and measure again.');
    return 3;
  }
  return 0;
}

function chosen(only: string | undefined): Comparison[] {
  if (only === undefined) return COMPARISONS;
  return only.split(',').map((id) => {
    const found = COMPARISONS.find((each) => each.id === id);
    if (!found)
      throw new Error(`There is no comparison ${id}. There are: ${COMPARISONS.map((each) => each.id).join(', ')}.`);
    return found;
  });
}

async function measure(comparisons: Comparison[]): Promise<ComparisonResult[]> {
  const machine = describeMachine();
  const commit = currentCommit();
  const guard = await MachineNoise.start();
  const results: ComparisonResult[] = [];
  try {
    for (const comparison of comparisons) {
      const { id, title, unit, sides, reach, rounds = ROUNDS } = comparison;
      const { quick, noisy } = options;
      const wanted = options.rounds ? Number(options.rounds) : quick ? QUICK_ROUNDS : rounds;
      const at = new Date().toISOString();
      console.log(`${id}: ${title}`);
      const run = await runComparison(comparison, {
        guard,
        rounds: wanted,
        quick,
        noisyAllowed: noisy,
        tell: (line) => console.log(line),
      });
      if (run.error !== undefined) console.error(run.error);
      const names = sides.map(({ name }) => name);
      results.push({
        id,
        title,
        unit,
        sides: names,
        reach,
        wanted,
        quick,
        noisyAllowed: noisy,
        ...run,
        machine,
        at,
        commit,
      });
    }
  } finally {
    await guard.stop();
  }
  return results;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    console.error(thrown);
    process.exitCode = 1;
  },
);
