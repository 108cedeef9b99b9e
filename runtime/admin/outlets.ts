/** Admin: outlets, and what can be done with one. */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import type { OutletSummary } from '../../core/ledger/ledger';
import { axiosClient } from '../../core/pushing/axios-client';
import { testConnection } from '../../core/pushing/test-connection';
import { openLedgers } from '../ledgers';
import { outletByKey } from '../outlets';
import { ledgerOfOutlet } from './find';
import type { AdminRequest } from './types';

export async function list(): Promise<OutletSummary[]> {
  return (await Promise.all(openLedgers().map((ledger) => ledger.outlets()))).flat();
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
    return await testConnection(outlet, client.request, ledger.info.kind === 'demo');
  } finally {
    client.close();
  }
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
  return ledger.startPush({ outlet: summary.id, type, trigger: 'manual', created_by: `user:${user}` });
}

/** Refused and dropped items are tried again with their current values: all, or those with the reason `code`. */
export async function retry({ params, body, user }: AdminRequest): Promise<unknown> {
  const { code } = body;
  if (code !== undefined && code !== null && typeof code !== 'string')
    throw new InvalidInputError('code_invalid', 'code must be a text. Nothing was tried again.', 'code');
  const { ledger, summary } = await ledgerOfOutlet(params.id!);
  const items = await ledger.retryItems(summary.id, code ? { code } : {});
  const started = await ledger.startPush({
    outlet: summary.id,
    type: 'partial',
    trigger: 'manual',
    created_by: `user:${user}`,
  });
  return { items, push: started };
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
  return (await ledgerOfOutlet(summary.id)).summary;
}
