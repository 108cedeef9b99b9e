/** Everything that somebody has to look at, in one list: for the sidebar, the monitor and the problems node. */
import type { Ledger, LedgerProblem, OutletSummary } from '../core/ledger/ledger';
import { devicesOfBrokers } from './brokers';
import { carriedBy } from './carriers';
import { openLedgers } from './ledgers';
import { nodeOfOutlet, outletByKey } from './outlets';
import { unprovenOfLastHour } from './unproven';

export interface Problem {
  /** The same for the same problem, however it grows. */
  key: string;
  kind: LedgerProblem['kind'] | 'outlet' | 'unset' | 'mapping' | 'uncarried' | 'silent' | 'clock' | 'signature';
  /** Items, inputs, requests; 1 where there is nothing to count. */
  count: number;
  outlet: string | null;
  outlet_name: string | null;
  store_id: string | null;
  sender: string | null;
  code: string | null;
  message: string | null;
  last_at: string | null;
}

/** What is said where nothing more is known. */
export const NO_DETAILS = {
  outlet: null,
  outlet_name: null,
  store_id: null,
  sender: null,
  code: null,
  message: null,
  last_at: null,
};

/** @param ledgers those that are open */
export async function listProblems(ledgers: readonly Ledger[] = openLedgers()): Promise<Problem[]> {
  const found: Problem[] = [];
  for (const ledger of ledgers) {
    const summaries = new Map((await ledger.outlets()).map((summary) => [summary.id, summary]));
    for (const summary of summaries.values()) found.push(...ofOutlet(summary));
    for (const problem of await ledger.problems()) {
      const outlet = problem.outlet === null ? undefined : summaries.get(problem.outlet);
      found.push({
        ...NO_DETAILS,
        ...problem,
        key: [problem.kind, problem.outlet ?? problem.sender, problem.code].filter((part) => part !== null).join(' '),
        ...(outlet ? nameOf(outlet) : {}),
      });
    }
  }
  return [...oncePerKey(found), ...ofDevices(), ...ofSignatures()];
}

/** What a sender is refused in several ledgers is one problem: shown, told and mended as one. */
function oncePerKey(found: Problem[]): Problem[] {
  const byKey = new Map<string, Problem>();
  for (const problem of found) {
    const other = byKey.get(problem.key);
    if (other) byKey.set(problem.key, together(other, problem));
    else byKey.set(problem.key, problem);
  }
  return [...byKey.values()];
}

function together(a: Problem, b: Problem): Problem {
  const later = (b.last_at ?? '') > (a.last_at ?? '') ? b : a;
  return { ...later, count: a.count + b.count };
}

const nameOf = ({ id, name, store_id }: OutletSummary) => ({ outlet: id, outlet_name: name || store_id, store_id });

function ofOutlet(summary: OutletSummary): Problem[] {
  if (!summary.enabled) return [];
  const one = (kind: Problem['kind'], code: string | null, message: string | null): Problem => ({
    ...NO_DETAILS,
    ...nameOf(summary),
    key: `${kind} ${summary.id}`,
    kind,
    count: 1,
    code,
    message,
  });
  const unset = outletByKey(summary.id)?.problem ?? null;
  return [
    ...(unset === null ? [] : [one('unset', null, unset)]),
    ...(['not_reachable', 'key_refused', 'fault'].includes(summary.reach)
      ? [one('outlet', summary.reach, summary.reach_message)]
      : []),
    ...(summary.mapping_changed ? [one('mapping', null, null)] : []),
    ...(isUncarried(summary) ? [one('uncarried', null, null)] : []),
  ];
}

/**
 * Switched on, but no changed stock node takes what waits for it. An account without any such node sends lists of the
 * operator's own: that is a problem only when something waits.
 */
export function isUncarried({ id, enabled, counts }: OutletSummary): boolean {
  const account = nodeOfOutlet(id)?.id;
  if (!enabled || account === undefined) return false;
  const carried = carriedBy(id, account);
  return carried === 'others' || (carried === 'none' && counts.waiting > 0);
}

/** Of a device whose clock is wrong nothing is believed, so it counts even while it is heard. */
const CLOCK_WRONG_S = 300;

function ofDevices(): Problem[] {
  return devicesOfBrokers().flatMap(({ broker, devices }) =>
    devices.flatMap((device): Problem[] => {
      const base = {
        ...NO_DETAILS,
        count: 1,
        store_id: device.store_id,
        sender: device.name || device.id,
        last_at: device.last_seen,
      };
      const wrong = Math.abs(device.clock_offset_s ?? 0) > CLOCK_WRONG_S;
      return [
        ...(device.silent || device.dead
          ? [
              {
                ...base,
                key: `silent ${broker} ${device.id}`,
                kind: 'silent' as const,
                code: device.dead ? 'dead' : 'silent',
              },
            ]
          : []),
        ...(wrong
          ? [
              {
                ...base,
                key: `clock ${broker} ${device.id}`,
                kind: 'clock' as const,
                message: String(device.clock_offset_s),
              },
            ]
          : []),
      ];
    }),
  );
}

function ofSignatures(): Problem[] {
  return unprovenOfLastHour().map(({ node, name, count, message, last_at }) => ({
    ...NO_DETAILS,
    key: `signature ${node}`,
    kind: 'signature',
    count,
    sender: name,
    message,
    last_at,
  }));
}
