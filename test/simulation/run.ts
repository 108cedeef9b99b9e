/** `npm run sim -- --seed N --steps M --runs K`: K runs from seed N on; prints what failed and how to repeat it. */
import { recordLastRun } from '../support/last-run';
import { simulate } from './simulation';

const option = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};

async function main(): Promise<void> {
  const first = option('seed', 1);
  const steps = option('steps', 100);
  const runs = option('runs', 1);
  const sum = { events: 0, requests: 0, crashes: 0, failed: 0 };
  for (let seed = first; seed < first + runs; seed++) {
    const { problems, events, requests, crashes } = await simulate(seed, steps);
    sum.events += events;
    sum.requests += requests;
    sum.crashes += crashes;
    if (problems.length > 0) {
      sum.failed += 1;
      console.log(
        `seed ${seed}: ${problems.length} problems; repeat with: npm run sim -- --seed ${seed} --steps ${steps}`,
      );
      for (const problem of problems.slice(0, 5)) console.log(`  ${problem}`);
    }
    if ((seed - first + 1) % 100 === 0)
      console.log(
        `${seed - first + 1} runs, ${sum.failed} failed, ${sum.events} events, ${sum.requests} requests, ${sum.crashes} crashes`,
      );
  }
  console.log(
    `${runs} runs, ${sum.failed} failed, ${sum.events} events, ${sum.requests} requests, ${sum.crashes} crashes`,
  );
  recordLastRun(
    `npm run sim -- --seed ${first} --runs ${runs} --steps ${steps}`,
    `${runs} runs, ${sum.failed} failed; ${sum.events} events, ${sum.requests} requests, ${sum.crashes} crashes`,
  );
  process.exitCode = sum.failed > 0 ? 1 : 0;
}

void main();
