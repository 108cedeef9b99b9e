/** The answer of the webhooks and feeds that speak JSON with counts: Paradigm's webhook and the catalogue. */
import type { Refusal } from '../../core/stock/event';
import type { Settlement } from '../requests';
import type { Reply } from './replies';

/** More errors than this are counted, not listed. */
const MAX_ERRORS = 1_000;

/**
 * 200 when anything was good (or there was nothing to record), else 422, or 400 when the body was not readable at all.
 * @param content what the receiver made of the body
 */
export function recordedReply(settlement: Settlement, content: { malformed: boolean; filtered?: number }): Reply {
  if (settlement.kind === 'unauthorized') return { status: 401, body: { message: settlement.message } };
  if (settlement.kind === 'unavailable')
    return { status: 503, body: { message: settlement.message }, retryAfter: settlement.retryAfter };
  const { received, accepted, duplicate, stale, refused, refusals } = settlement.result;
  const filtered = content.filtered ?? 0;
  const failed = refused > 0 && refused === received && filtered === 0;
  const message = failed
    ? `Nothing was recorded. ${refusals[0] ? itemAndReason(refusals[0]) : ''}`
    : refused > 0
      ? `${refused} of ${received} were refused and not recorded; the others are stored. See errors.`
      : 'Stored.';
  // One for each field of each item.
  const errors = refusals
    .slice(0, MAX_ERRORS)
    .flatMap((refusal) => [refusal, ...(refusal.also ?? []).map((also) => ({ ...refusal, ...also }))]);
  return {
    status: failed ? (content.malformed ? 400 : 422) : 200,
    body: {
      message,
      received,
      accepted,
      duplicate,
      stale,
      refused,
      ...(filtered > 0 ? { filtered } : {}),
      errors: errors.slice(0, MAX_ERRORS).map(({ index, sku, code, message }) => ({ index, sku, code, message })),
    },
  };
}

/** Who sees no list of errors learns from the message which item it was. */
function itemAndReason({ sku, message: first, also = [] }: Refusal): string {
  const message = [first, ...also.map(({ message }) => message)].join(' ');
  return sku === null || sku === '' || message.includes(sku) ? message : `SKU ${sku}: ${message}`;
}

/** MiPOS: 204 without a body, an error as its status with `message`. */
export function emptyReply(settlement: Settlement, content: { malformed: boolean }): Reply {
  const { status, body, retryAfter } = recordedReply(settlement, content);
  if (status === 200) return { status: 204 };
  return { status, body: { message: body?.message ?? '' }, retryAfter: retryAfter ?? null };
}
