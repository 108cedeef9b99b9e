/**
 * Counts in a process of its own (run.ts starts it with the flags that make the heap's growth exact), and prints the
 * figures as JSON. `--only id,id`; `--slower NAME` (slower.ts); `--why` tells what allocates and what SQLite runs.
 */
import { parseArgs } from 'node:util';
import type { Measured } from './budget';
import { PATHS } from './paths';
import { closeReceived } from './paths/received';
import { SLOWER } from './slower';
import { telling } from './telling';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: PATHS.map(({ id }) => id).join(',') },
    slower: { type: 'string' },
    why: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  telling.why = options.why;
  if (options.slower !== undefined) {
    SLOWER[options.slower]!();
    process.env.BUDGET_SLOWER = options.slower;
  }
  const measured: Measured = {};
  try {
    for (const id of options.only.split(',')) {
      const path = PATHS.find((each) => each.id === id);
      if (!path) throw new Error(`There is no path ${id}. There are: ${PATHS.map((each) => each.id).join(', ')}.`);
      telling.path = id;
      measured[id] = await path.count();
    }
  } finally {
    await closeReceived();
  }
  process.stdout.write(JSON.stringify(measured), () => process.exit(0));
}

main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exit(1);
});
