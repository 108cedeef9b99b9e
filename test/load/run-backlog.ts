/** `npm run backlog [-- --items 1000000 --outlets 25]` */
import { parseArgs } from 'node:util';
import { recordLastRun } from '../support/last-run';
import { backlog } from './backlog';

const MINUTE = 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      items: { type: 'string', default: '1000000' },
      outlets: { type: 'string', default: '25' },
      record: { type: 'boolean' },
    },
  });
  const options = { items: Number(values.items), outlets: Number(values.outlets) };
  const run = await backlog({ ...options, patience: 30 * MINUTE, memoryMb: 1_500 });
  const words = (n: number) => n.toLocaleString('en-US');
  const figures = `${words(run.items)} changes at ${run.outlets} shops, taken in ${run.feedSeconds} s while the platform was down (${run.asked} requests met it); drained in ${run.drainSeconds} s after it was up; peak memory ${run.peakMb} MB; newly sold out first, then the oldest, shops in turn`;
  console.log(figures);
  recordLastRun('npm run backlog', figures);
}

void main();
