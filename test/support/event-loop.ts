/** How long the event loop was held up. */

/**
 * Milliseconds of this thread's work in the longest single turn of the event loop while `work` ran. Counted in processor
 * time, so that other programs of a busy machine show little; the best of up to six runs, since a collection of the heap
 * or a shared core makes a turn long now and then.
 * @param enough no further run when this is reached
 */
export async function longestBlock(work: () => Promise<void>, enough = 50): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 6 && best >= enough; run++) {
    let longest = 0;
    let before = busy();
    let running = true;
    const turn = () => {
      const now = busy();
      longest = Math.max(longest, now - before);
      before = now;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    await work();
    running = false;
    turn();
    best = Math.min(best, longest);
  }
  return best;
}

function busy(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
