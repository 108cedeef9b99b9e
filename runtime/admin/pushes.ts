/** Admin: the history of pushes, one push in full, trying again. */
import { guarded } from '../../connectors/catalogue/formula';
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import type { Ledger, PushRecord, PushStatus, SentRequest } from '../../core/ledger/ledger';
import { redactor } from '../../core/pushing/redact';
import { openLedgers } from '../ledgers';
import { outletByKey } from '../outlets';
import { csvLine } from './csv';
import { limitOf, markOf, pushFor } from './find';
import { pageOfAll } from './pages';
import type { AdminRequest, OfLedger, Streamed } from './types';

const STATUSES: readonly string[] = ['running', 'success', 'partial', 'failed'];

/** `?outlet=&status=&by=&since=&until=&limit=10&cursor=`, newest first; `since` and `until` are ISO times. */
export async function list({ query }: AdminRequest): Promise<{ pushes: PushRecord[]; cursor: string | null }> {
  if (query.status && !STATUSES.includes(query.status)) {
    throw new InvalidInputError('status_invalid', `status must be one of ${STATUSES.join(', ')}.`, 'status');
  }
  const limit = limitOf(query.limit, 10);
  const since = timeOf(query.since, 'since');
  const until = timeOf(query.until, 'until');
  const asked = {
    ...(query.outlet ? { outlet: query.outlet } : {}),
    ...(query.status ? { status: query.status as PushStatus } : {}),
    ...(query.by ? { by: query.by } : {}),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
  };
  const page = await pageOfAll(
    { limit, cursor: query.cursor },
    async (ledger, part) => {
      const { pushes, cursor } = await ledger.pushes({ ...asked, ...part });
      return { rows: pushes, cursor };
    },
    ({ started_at }) => started_at,
  );
  return { pushes: page.rows, cursor: page.cursor };
}

function timeOf(text: string | undefined, field: string): number | null {
  if (!text) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidInputError('time_invalid', `${field} must be a time like 2026-01-31T09:00:00Z.`, field);
  return time;
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

/** With `to_do`: what a running push still has before it. */
export async function show({ params }: AdminRequest): Promise<Found & { to_do: number } & OfLedger> {
  const { ledger, push } = await find(params.id!);
  const outlet = push.status === 'running' ? (await ledger.outlets()).find(({ id }) => id === push.outlet) : undefined;
  return { ...push, to_do: outlet ? outlet.counts.waiting + outlet.counts.sending : 0, ...markOf(ledger) };
}

/**
 * Refused items of the push are tried again with their current values: all, those in `skus`, or those with the reason
 * `code`.
 */
export async function retry({ params, body, user }: AdminRequest): Promise<unknown> {
  const { ledger, push } = await find(params.id!);
  const { skus, code } = body;
  if (skus !== undefined && !(Array.isArray(skus) && skus.every((sku) => typeof sku === 'string')))
    throw new InvalidInputError('skus_invalid', 'skus must be a list of texts. Nothing was tried again.', 'skus');
  if (code !== undefined && typeof code !== 'string')
    throw new InvalidInputError('code_invalid', 'code must be a text. Nothing was tried again.', 'code');
  const items = await ledger.retryItems(push.outlet, {
    push: push.id,
    ...(skus === undefined ? {} : { skus: skus as string[] }),
    ...(code === undefined ? {} : { code }),
  });
  return { items, push: await pushFor(ledger, push.outlet, user) };
}

/**
 * One request as a curl command to the outlet's address as it is now, for a person who wants to see what the platform
 * says: the secrets are left out.
 */
export async function curl({ params }: AdminRequest): Promise<{ curl: string }> {
  for (const ledger of openLedgers()) {
    const request = await ledger.request(params.chunk!);
    if (request) return { curl: curlOf(request) };
  }
  throw new ShelfwireError(
    'unknown_chunk',
    `There is no request ${params.chunk}. Old ones are removed with their push.`,
  );
}

function curlOf({ outlet, idempotencyKey, body }: SentRequest): string {
  const target = outletByKey(outlet);
  const hide = redactor(target?.secrets() ?? [], '<KEY>');
  const headers = {
    'Content-Type': 'application/json',
    ...(target?.headers() ?? {}),
    'Idempotency-Key': idempotencyKey,
  };
  return [
    `curl -X ${target?.method ?? 'POST'} ${quoted(hide(target?.definition.endpoint ?? '<ENDPOINT>'))}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(hide(`${name}: ${value}`))}`),
    `--data-binary ${quoted(hide(body))}`,
  ].join(' \\\n  ');
}

/** One argument for a shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Every item of the push with what became of it. */
export async function csv({ params }: AdminRequest): Promise<Streamed> {
  const { ledger, push } = await find(params.id!);
  return {
    type: 'text/csv; charset=utf-8',
    headers: { 'Content-Disposition': `attachment; filename="push-${push.id.replace(/[^\w.-]/g, '_')}.csv"` },
    pieces: lines(ledger, push.id),
  };
}

async function* lines(ledger: Ledger, push: string): AsyncGenerator<string> {
  yield csvLine(['sku', 'outcome', 'code', 'message', 'response_code', 'request']);
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Ledger['pushedItems']>> = await ledger.pushedItems({
      push,
      ...(cursor === null ? {} : { cursor }),
    });
    cursor = page.cursor;
    yield page.rows
      .map(({ sku, outcome, code, message, response_code, chunk }) =>
        csvLine([guarded(sku), outcome, guarded(code ?? ''), guarded(message ?? ''), response_code, chunk]),
      )
      .join('');
  } while (cursor !== null);
}
