/**
 * A group of calls on its way to the ledger's thread, and the replies on their way back, made small: whatever crosses is
 * copied object by object and name by name. The originals of what was received travel in one block that is handed over:
 * a Buffer is a view of a much larger block, and a message that holds one takes a copy of that whole block along.
 */
import type { EventOutcome, RawInput, RecordBatch, RecordResult } from '../ledger';
import type { Call, Reply } from './engine';

/** What a batch says beside its events and bytes; one object for all that say the same crosses once. */
type Head = Omit<RecordBatch, 'events' | 'raw'> & Omit<RawInput, 'bytes'>;
const HEAD: Record<keyof Head, true> = {
  sender: true,
  senders: true,
  codes: true,
  maxFuture: true,
  refusals: true,
  indexes: true,
  links: true,
  contentType: true,
  origin: true,
};
const HEAD_KEYS = Object.keys(HEAD) as (keyof Head)[];

/** A batch with its original, which lies at `at` in the block; any other call as it is. */
type Packed = Call | [head: Head, events: RecordBatch['events'], at: number, length: number];

export interface Parcel {
  calls: Packed[];
  originals: ArrayBuffer;
}

export function pack(calls: readonly Call[]): Parcel {
  let length = 0;
  for (const call of calls) length += originalOf(call)?.bytes.length ?? 0;
  const block = new Uint8Array(length);
  let end = 0;
  let head: Head | null = null;
  const packed = calls.map((call): Packed => {
    const original = originalOf(call);
    if (!original) return call;
    const { events, raw: _, ...batch } = call.args[0] as RecordBatch;
    const { bytes, ...where } = original;
    const own: Head = { ...batch, ...where };
    if (!head || !saysTheSame(head, own)) head = own;
    const at = end;
    block.set(bytes, at);
    end += bytes.length;
    return [head, events, at, bytes.length];
  });
  return { calls: packed, originals: block.buffer };
}

/** The calls as they were. */
export function unpack({ calls, originals }: Parcel): Call[] {
  return calls.map((packed): Call => {
    if (!Array.isArray(packed)) return packed;
    const [{ contentType, origin, ...batch }, events, at, length] = packed;
    const raw: RawInput = {
      bytes: new Uint8Array(originals, at, length),
      ...(contentType !== undefined && { contentType }),
      ...(origin !== undefined && { origin }),
    };
    return { name: 'record', args: [{ ...batch, events, raw } satisfies RecordBatch] };
  });
}

function originalOf({ name, args }: Call): RawInput | undefined {
  return name === 'record' ? (args[0] as RecordBatch).raw : undefined;
}

function saysTheSame(one: Head, other: Head): boolean {
  for (const key of HEAD_KEYS) if (one[key] !== other[key]) return false;
  return true;
}

/** Of a batch without refusals the outcomes say all. */
export type PackedReply = Reply | EventOutcome[];

export function packReplies(calls: readonly Call[], replies: readonly Reply[]): PackedReply[] {
  return replies.map((reply, index) => {
    if (!reply.ok || calls[index]!.name !== 'record') return reply;
    const { refusals, outcomes } = reply.value as RecordResult;
    return refusals.length > 0 ? reply : outcomes;
  });
}

export function unpackReplies(replies: readonly PackedReply[]): Reply[] {
  return replies.map((reply) => (Array.isArray(reply) ? { ok: true, value: resultOf(reply) } : reply));
}

function resultOf(outcomes: EventOutcome[]): RecordResult {
  let [accepted, duplicate, stale, refused] = [0, 0, 0, 0];
  // Compared, not used as names: texts that have crossed are new ones, and V8 compiles what uses them as names over and over.
  for (const outcome of outcomes) {
    if (outcome === 'accepted') accepted += 1;
    else if (outcome === 'duplicate') duplicate += 1;
    else if (outcome === 'stale') stale += 1;
    else refused += 1;
  }
  return { received: outcomes.length, accepted, duplicate, stale, refused, outcomes, refusals: [] };
}
