/** The HTML report: one file that asks no other host for anything, readable in light and dark, on paper and by a screen reader. */
import { escapeHtml, plotSvg } from './plot';
import type { ComparisonResult } from './results';
import { type SideSummary, type Summary, summarize } from './summary';
import { bound, figure, machineInWords, quietInWords, type Row, rowsOf } from './words';

export function htmlReport(results: readonly ComparisonResult[]): string {
  const all = results.map((result) => ({ result, summary: summarize(result) }));
  const rows = all.flatMap(({ result, summary }) => rowsOf(result, summary));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shelfwire: how fast</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Shelfwire: how fast</h1>
<p>In each round every side ran once, one after the other. Ratios are ours divided by the other, within a round. Every
figure is a median with (lowest–highest). A reach is judged only where the range in which the median surely lies is on one side
of it.</p>
${summaryTable(rows)}
${all.map(({ result, summary }) => section(result, summary)).join('\n')}
</main>
</body>
</html>
`;
}

const cells = (tag: 'th' | 'td', texts: string[]) =>
  texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('');

function table(head: string[], body: string[]): string {
  return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

function summaryTable(rows: Row[]): string {
  const body = rows.map(
    ({ work, ours, against, theirs, ratio, reach, verdict }) =>
      `<tr>${cells('td', [work, ours, against, theirs, ratio, reach])}<td class="${verdictClass(verdict)}">${escapeHtml(verdict)}</td></tr>`,
  );
  return table(['Work', 'Shelfwire', 'Against', 'The other', 'Ratio', 'Reach', 'Verdict'], body);
}

function verdictClass(verdict: string): string {
  if (verdict === 'reached') return 'reached';
  return verdict === 'missed' || verdict.startsWith('failed') ? 'missed' : 'unsure';
}

function section(result: ComparisonResult, summary: Summary): string {
  const { id, title, unit } = result;
  const notes = [
    result.quick ? 'A quick run: too short to be believed.' : [],
    result.noisyAllowed ? 'Noisy rounds were allowed to count.' : [],
    `${quietInWords(result, summary)}.`,
  ].flat();
  const parts = [
    `<section id="${escapeHtml(id)}"><h2>${escapeHtml(title)}</h2>`,
    `<p class="note">${escapeHtml(`${notes.join(' ')} ${machineInWords(result)}.`)}</p>`,
  ];
  if (summary.refused)
    return [...parts, `<p class="missed">Not compared: ${escapeHtml(summary.refused)}.</p></section>`].join('\n');
  const alone = summary.reaches.filter(({ reach }) => reach.against === undefined);
  parts.push(
    plotSvg({
      label: `${title}: each round of each side in ${unit}`,
      unit,
      lines: summary.sides,
      marks: alone.map(({ reach }) => ({ value: (reach.atLeast ?? reach.atMost)!, text: bound(reach) })),
    }),
  );
  for (const { against, values, median } of summary.ratios) {
    const marks = summary.reaches
      .filter(({ reach }) => reach.against === against)
      .map(({ reach }) => ({ value: (reach.atLeast ?? reach.atMost)!, text: bound(reach) }));
    const lines = [{ name: `to ${against}`, values, median }];
    parts.push(plotSvg({ label: `${title}: ratio to ${against}`, unit: 'ratio', lines, marks }));
  }
  parts.push(detailTable(summary.sides, unit), '</section>');
  return parts.join('\n');
}

function detailTable(sides: SideSummary[], unit: string): string {
  const names = [...new Set(sides.flatMap(({ details }) => Object.keys(details)))];
  const body = sides.map(({ name, median, min, max, details }) => {
    const known = names.map((each) => (details[each] === undefined ? '–' : figure(details[each])));
    return `<tr>${cells('td', [name, figure(median), figure(min), figure(max), ...known])}</tr>`;
  });
  return table(['Side', `Median ${unit}`, 'Lowest', 'Highest', ...names], body);
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2522; --soft: #5c6863; --line: #d5ddd9; --paper: #fff; --ours: #1f7a54; --peer: #8a6416; --bad: #b3261e; --good: #1f7a54; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5ebe8; --soft: #9dabA5; --line: #38423e; --paper: #161b19; --ours: #6fcfa3; --peer: #d9b065; --bad: #ff8a80; --good: #6fcfa3; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 8px; } h2 { font-size: 18px; margin: 40px 0 4px; }
p { max-width: 75ch; } .note { color: var(--soft); font-size: 13px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
td:nth-child(5), td:nth-child(6) { white-space: nowrap; }
.reached { color: var(--good); font-weight: 600; } .missed { color: var(--bad); font-weight: 600; } .unsure { color: var(--soft); }
svg { display: block; width: 100%; max-width: 760px; margin: 8px 0; }
svg text { fill: var(--ink); font-size: 13px; } svg .tick { fill: var(--soft); font-size: 11px; }
svg .grid { stroke: var(--line); } svg .mark { stroke: var(--bad); stroke-dasharray: 4 3; }
svg text.mark { stroke: none; fill: var(--bad); font-size: 11px; }
svg .ours { color: var(--ours); } svg .peer { color: var(--peer); }
svg circle { fill: currentColor; fill-opacity: 0.45; stroke: currentColor; } svg .median { stroke: currentColor; stroke-width: 3; }
`;
