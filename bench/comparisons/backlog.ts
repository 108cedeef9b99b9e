/** Everything changes while the platform is down: what one change costs, by how many there are. */
import { backlog as run } from '../../test/load/backlog';
import type { Comparison, Measured } from '../comparison';

const PATIENCE_MS = 30 * 60_000;

const changes = (items: number, outlets: number) => ({
  name: `${items.toLocaleString('en-US')} changes`,
  async run(_round: number, quick: boolean): Promise<Measured> {
    const count = quick ? Math.min(items, 1_000 + items / 100) : items;
    const { cpuSeconds, feedSeconds, drainSeconds, peakMb } = await run({
      items: count,
      outlets,
      patience: PATIENCE_MS,
      memoryMb: 2_000,
    });
    const details = { 'fed in s': feedSeconds, 'drained in s': drainSeconds, 'resident MB': peakMb };
    return { value: (cpuSeconds * 1e6) / count, details };
  },
});

export const backlog: Comparison = {
  id: 'backlog',
  title: 'Changes that wait for a platform that is down and then arrive: processor time of 1,000 of them, in and out',
  unit: 'ms',
  rounds: 3,
  sides: [changes(1_000_000, 25), changes(50_000, 25), changes(1_000, 2)],
  reach: [
    { against: '1,000 changes', atMost: 1.3 },
    { against: '50,000 changes', atMost: 1.3 },
  ],
};
