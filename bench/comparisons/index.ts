/** All that `npm run bench` compares, in the order in which it runs. */
import type { Comparison } from '../comparison';

export const COMPARISONS: Comparison[] = [];
