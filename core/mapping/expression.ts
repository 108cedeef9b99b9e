/**
 * Keeps a JSONata expression from running for ever. Evaluation is a chain of resolved promises, so a timer alone would
 * never fire: JSONata's own entry hook (the one its exerciser uses) looks at the clock.
 */
import { ShelfwireError } from '../errors';

/** Evaluates one compiled expression over one item. */
export type Evaluate = (input: Record<string, unknown>) => Promise<unknown>;
/** Compiles an expression once; throws when it does not parse. */
export type Compile = (expression: string) => Evaluate;

/** What JSONata's compiled expression offers; `assign` takes the symbols of its hooks too. */
export interface CompiledJsonata {
  assign(name: string | symbol, value: unknown): void;
}

/** Milliseconds that one item may take: a thousand times what a usual expression needs. */
export const EXPRESSION_LIMIT_MS = 250;

const ENTRY = Symbol.for('jsonata.__evaluate_entry');
const MAX_DEPTH_ERROR = /stack/i;

/** Makes every evaluation of `expression` end after `limit` milliseconds. */
export function boundTime(expression: CompiledJsonata, limit: number, now: () => number = Date.now): void {
  expression.assign(ENTRY, (_node: unknown, _input: unknown, environment: { timestamp?: Date | null }) => {
    const started = environment.timestamp?.getTime();
    if (started !== undefined && now() - started > limit) throw tooSlow(limit);
  });
}

/** Ends the waiting for what the hook cannot see (a context store that never answers). */
export async function within<T>(work: Promise<T>, limit: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow(limit)), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What JSONata threw (mostly a plain object with code and message), in words. */
export function expressionError(thrown: unknown): string {
  const { message } = (thrown ?? {}) as { message?: unknown };
  const text = typeof message === 'string' ? message : String(thrown);
  return MAX_DEPTH_ERROR.test(text) && thrown instanceof RangeError ? 'it calls itself without end' : text;
}

const tooSlow = (limit: number) => new ShelfwireError('expression_too_slow', `it took longer than ${limit} ms`);
