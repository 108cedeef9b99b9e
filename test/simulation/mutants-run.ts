/**
 * `npm run sim:mutants -- --runs 200 --steps 60 --jobs 2`: runs the simulation against each broken product and prints
 * what it noticed. Exits with 1 when one survives that is not known to be another test's.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { numberOption } from '../support/command';
import { recordLastRun } from '../support/last-run';
import { MUTANTS } from './mutants';
import type { Noticed } from './mutation';

/** A broken product may go round for ever: that is noticed, too. */
const LONGEST_MS = 600_000;

export function tryMutant(number: number, runs: number, steps: number): Promise<Noticed> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, 'mutation.js'), [number, runs, steps].map(String), { stdio: 'pipe' });
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    let errors = '';
    child.stderr!.on('data', (text) => (errors += text));
    let noticed: Noticed | null = null;
    child.on('message', (message) => (noticed = message as Noticed));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (noticed) resolve(noticed);
      else if (signal) resolve({ seed: 1, problem: 'it never ends' });
      else reject(new Error(`the process ended with ${code}: ${errors.slice(0, 500)}`));
    });
  });
}

async function main(): Promise<void> {
  const [runs, steps] = [numberOption('runs', 200), numberOption('steps', 60)];
  const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]! : '';
  const waiting = MUTANTS.map((mutant, number) => ({ ...mutant, number })).filter(({ name }) => name.includes(only));
  const all = waiting.length;
  let survived = 0;
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { seed, problem } = await tryMutant(next.number, runs, steps);
      const elsewhere = next.elsewhere;
      if (seed === null && !elsewhere) survived += 1;
      const by = seed === null ? (elsewhere ?? 'SURVIVED') : `seed ${seed}: ${problem.slice(0, 140)}`;
      console.log(`| ${next.name} | ${by} |`);
    }
  };
  await Promise.all(Array.from({ length: numberOption('jobs', 1) }, work));
  const figures = `${all} broken products, ${survived} survived`;
  console.log(figures);
  recordLastRun('npm run sim:mutants', figures);
  process.exitCode = survived > 0 ? 1 : 0;
}

if (require.main === module) void main();
