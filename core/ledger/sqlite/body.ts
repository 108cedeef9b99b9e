/** Bodies of requests as they are stored: deflated. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Below this nothing is gained by compressing; setting up for it costs more than all else that is stored of a request. */
const SMALL = 1_024;

export function pack(body: Uint8Array): Uint8Array {
  return body.length < SMALL ? stored(body) : deflateRawSync(body, { level: 1 });
}

export const unpack = (packed: Uint8Array): Buffer => inflateRawSync(packed);

/** One final block that is stored as it is (RFC 1951, 3.2.4). */
function stored(body: Uint8Array): Uint8Array {
  const block = Buffer.allocUnsafe(5 + body.length);
  block[0] = 1;
  block.writeUInt16LE(body.length, 1);
  block.writeUInt16LE(body.length ^ 0xffff, 3);
  block.set(body, 5);
  return block;
}
