/** All that `npm run bench` compares, in the order in which it runs. */
import type { Comparison } from '../comparison';
import { catalogue } from './catalogue';
import { push } from './push';
import { scanner } from './scanner';
import { webhook, webhookLatency } from './webhook';

export const COMPARISONS: Comparison[] = [webhook, webhookLatency, scanner, catalogue, push];
