/** The one line that changed stock shows of its outlets: the worst that needs somebody's eye, else how much waits. */
import type { OutletSummary } from '../../core/ledger/ledger';
import type { StatusLine } from '../../runtime/status';

export function showOutlets(status: StatusLine, all: OutletSummary[], keys: ReadonlySet<string>): void {
  const outlets = all.filter(({ id, enabled }) => enabled && keys.has(id));
  for (const reach of ['key_refused', 'fault', 'not_reachable'] as const) {
    if (outlets.some((outlet) => outlet.reach === reach)) {
      status.show(reach);
      return;
    }
  }
  const sum = (state: 'waiting' | 'sending' | 'held') =>
    outlets.reduce((total, { counts }) => total + counts[state], 0);
  if (outlets.length === 0) status.show('idle');
  else if (sum('sending') > 0) status.show('sending', { count: sum('sending') });
  else if (sum('waiting') > 0) status.show('waiting', { count: sum('waiting') });
  else if (outlets.every(({ paused }) => paused)) status.show('paused');
  else if (sum('held') > 0) status.show('held', { count: sum('held') });
  else status.show('in_sync');
}
