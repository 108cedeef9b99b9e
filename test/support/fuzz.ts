/** How many cases a property is tried with: few in every test run, `FUZZ_RUNS` times as many when asked (`npm run fuzz`). */
export const FUZZ_RUNS = Number(process.env.FUZZ_RUNS) || 1;

export const runs = (usual: number): { numRuns: number } => ({ numRuns: usual * FUZZ_RUNS });
