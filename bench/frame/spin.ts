/** A fixed piece of work, again and again on one core: how long it takes tells what else the machine is doing. */
import { serve } from '../support/serve';
import { spread } from './statistics';

const PIECES = 9;
const TURNS = 12_000_000;

function work(): number {
  let state = 1;
  for (let turn = 0; turn < TURNS; turn++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
}

/** @returns milliseconds of a piece, median */
function spin(): number {
  const taken = Array.from({ length: PIECES }, () => {
    const start = performance.now();
    if (work() === 0) throw new Error('the work was not done');
    return performance.now() - start;
  });
  return spread(taken).median;
}

serve({ spin });
