/** Runs the rounds of a comparison: every side once in each, in an order that turns, until enough rounds were quiet. */
import type { Comparison } from '../comparison';
import type { NoiseGuard } from './noise';
import type { Round } from './results';

export interface RunOptions {
  guard: NoiseGuard;
  /** Quiet rounds. */
  rounds: number;
  quick: boolean;
  /** Noisy rounds count too. */
  noisyAllowed: boolean;
  /** Called after each side and each round, with what to show. */
  tell(line: string): void;
}

/** Noisy rounds are made up for, up to as many as were wanted. */
const TIMES = 2;

/** @returns every round, the noisy ones too, and what a side threw */
export async function runComparison(
  comparison: Comparison,
  options: RunOptions,
): Promise<{ rounds: Round[]; error?: string }> {
  const rounds: Round[] = [];
  try {
    await comparison.setUp?.(options.quick);
    for (let round = 0; !enough(rounds, options); round++) rounds.push(await oneRound(comparison, round, options));
    return { rounds };
  } catch (thrown) {
    return { rounds, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  } finally {
    await comparison.tearDown?.();
  }
}

function enough(rounds: Round[], { rounds: wanted, noisyAllowed }: RunOptions): boolean {
  const good = noisyAllowed ? rounds.length : rounds.filter(({ noise }) => noise.quiet).length;
  return good >= wanted || rounds.length >= wanted * TIMES;
}

async function oneRound({ sides, unit }: Comparison, round: number, options: RunOptions): Promise<Round> {
  const { guard, tell, quick } = options;
  const first = round % sides.length;
  const order = [...sides.slice(first), ...sides.slice(0, first)];
  const measured: Round['measured'] = {};
  const before = await guard.before();
  for (const side of order) {
    const result = await side.run(round, quick);
    if (!Number.isFinite(result.value)) throw new Error(`${side.name} measured ${result.value}`);
    measured[side.name] = result;
    tell(
      `  round ${round + 1}: ${side.name} ${result.value.toPrecision(4)} ${unit} ${JSON.stringify(result.details ?? {})}`,
    );
  }
  const noise = await guard.after(before);
  tell(`  round ${round + 1}: ${noise.quiet ? 'quiet' : `noisy: ${noise.why.join('; ')}`}`);
  return { round, order: order.map(({ name }) => name), noise, measured };
}
