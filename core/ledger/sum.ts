/** Results of recording as one. */
import type { RecordResult } from './incoming';

export function sumOf(results: readonly RecordResult[]): RecordResult {
  const total: RecordResult = {
    received: 0,
    accepted: 0,
    duplicate: 0,
    stale: 0,
    refused: 0,
    outcomes: [],
    refusals: [],
  };
  for (const result of results) {
    for (const key of ['received', 'accepted', 'duplicate', 'stale', 'refused'] as const) total[key] += result[key];
    for (const outcome of result.outcomes) total.outcomes.push(outcome);
    for (const refusal of result.refusals) total.refusals.push(refusal);
  }
  return total;
}
