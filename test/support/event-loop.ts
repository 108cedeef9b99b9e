/** How long the event loop was held up. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Milliseconds of the longest block while `work` ran: the best of three runs, since other programs of a busy machine
 * block as well.
 * @param enough no further run when this is reached
 */
export async function longestBlock(work: () => Promise<void>, enough = 50): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3 && best >= enough; run++) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    delay.enable();
    await work();
    delay.disable();
    best = Math.min(best, delay.max / 1e6);
  }
  return best;
}
