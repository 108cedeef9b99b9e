/** Figures and reaches in words, the same in the terminal, in the report and in the documentation. */
import type { Reach } from '../comparison';
import type { ComparisonResult } from './results';
import { type Spread, spread } from './statistics';
import type { ReachSummary, Summary } from './summary';

/** Three digits that count: `32,787`, `12.4`, `0.53`. */
export function figure(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: Math.min(digits, 4) });
}

/** `0.53 (0.51–0.56)` */
export function withRange({ median, min, max }: Spread): string {
  return `${figure(median)} (${figure(min)}–${figure(max)})`;
}

/** `≥ 0.50` */
export function bound({ atLeast, atMost }: Reach): string {
  return [atLeast === undefined ? [] : `≥ ${figure(atLeast)}`, atMost === undefined ? [] : `≤ ${figure(atMost)}`]
    .flat()
    .join(', ');
}

/** One line of the table: our side against another one, or alone. */
export interface Row {
  work: string;
  ours: string;
  against: string;
  theirs: string;
  ratio: string;
  reach: string;
  verdict: string;
}

const NONE = '–';

/** One for each other side, and one for each reach that is our own figure's. */
export function rowsOf(result: ComparisonResult, summary: Summary): Row[] {
  const { unit, title } = result;
  const side = (name: string) => summary.sides.find((each) => each.name === name);
  const own = side(result.sides[0]!);
  const ours = own ? `${withRange(own)} ${unit}` : NONE;
  const judged = (one: ReachSummary | undefined) => ({
    reach: one ? bound(one.reach) : NONE,
    verdict: one?.verdict ?? NONE,
  });
  const of = (against: string | undefined) => summary.reaches.find(({ reach }) => reach.against === against);
  const rows = result.sides.slice(1).map((against) => {
    const theirs = side(against);
    const ratio = summary.ratios.find((each) => each.against === against);
    return {
      work: title,
      ours,
      against,
      theirs: theirs ? `${withRange(theirs)} ${unit}` : NONE,
      ratio: ratio ? withRange(ratio) : NONE,
      ...judged(of(against)),
    };
  });
  const alone = of(undefined);
  if (alone || rows.length === 0)
    rows.push({ work: title, ours, against: NONE, theirs: NONE, ratio: NONE, ...judged(alone) });
  if (summary.refused) for (const row of rows) row.verdict = summary.refused;
  return rows;
}

/** `AMD EPYC, 2 cores, …` */
export function machineInWords(result: Pick<ComparisonResult, 'machine' | 'at' | 'commit'>): string {
  const { cpu, cores, memoryGb, system, node, nodeRed, fsyncMs } = result.machine;
  return (
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}; Node ${node}, Node-RED ${nodeRed}; ` +
    `${fsyncMs} ms until 256 bytes are on the disk; ${result.at.slice(0, 10)}, ${result.commit}`
  );
}

/** How quiet it was, for whoever doubts the figures. */
export function quietInWords({ rounds }: ComparisonResult, summary: Summary): string {
  const loads = rounds.map(({ noise }) => noise.load);
  const load = loads.length === 0 ? '' : `; load average ${withRange(spread(loads))}`;
  return `${summary.rounds} rounds count, ${summary.noisy} of ${rounds.length} were noisy${load}`;
}
