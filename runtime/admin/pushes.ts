/** Admin: the history of pushes. */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import type { Ledger, PushRecord, PushStatus } from '../../core/ledger/ledger';
import { openLedgers } from '../ledgers';
import { limitOf } from './find';
import type { AdminRequest } from './types';

const STATUSES: readonly string[] = ['running', 'success', 'partial', 'failed'];

/** `?outlet=&status=&limit=10&cursor=`, newest first. */
export async function list({ query }: AdminRequest): Promise<{ pushes: PushRecord[]; cursor: string | null }> {
  if (query.status && !STATUSES.includes(query.status)) {
    throw new InvalidInputError('status_invalid', `status must be one of ${STATUSES.join(', ')}.`, 'status');
  }
  const limit = limitOf(query.limit, 10);
  const asked = {
    ...(query.outlet ? { outlet: query.outlet } : {}),
    ...(query.status ? { status: query.status as PushStatus } : {}),
    limit,
  };
  // A cursor names the ledger it belongs to, since several may be open.
  const [at, cursor] = (query.cursor ?? '').split('.');
  const ledgers = openLedgers().slice(Number(at) || 0);
  for (const [offset, ledger] of ledgers.entries()) {
    const page = await ledger.pushes({ ...asked, ...(offset === 0 && cursor ? { cursor } : {}) });
    const index = (Number(at) || 0) + offset;
    const next = page.cursor ? `${index}.${page.cursor}` : offset + 1 < ledgers.length ? `${index + 1}.` : null;
    if (page.pushes.length > 0 || next === null) return { pushes: page.pushes, cursor: next };
  }
  return { pushes: [], cursor: null };
}

type Found = NonNullable<Awaited<ReturnType<Ledger['push']>>>;

async function find(id: string): Promise<{ ledger: Ledger; push: Found }> {
  for (const ledger of openLedgers()) {
    const push = await ledger.push(id);
    if (push) return { ledger, push };
  }
  throw new ShelfwireError(
    'unknown_push',
    `There is no push ${id}. Old ones are removed after the days that the ledger keeps.`,
  );
}

export async function show({ params }: AdminRequest): Promise<Found> {
  return (await find(params.id!)).push;
}

/** The refused items of the push are tried again with their current values. */
export async function retry({ params, user }: AdminRequest): Promise<unknown> {
  const { ledger, push } = await find(params.id!);
  const items = await ledger.retryItems(push.outlet, { push: push.id });
  const started = await ledger.startPush({
    outlet: push.outlet,
    type: 'partial',
    trigger: 'manual',
    created_by: `user:${user}`,
  });
  return { items, push: started };
}
