/**
 * What is kept of a run: raw results and the report for each run, and with `--record` the figures that docs/performance.md
 * shows, so that none is written by hand.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { htmlReport } from './report';
import type { ComparisonResult } from './results';
import { summarize } from './summary';
import { machineInWords, quietInWords, rowsOf } from './words';

const START = '<!-- bench -->';
const END = '<!-- /bench -->';
/** The one run that is in the repository: what docs/performance.md shows. */
export const KEPT = join('bench', 'results', 'kept.json');

/** @returns the paths without their endings */
export function writeResults(root: string, results: readonly ComparisonResult[], name: string): string {
  const folder = join(root, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const base = join(folder, name);
  writeFileSync(`${base}.json`, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(`${base}.html`, htmlReport(results));
  return base;
}

export function readResults(file: string): ComparisonResult[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ComparisonResult[]) : [];
}

/** Takes over what was compared well, in the order of `ids`, and writes the table. @returns what was not taken, with why */
export function record(root: string, results: readonly ComparisonResult[], ids: readonly string[]): string[] {
  const refused: string[] = [];
  const kept = new Map(readResults(join(root, KEPT)).map((each) => [each.id, each]));
  for (const each of results) {
    const why = each.quick ? 'a quick run' : each.noisyAllowed ? 'noisy rounds count' : summarize(each).refused;
    if (why) refused.push(`${each.id}: ${why}`);
    else kept.set(each.id, each);
  }
  const all = ids.flatMap((id) => kept.get(id) ?? []);
  writeResults(root, all, 'kept');
  const page = join(root, 'docs', 'performance.md');
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), all));
  execFileSync('npx', ['biome', 'format', '--write', page, join(root, KEPT)], { cwd: root, stdio: 'ignore' });
  return refused;
}

/** The text of the page with the table of these results between its marks. */
export function withTable(page: string, results: readonly ComparisonResult[]): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the page has no table between ${START} and ${END}`);
  return `${page.slice(0, start + START.length)}\n\n${markdownTable(results)}\n\n${page.slice(end)}`;
}

export function markdownTable(results: readonly ComparisonResult[]): string {
  const all = results.map((result) => ({ result, summary: summarize(result) }));
  const lines = all.flatMap(({ result, summary }) =>
    rowsOf(result, summary).map(({ work, ours, against, theirs, ratio, reach, verdict }) =>
      [work, ours, against, theirs, ratio, reach, verdict].map((text) => text.replaceAll('|', '/')).join(' | '),
    ),
  );
  const head = ['work', 'Shelfwire', 'against', 'the other', 'ratio', 'reach', 'verdict'];
  const notes = all.map(
    ({ result, summary }) => `- \`${result.id}\`: ${quietInWords(result, summary)}. ${machineInWords(result)}.`,
  );
  return [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...lines.map((line) => `| ${line} |`),
    '',
    ...notes,
  ].join('\n');
}
