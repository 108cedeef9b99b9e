/** Admin: outlets, and what can be done with one. */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import type { OutletActivity, OutletSummary } from '../../core/ledger/ledger';
import { axiosClient } from '../../core/pushing/axios-client';
import type { DebugEntry } from '../../core/pushing/debug-log';
import { testConnection } from '../../core/pushing/test-connection';
import { word } from '../../core/settings/outlet-change';
import { debugLog, watched } from '../debugging';
import { everyOutlet } from '../every-outlet';
import { openLedgers } from '../ledgers';
import { nodeOfOutlet, outletByKey } from '../outlets';
import { isUncarried } from '../problems';
import { ledgerOfOutlet, pushFor } from './find';
import { type OutletSettings, settingsOf } from './outlet-settings';
import type { AdminRequest } from './types';

export interface OutletRow extends OutletSummary {
  /** Of the last 24 hours, the oldest first; null = nothing was sent. */
  activity: Pick<OutletActivity, 'pushes' | 'errors'> | null;
  /** Null: it is not deployed any more. */
  settings: OutletSettings | null;
  /** ISO time until which its requests are written down; null = they are not. */
  debug_until: string | null;
  /** Switched on, but no changed stock takes what waits for it. */
  uncarried: boolean;
}

export async function list(): Promise<OutletRow[]> {
  const ledgers = openLedgers();
  const [outlets, activities] = await Promise.all([
    everyOutlet(),
    Promise.all(ledgers.map(async (ledger) => [ledger, hoursOf(await ledger.activity())] as const)),
  ]);
  const hours = new Map(activities);
  return outlets.map(({ ledger, summary }) => rowOf(summary, hours.get(ledger)?.get(summary.id) ?? null));
}

const hoursOf = (activity: OutletActivity[]) =>
  new Map(activity.map(({ outlet, pushes, errors }) => [outlet, { pushes, errors }]));

function rowOf(summary: OutletSummary, activity: OutletRow['activity']): OutletRow {
  return {
    ...summary,
    activity,
    settings: settingsOf(summary.id),
    debug_until: debugLog().until(summary.id),
    uncarried: isUncarried(summary),
  };
}

/** Asks the platform whether it can be reached and takes the key; never sends items. */
export async function test({ params }: AdminRequest): Promise<unknown> {
  const outlet = outletByKey(params.id!);
  if (!outlet)
    throw new ShelfwireError(
      'unknown_outlet',
      `The outlet ${params.id} is not deployed, so it cannot be tested. Deploy it first.`,
    );
  const client = axiosClient();
  try {
    const { ledger } = await ledgerOfOutlet(params.id!);
    return await testConnection(outlet, watched(params.id!, client.request), ledger.info.kind === 'demo');
  } finally {
    client.close();
  }
}

export interface Estimate {
  items: number;
  requests: number;
  /** Null: nothing was accepted lately, so nobody can know. */
  seconds: number | null;
}

/** Where the flow has not shown yet how it cuts. */
const USUAL_CHUNK = 500;

/** How much a push of everything would be, at the outlet's limits. */
export async function estimate({ params }: AdminRequest): Promise<Estimate> {
  const { ledger, summary } = await ledgerOfOutlet(params.id!);
  const { in_sync, waiting, sending, refused } = summary.counts;
  const items = in_sync + waiting + sending + refused;
  const pace = await ledger.pace(summary.id);
  const requests = Math.ceil(items / (pace?.capped ? pace.items : Math.max(pace?.items ?? 0, USUAL_CHUNK)));
  const concurrency = outletByKey(summary.id)?.definition.concurrency ?? 1;
  const perMinute = nodeOfOutlet(summary.id)?.ratePerMinute ?? 0;
  const atWork = pace && (requests * pace.duration_ms) / concurrency / 1000;
  const atRate = perMinute > 0 ? (requests / perMinute) * 60 : 0;
  return { items, requests, seconds: atWork === null ? null : Math.ceil(Math.max(atWork, atRate)) };
}

/** `{on}`: its requests and answers are written down for an hour. */
export async function debug({ params, body, user }: AdminRequest): Promise<{ until: string | null }> {
  if (typeof body.on !== 'boolean')
    throw new InvalidInputError('setting_invalid', 'on must be true or false. Nothing was changed.', 'on');
  const { ledger, summary } = await ledgerOfOutlet(params.id!);
  const was = debugLog().until(summary.id) !== null;
  if (body.on !== was)
    await ledger.change({
      name: null,
      value: null,
      by: `user:${user}`,
      subject: `outlet:${summary.id}`,
      what: 'debug',
      old: word(was),
      new: word(body.on),
    });
  if (body.on) debugLog().start(summary.id);
  else debugLog().stop(summary.id);
  return { until: debugLog().until(summary.id) };
}

export async function debugged({ params }: AdminRequest): Promise<{ until: string | null; entries: DebugEntry[] }> {
  return { until: debugLog().until(params.id!), entries: debugLog().entries(params.id!) };
}

export async function push({ params, body, user }: AdminRequest): Promise<unknown> {
  const type = body.type ?? 'partial';
  if (type !== 'full' && type !== 'partial') {
    throw new InvalidInputError(
      'type_invalid',
      'type must be "partial" (what changed) or "full" (everything). Nothing was started.',
      'type',
    );
  }
  const { ledger, summary } = await ledgerOfOutlet(params.id!);
  return pushFor(ledger, summary.id, user, type);
}

/** Refused and dropped items are tried again with their current values: all, or those with the reason `code`. */
export async function retry({ params, body, user }: AdminRequest): Promise<unknown> {
  const { code } = body;
  if (code !== undefined && code !== null && typeof code !== 'string')
    throw new InvalidInputError('code_invalid', 'code must be a text. Nothing was tried again.', 'code');
  const { ledger, summary } = await ledgerOfOutlet(params.id!);
  const items = await ledger.retryItems(summary.id, code ? { code } : {});
  return { items, push: await pushFor(ledger, summary.id, user) };
}

export async function pause(request: AdminRequest): Promise<unknown> {
  return setPaused(request, true);
}

export async function resume(request: AdminRequest): Promise<unknown> {
  return setPaused(request, false);
}

async function setPaused({ params, user }: AdminRequest, paused: boolean): Promise<unknown> {
  const { ledger, summary } = await ledgerOfOutlet(params.id!);
  await ledger.setPaused(summary.id, paused, `user:${user}`);
  return (await list()).find(({ id }) => id === summary.id)!;
}
