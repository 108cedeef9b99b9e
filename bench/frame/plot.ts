/** A plot of one comparison as inline SVG: a line for each side, a point for each round, a bar at the median. */
import { figure } from './words';

export interface PlotLine {
  name: string;
  values: number[];
  median: number;
}

export interface Plot {
  /** What it shows, for who cannot see it. */
  label: string;
  lines: PlotLine[];
  unit: string;
  /** Where a bar says what is to be reached. */
  marks?: { value: number; text: string }[];
}

const WIDTH = 760;
const LEFT = 170;
const RIGHT = 40;
const ROW = 34;
const TOP = 22;

export function plotSvg({ label, lines, unit, marks = [] }: Plot): string {
  const top = niceTop(Math.max(...lines.flatMap(({ values }) => values), ...marks.map(({ value }) => value)));
  const x = (value: number) => (LEFT + (value / top) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const bottom = TOP + lines.length * ROW;
  const height = bottom + 34;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * top);
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}">`,
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${x(tick)}" y1="${TOP}" x2="${x(tick)}" y2="${bottom}"/>` +
        `<text class="tick" x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${figure(tick)}</text>`,
    ),
    `<text class="tick" x="${WIDTH - RIGHT}" y="${bottom + 31}" text-anchor="end">${escapeHtml(unit)}</text>`,
    ...marks.map(
      ({ value, text }) =>
        `<line class="mark" x1="${x(value)}" y1="${TOP - 4}" x2="${x(value)}" y2="${bottom}"/>` +
        `<text class="mark" x="${x(value)}" y="${TOP - 8}" text-anchor="middle">${escapeHtml(text)}</text>`,
    ),
    ...lines.map((line, row) => {
      const y = TOP + row * ROW + ROW / 2;
      const points = line.values.map((value) => `<circle cx="${x(value)}" cy="${y}" r="4"/>`).join('');
      return (
        `<g class="${row === 0 ? 'ours' : 'peer'}">` +
        `<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${escapeHtml(line.name)}</text>` +
        `<line class="median" x1="${x(line.median)}" y1="${y - 11}" x2="${x(line.median)}" y2="${y + 11}"/>${points}</g>`
      );
    }),
    '</svg>',
  ].join('\n');
}

/** The next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten. */
function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value * 1.02) ?? 20;
  return factor * power;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}
