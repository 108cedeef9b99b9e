/** What a comparison's rounds say: medians, ratios within the rounds, and whether what was to be reached was reached. */
import type { Reach } from '../comparison';
import type { ComparisonResult, Round } from './results';
import { certainRange, type Spread, spread } from './statistics';

export interface SideSummary extends Spread {
  name: string;
  values: number[];
  /** Medians. */
  details: Record<string, number>;
}

export interface RatioSummary extends Spread {
  against: string;
  values: number[];
}

export type Verdict = 'reached' | 'missed' | 'too noisy to tell';

export interface ReachSummary {
  reach: Reach;
  verdict: Verdict;
}

export interface Summary {
  /** Rounds that count. */
  rounds: number;
  noisy: number;
  /** Why nothing is compared; everything below is empty then. */
  refused: string | null;
  sides: SideSummary[];
  /** Ours divided by each of the others. */
  ratios: RatioSummary[];
  reaches: ReachSummary[];
}

export function summarize(result: ComparisonResult): Summary {
  const counting = result.rounds.filter(({ noise }) => result.noisyAllowed || noise.quiet);
  const noisy = result.rounds.filter(({ noise }) => !noise.quiet).length;
  const nothing = { rounds: counting.length, noisy, sides: [], ratios: [], reaches: [] };
  if (result.error !== undefined) return { ...nothing, refused: `failed: ${result.error.split('\n')[0]}` };
  if (counting.length < result.wanted)
    return {
      ...nothing,
      refused: `too noisy to tell: ${counting.length} of ${result.rounds.length} rounds were quiet, ${result.wanted} are needed`,
      reaches: result.reach.map((reach) => ({ reach, verdict: 'too noisy to tell' })),
    };
  const [ours, ...others] = result.sides;
  const ratios = others.map((against) => {
    const values = counting.map(({ measured }) => measured[ours!]!.value / measured[against]!.value);
    return { against, values, ...spread(values) };
  });
  return {
    rounds: counting.length,
    noisy,
    refused: null,
    sides: result.sides.map((name) => sideSummary(name, counting)),
    ratios,
    reaches: result.reach.map((reach) => {
      const values =
        reach.against === undefined
          ? counting.map(({ measured }) => measured[ours!]!.value)
          : ratios.find(({ against }) => against === reach.against)?.values;
      if (!values) throw new Error(`${result.id} has no side ${reach.against}`);
      // Quick rounds and noisy ones show that it works; nothing is concluded from them.
      const judged = !result.quick && !result.noisyAllowed;
      return { reach, verdict: judged ? verdict(reach, values) : 'too noisy to tell' };
    }),
  };
}

function sideSummary(name: string, rounds: Round[]): SideSummary {
  const measured = rounds.map((round) => round.measured[name]!);
  const values = measured.map(({ value }) => value);
  const named = new Set(measured.flatMap(({ details }) => Object.keys(details ?? {})));
  const details = Object.fromEntries(
    [...named].map((each) => {
      const known = measured.flatMap(({ details }) => details?.[each] ?? []);
      return [each, spread(known).median];
    }),
  );
  return { name, values, details, ...spread(values) };
}

/** Decided only when the range in which the median surely lies is wholly on one side of what is to be reached. */
export function verdict({ atLeast, atMost }: Reach, values: readonly number[]): Verdict {
  const [low, high] = certainRange(values);
  if (low >= (atLeast ?? Number.NEGATIVE_INFINITY) && high <= (atMost ?? Number.POSITIVE_INFINITY)) return 'reached';
  if (high < (atLeast ?? Number.NEGATIVE_INFINITY) || low > (atMost ?? Number.POSITIVE_INFINITY)) return 'missed';
  return 'too noisy to tell';
}
