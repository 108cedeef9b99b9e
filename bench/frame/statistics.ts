/** What is said about the figures of several rounds. */

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('there is no median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/**
 * Where the true median lies with at least 90 % certainty, whatever the figures' distribution (the sign test): with five
 * to seven rounds from the lowest to the highest, with more rounds the outermost ones are left out.
 */
export function certainRange(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let left = 0;
  let outside = 2 * 0.5 ** n;
  for (let ways = 1; ; left++) {
    ways = (ways * (n - left)) / (left + 1);
    outside += 2 * ways * 0.5 ** n;
    if (outside > 0.1 || left + 1 >= n / 2) break;
  }
  return [sorted[left]!, sorted[n - 1 - left]!];
}
