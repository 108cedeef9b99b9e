/**
 * `npm run budget [-- options]`: counts the work of the hot paths and compares it with budgets.json; ends with 1 when
 * something grew.
 *
 *   --only webhook,scanner   these alone
 *   --why                    which functions allocate, which statements run
 *   --record                 what was counted becomes what is allowed (with the tolerance)
 *   --reason "TEXT"          what it buys; needed with --record where something grew
 *   --slower "a copy more"   a product that was made slower on purpose: shows that it would be told
 */
import { parseArgs } from 'node:util';
import { type Count, explain, grownIn, percent, readBudgets, recordIn, writeBudgets } from './budget';
import { PATHS } from './paths';
import { countWork } from './run';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    why: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    reason: { type: 'string', default: '' },
    slower: { type: 'string' },
  },
});

async function main(): Promise<number> {
  const { only, slower, why } = options;
  const args = [
    ...(only === undefined ? [] : ['--only', only]),
    ...(slower === undefined ? [] : ['--slower', slower]),
    ...(why ? ['--why'] : []),
  ];
  const { measured, said } = await countWork(args);
  console.log(said);
  if (why) return 0;
  const budgets = readBudgets();
  for (const [id, counts] of Object.entries(measured)) {
    for (const [count, now] of Object.entries(counts)) {
      const before = budgets.paths[id]?.counts[count as Count];
      const change = before ? `${percent(now / before.measured - 1)} (may be ${before.allowed})` : 'new';
      console.log(`${id.padEnd(14)} ${count.padEnd(14)} ${String(now).padStart(8)}  ${change}`);
    }
  }
  if (options.record) {
    if (slower !== undefined) throw new Error('What was made slower on purpose is not recorded.');
    writeBudgets(recordIn(budgets, PATHS, measured, options.reason));
    return 0;
  }
  const grown = grownIn(budgets, measured);
  if (grown.length > 0) console.error(`\n${explain(budgets, grown)}`);
  return grown.length > 0 ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: Error) => {
    console.error(thrown.message);
    process.exitCode = 1;
  },
);
