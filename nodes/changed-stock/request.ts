/** What a message asks changed stock to push: which shops, how, and on whose behalf. */
import { InvalidInputError } from '../../core/errors';
import type { PushTrigger, PushType } from '../../core/pushing/ticket';
import type { Message } from '../../runtime/red';

export interface PushAsked {
  /** Null: as set in the node. */
  store_id: string | null;
  type: PushType;
  trigger: PushTrigger;
  created_by: string;
  /** Told to somebody already (push request). */
  id?: string;
}

const TRIGGERS: readonly unknown[] = ['manual', 'schedule', 'auto', 'api', 'recovery'] satisfies PushTrigger[];

/**
 * A message that says nothing about its origin counts as a schedule: core's inject node does not tell its button from
 * its timer. `msg.created_by` (`user:<name>`, `api`) and `msg.trigger` say otherwise.
 * @throws InvalidInputError `type_invalid`, `store_invalid`
 */
export function readRequest(msg: Message, mode: PushType): PushAsked {
  const asked = isRecord(msg.payload) ? msg.payload : {};
  const push: Record<string, unknown> = isRecord(msg.push) ? { ...msg.push } : {};
  const known = typeof push.id === 'string' && push.id !== '' && !Array.isArray(push.entries) ? push.id : undefined;
  // Only another system is told an id before its push begins.
  const by = push.created_by ?? msg.created_by ?? (known === undefined ? undefined : 'api');
  const { trigger, created_by } = origin(push.trigger ?? msg.trigger, by);
  const request: PushAsked = { store_id: storeOf(asked.store_id), type: typeOf(asked.type, mode), trigger, created_by };
  return known === undefined ? request : { ...request, id: known };
}

function typeOf(given: unknown, mode: PushType): PushType {
  if (given === undefined || given === null || given === '') return mode;
  if (given === 'full' || given === 'partial') return given;
  throw new InvalidInputError('type_invalid', 'Nothing was pushed: "type" must be full or partial.', 'type');
}

function storeOf(given: unknown): string | null {
  if (given === undefined || given === null || given === '') return null;
  if (typeof given === 'string') return given;
  if (typeof given === 'number' && Number.isSafeInteger(given)) return String(given);
  throw new InvalidInputError(
    'store_invalid',
    'Nothing was pushed: "store_id" must be the text of one shop.',
    'store_id',
  );
}

function origin(trigger: unknown, by: unknown): { trigger: PushTrigger; created_by: string } {
  const created_by =
    typeof by === 'string' && /^(schedule|auto|api|user:.{1,200})$/s.test(by)
      ? by
      : trigger === 'api'
        ? 'api'
        : 'schedule';
  if (TRIGGERS.includes(trigger)) return { trigger: trigger as PushTrigger, created_by };
  return { trigger: created_by.startsWith('user:') ? 'manual' : (created_by as PushTrigger), created_by };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
