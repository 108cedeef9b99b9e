/** All that `npm run bench` compares, in the order in which it runs. */
import type { Comparison } from '../comparison';
import { catalogue } from './catalogue';
import { push } from './push';
import { scanner } from './scanner';

export const COMPARISONS: Comparison[] = [scanner, catalogue, push];
