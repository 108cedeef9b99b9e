/** `npm run overload [-- --seconds 120]` */
import { parseArgs } from 'node:util';
import { recordLastRun } from '../support/last-run';
import { overload } from './overload';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '120' }, record: { type: 'boolean' } },
  });
  const run = await overload(Number(values.seconds));
  const words = (n: number) => n.toLocaleString('en-US');
  const figures = `${run.seconds} s: ${words(run.acknowledged)} requests and scans acknowledged, all in the ledger; ${words(run.turnedAway)} turned away with Retry-After; slowest answer ${words(run.slowestMs)} ms; peak memory ${run.peakMb} MB; normal again after ${words(run.backAfterMs)} ms`;
  console.log(figures);
  recordLastRun('npm run overload', figures);
}

void main();
