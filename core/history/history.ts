/** What push history needs to know beside the ledger: which pushes to pass on, once each, and how it may be asked. */
import { InvalidInputError } from '../errors';
import type { ChunkRecord, PushRecord, PushStatus } from '../ledger/ledger';

/** How many ids are remembered; a push has at most a few messages on the way. */
const REMEMBERED = 10_000;
/** Pushes that are remembered whole: what has ended is followed by its message at once, or by none. */
const ENDS = 1_000;

/** Pushes whose messages came by, those that had ended before, and those that were passed on. */
export class PassedPushes {
  private readonly seen = new Set<string>();
  private readonly passed = new Set<string>();
  private readonly ends = new Map<string, PushRecord>();
  private readonly limit: number;

  constructor(limit = REMEMBERED) {
    this.limit = limit;
  }

  /** A message of this push came by. False when the push was passed on already. */
  see(id: string): boolean {
    if (this.passed.has(id)) return false;
    remember(this.seen, id, this.limit);
    return true;
  }

  /** True exactly once for a push that was seen: it has finished, pass it on now. */
  pass(id: string): boolean {
    if (!this.seen.delete(id)) return false;
    remember(this.passed, id, this.limit);
    return true;
  }

  /** It has ended, and no message of it came by yet. */
  keep(push: PushRecord): void {
    this.ends.set(push.id, push);
    const [oldest] = this.ends.keys();
    if (this.ends.size > ENDS && oldest !== undefined) this.ends.delete(oldest);
  }

  /** How it ended, when that was heard before its message came. */
  ended(id: string): PushRecord | undefined {
    const end = this.ends.get(id);
    this.ends.delete(id);
    return end;
  }
}

function remember(set: Set<string>, id: string, limit: number): void {
  set.add(id);
  const [oldest] = set;
  if (set.size > limit && oldest !== undefined) set.delete(oldest);
}

/** The row of the list for a push that was read in full. */
export function toRecord(push: Omit<PushRecord, 'chunks'> & { chunks: ChunkRecord[] | number }): PushRecord {
  return { ...push, chunks: typeof push.chunks === 'number' ? push.chunks : push.chunks.length };
}

export interface HistoryQuery {
  outlet?: string;
  status?: PushStatus;
  limit: number;
}

const STATUSES: readonly string[] = ['running', 'success', 'partial', 'failed'] satisfies PushStatus[];
const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 1000;

/** Reads the payload of a question; anything but an object asks for the last ten. @throws InvalidInputError `query_invalid` */
export function parseQuery(payload: unknown): HistoryQuery {
  const asked = typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
  const query: HistoryQuery = { limit: DEFAULT_LIMIT };
  if (isGiven(asked.outlet)) {
    if (typeof asked.outlet !== 'string')
      throw wrong('outlet', 'must be the text of an outlet, for instance "pasons:1"');
    query.outlet = asked.outlet;
  }
  if (isGiven(asked.status)) {
    if (!STATUSES.includes(asked.status as string)) throw wrong('status', `must be one of ${STATUSES.join(', ')}`);
    query.status = asked.status as PushStatus;
  }
  if (isGiven(asked.limit)) {
    const limit = Number(asked.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
      throw wrong('limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
    query.limit = limit;
  }
  return query;
}

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== '';
const wrong = (field: string, what: string) =>
  new InvalidInputError('query_invalid', `The question to push history was not answered: "${field}" ${what}.`, field);
