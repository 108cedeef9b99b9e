/**
 * Long work in steps: a generator that yields wherever others may be let in between. Run through at once where the work
 * is known to be short, or in slices (see runtime/slices.ts) where a sender decides how long it is.
 */
export type Steps<T> = Generator<void, T, void>;

/** The result of all steps, at once. */
export function runThrough<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
