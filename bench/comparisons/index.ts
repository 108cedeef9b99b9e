/** All that `npm run bench` compares, in the order in which it runs. */
import type { Comparison } from '../comparison';
import { backlog } from './backlog';
import { catalogue } from './catalogue';
import { push } from './push';
import { scanner } from './scanner';
import { scannerExternal } from './scanner-external';
import { memory, nothingToDo, oneChange, start } from './size';
import { webhook, webhookLatency } from './webhook';

export const COMPARISONS: Comparison[] = [
  webhook,
  webhookLatency,
  scanner,
  scannerExternal,
  catalogue,
  push,
  oneChange,
  nothingToDo,
  start,
  memory,
  backlog,
];
