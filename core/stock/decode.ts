/** Bytes as text, in steps. */
import type { Steps } from '../steps';

const STEP = 512 * 1024;

/** @throws TypeError when a fatal decoder meets bytes that are no text */
export function* decodeSteps(
  decoder: { decode(bytes?: Uint8Array, options?: { stream: boolean }): string },
  bytes: Uint8Array,
): Steps<string> {
  if (bytes.length <= STEP) return decoder.decode(bytes);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += STEP) {
    pieces.push(decoder.decode(bytes.subarray(at, at + STEP), { stream: true }));
    yield;
  }
  pieces.push(decoder.decode());
  return pieces.join('');
}
