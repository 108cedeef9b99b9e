/**
 * `npm run replay -- [FILE] [--kill N] [--rows N] [--seed N]`: plays real sales through the whole of Shelfwire (see
 * replay/run.ts) and compares what the platform holds in the end, item by item, with what an independent and much
 * simpler program computes from the same file. Without FILE: the sample in test/data.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { expectedContent } from '../test/oracle/retail';
import { ROOT } from '../test/support/node-red';
import { makeFeed, OPENING } from './replay/feed';
import { readRows, readText } from './replay/rows';
import { differences, type ReplayProgress, replay } from './replay/run';

const DISORDER = { window: 2_000, late: 0.01, twice: 0.05 };

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kill: { type: 'string', default: '0' },
      rows: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const csv = firstRows(readText(positionals[0] ?? join(ROOT, 'test/data/retail-sample.csv')), values.rows);
  const rows = readRows(csv);
  const seed = Number(values.seed);
  const feed = makeFeed(rows, { ...DISORDER, seed });
  const stores = [...new Set(rows.map((row) => row.store))];
  const by = (name: string) => feed.filter((one) => one.by === name).length;
  console.log(
    `${rows.length} sales in ${stores.length} stores: ${by('paradigm')} events by Paradigm, ${by('mipos')} by MiPOS, ${by('scanner')} by scanners; kills: ${values.kill}`,
  );
  const started = Date.now();
  const result = await replay({ feed, stores, kills: Number(values.kill), seed, progress: progressBar() });
  const { counts, states, overlaps } = result;
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(
    `\n${seconds} s; events: ${counts.received} received = ${counts.accepted} accepted + ${counts.duplicate} duplicate + ${counts.stale} stale + ${counts.refused} refused; ${result.requests} requests; killed ${result.kills} times`,
  );
  const expected = expectedContent(csv, OPENING);
  const problems = differences(expected, result.content);
  for (const { store, sku } of overlaps) problems.push(`${store} / ${sku}: was in two requests at once`);
  if (counts.received !== counts.accepted + counts.duplicate + counts.stale + counts.refused)
    problems.push('the counts of events do not add up');
  if (counts.refused > 0 || states.refused || states.held || states.incomplete)
    problems.push(`refused, held or incomplete: ${JSON.stringify({ events: counts.refused, ...states })}`);
  for (const problem of problems.slice(0, 50)) console.log(problem);
  const items = [...expected.values()].reduce((sum, store) => sum + store.size, 0);
  console.log(
    problems.length === 0
      ? `The platform holds exactly what the file says: ${items} items in ${expected.size} stores.`
      : `${problems.length} differences.`,
  );
  return problems.length === 0 ? 0 : 1;
}

function firstRows(csv: string, count: string | undefined): string {
  return count === undefined
    ? csv
    : csv
        .split('\n')
        .slice(0, Number(count) + 1)
        .join('\n');
}

/** One line that is written over on a terminal; elsewhere a line every few seconds. */
function progressBar(): (state: ReplayProgress) => void {
  let last = 0;
  const every = process.stdout.isTTY ? 100 : 5_000;
  return ({ sent, of, requests, kills, open }) => {
    if (Date.now() - last < every) return;
    last = Date.now();
    const share = `${String(Math.floor((100 * sent) / of)).padStart(3)} %`;
    const rest = open === null ? '' : `, ${open} items to go`;
    const line = `${share} of ${of} events sent, ${requests} requests to the platform, ${kills} kills${rest}`;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    console.error(`\n${thrown instanceof Error ? thrown.stack : thrown}`);
    process.exitCode = 1;
  },
);
