/** All that `npm run bench` compares, in the order in which it runs. */
import type { Comparison } from '../comparison';
import { scanner } from './scanner';

export const COMPARISONS: Comparison[] = [scanner];
