/**
 * The figures of the last run of each long command stand in docs/reliability.md, written there by the command itself
 * (`--record`), so that none is written by hand.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const START = '<!-- last runs -->';
const END = '<!-- /last runs -->';

/**
 * Puts one row into the table of last runs, in place of the row of the same command; does nothing without `--record` on
 * the command line.
 *
 * @param command what repeats it, such as `npm run soak`
 * @param figures one line of words and numbers, such as `100 kills, 41,203 events acknowledged, 0 missing`
 */
export function recordLastRun(command: string, figures: string, root = process.cwd(), argv = process.argv): void {
  if (!argv.includes('--record')) return;
  const file = join(root, 'docs', 'reliability.md');
  writeFileSync(file, withRow(readFileSync(file, 'utf8'), command, figures, describeRun(root)));
  execFileSync('npx', ['biome', 'format', '--write', file], { cwd: root, stdio: 'ignore' });
}

/** The text of the page with that row in its table. */
export function withRow(page: string, command: string, figures: string, when: string): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the page has no table between ${START} and ${END}`);
  const rows = page
    .slice(start + START.length, end)
    .split('\n')
    .filter((line) => line.startsWith('| `') && !line.startsWith(`| \`${command}\` |`));
  rows.push(`| \`${command}\` | ${figures.replaceAll('|', '/')} | ${when} |`);
  const table = ['| command | figures of its last run | when, where |', '| --- | --- | --- |', ...rows.sort()];
  return `${page.slice(0, start + START.length)}\n\n${table.join('\n')}\n\n${page.slice(end)}`;
}

function describeRun(root: string): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  return `${new Date().toISOString().slice(0, 10)}, ${commit}, ${cpus().length} cores, Node ${process.versions.node}`;
}
