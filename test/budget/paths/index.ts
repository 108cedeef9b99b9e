/** All that has a budget. */
import type { Path } from '../budget';
import { pushItems, pushNothing } from './push';
import { scanner, webhook } from './received';
import { recordKnown, recordNew } from './record';

export const PATHS: Path[] = [webhook, scanner, recordKnown, recordNew, pushItems, pushNothing];
