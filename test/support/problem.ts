/** A problem with nothing but what a test says of it. */
import { NO_DETAILS, type Problem } from '../../runtime/problems';

export const problem = (key: string, count = 1, kind: Problem['kind'] = 'refused'): Problem => ({
  ...NO_DETAILS,
  key,
  kind,
  count,
});
