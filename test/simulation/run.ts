/** `npm run sim -- --seed N --steps M --runs K --jobs J`: K runs from seed N on; prints what failed and how to repeat it. `--trace` prints all that happens. */
import { fork } from 'node:child_process';
import { numberOption } from '../support/command';
import { recordLastRun } from '../support/last-run';
import { type SimulationResult, simulate } from './simulation';

const first = numberOption('seed', 1);
const steps = numberOption('steps', 100);
const runs = numberOption('runs', 1);
const jobs = Math.min(numberOption('jobs', 1), runs);
const sum = { runs: 0, failed: 0, events: 0, requests: 0, commits: 0, crashes: 0 };

const figures = () =>
  `${sum.runs} runs, ${sum.failed} failed; ${sum.events} events, ${sum.commits} commits, ${sum.requests} requests, ${sum.crashes} crashes`;

function add({ seed, problems, events, requests, crashes, commits }: SimulationResult): void {
  sum.runs += 1;
  sum.events += events;
  sum.requests += requests;
  sum.commits += commits;
  sum.crashes += crashes;
  if (problems.length > 0) {
    sum.failed += 1;
    console.log(`seed ${seed} failed; repeat with: npm run sim -- --seed ${seed} --steps ${steps}`);
    for (const problem of problems.slice(0, 5)) console.log(`  ${problem}`);
  }
  if (sum.runs % 500 === 0 && sum.runs < runs) console.log(figures());
}

/** Every so many seeds, from one on. */
async function some(from: number, by: number, tell: (result: SimulationResult) => void): Promise<void> {
  const print = process.argv.includes('--trace') ? console.log : undefined;
  for (let seed = from; seed < first + runs; seed += by) tell(await simulate(seed, steps, print ? { print } : {}));
}

/** One process a job: seeds know nothing of each other. */
function job(number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(__filename, [...process.argv.slice(2), '--job', String(number)]);
    child.on('message', (result) => add(result as SimulationResult));
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`job ${number} ended with ${code}`))));
  });
}

async function main(): Promise<void> {
  const own = numberOption('job', -1);
  if (own >= 0) {
    await some(first + own, jobs, (result) => process.send!(result));
    process.disconnect();
    return;
  }
  if (jobs > 1) await Promise.all(Array.from({ length: jobs }, (_, number) => job(number)));
  else await some(first, 1, add);
  console.log(figures());
  recordLastRun(`npm run sim -- --seed ${first} --runs ${runs} --steps ${steps}`, figures());
  process.exitCode = sum.failed > 0 ? 1 : 0;
}

void main();
