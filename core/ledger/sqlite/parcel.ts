/**
 * A group of calls on its way to the ledger's thread. The originals of what was received travel in one block that is handed over:
 * a Buffer is a view of a much larger block, and a message that holds one takes a copy of that whole block along.
 */
import type { RawInput, RecordBatch } from '../ledger';
import type { Call } from './engine';

export interface Parcel {
  calls: Call[];
  originals: ArrayBuffer;
}

/** Where an original lies in the block. */
interface Place {
  at: number;
  length: number;
}

export function pack(calls: readonly Call[]): Parcel {
  let length = 0;
  for (const call of calls) length += originalOf(call)?.bytes.length ?? 0;
  const block = new Uint8Array(length);
  let at = 0;
  const packed = calls.map((call): Call => {
    const raw = originalOf(call);
    if (!raw) return call;
    const place: Place = { at, length: raw.bytes.length };
    block.set(raw.bytes, at);
    at += place.length;
    const batch = call.args[0] as RecordBatch;
    return { name: call.name, args: [{ ...batch, raw: { ...raw, bytes: place } }] };
  });
  return { calls: packed, originals: block.buffer };
}

/** The calls as they were. */
export function unpack({ calls, originals }: Parcel): Call[] {
  for (const call of calls) {
    const raw = originalOf(call);
    if (!raw) continue;
    const { at, length } = raw.bytes as unknown as Place;
    raw.bytes = new Uint8Array(originals, at, length);
  }
  return calls;
}

function originalOf({ name, args }: Call): RawInput | undefined {
  return name === 'record' ? (args[0] as RecordBatch).raw : undefined;
}
