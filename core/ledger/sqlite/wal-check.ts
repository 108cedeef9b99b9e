/**
 * Whether SQLite would lose committed changes of a write-ahead log. It reads the log up to the first frame whose checksum
 * is wrong and takes that for the end: right for a transaction that a power cut has torn, wrong for damage. The two differ
 * by what follows: a transaction is on the disk before the next one begins, so a torn one has none behind it. What an
 * earlier torn or undone transaction left further back is told by the sums: they go on from the frame before. Of a torn
 * transaction any sectors may be on the disk: a frame's header may be half of it and half of what was there before.
 * (https://sqlite.org/fileformat2.html, section 4; damage of the very last transaction looks like a torn one.)
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;
const PAGES_AT_ONCE = 64;
/** What a disk writes whole, or not at all; larger ones are made of these. */
const SECTOR = 512;

type Sum = [number, number];

/** @returns what is wrong in words, or null */
export function walDamage(path: string): string | null {
  if (!existsSync(path)) return null;
  const handle = openSync(path, 'r');
  try {
    return damageOf(handle, fstatSync(handle).size);
  } finally {
    closeSync(handle);
  }
}

function damageOf(handle: number, size: number): string | null {
  if (size <= HEADER) return null;
  const header = Buffer.alloc(HEADER);
  readSync(handle, header, 0, HEADER, 0);
  const magic = header.readUInt32BE(0);
  const little = magic === MAGIC;
  let sum = checksum(header.subarray(0, 24), [0, 0], little);
  if ((!little && magic !== MAGIC + 1) || !isSum(header, 24, sum)) return 'its beginning cannot be read';
  const frame = FRAME_HEADER + header.readUInt32BE(8);
  const total = Math.floor((size - HEADER) / frame);
  const block = Buffer.alloc(frame * PAGES_AT_ONCE);
  let badFrom: number | null = null;
  /** The sum in the frame before, and whether that ended a transaction. */
  let before: Sum | null = null;
  let ended = false;
  for (let first = 0; first < total; first += PAGES_AT_ONCE) {
    const count = Math.min(PAGES_AT_ONCE, total - first);
    const start = HEADER + first * frame;
    readSync(handle, block, 0, count * frame, start);
    for (let at = 0; at < count; at++) {
      const bytes = block.subarray(at * frame, (at + 1) * frame);
      const current = bytes.compare(header, 16, 24, 8, 16) === 0;
      if (badFrom === null) {
        const next = sumAfter(bytes, sum, little);
        if (current && isSum(bytes, 16, next)) {
          sum = next;
          continue;
        }
        badFrom = first + at;
      }
      const goesOn = before !== null && current && isSum(bytes, 16, sumAfter(bytes, before, little));
      if (ended && goesOn) return `frame ${badFrom + 1} of ${total} cannot be read, and others follow it`;
      // A frame with a size ends a transaction.
      ended = current && bytes.readUInt32BE(4) !== 0 && (goesOn || isOfOneSector(start + at * frame));
      before = current ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : null;
    }
  }
  return null;
}

/** Whether the header of a frame was written whole, if any of it was. */
const isOfOneSector = (at: number): boolean => Math.floor(at / SECTOR) === Math.floor((at + FRAME_HEADER - 1) / SECTOR);

const isSum = (bytes: Buffer, at: number, [a, b]: Sum): boolean =>
  bytes.readUInt32BE(at) === a && bytes.readUInt32BE(at + 4) === b;

/** What the frame's own sum must be when it was written behind one with this sum. */
function sumAfter(frame: Buffer, before: Sum, little: boolean): Sum {
  return checksum(frame.subarray(FRAME_HEADER), checksum(frame.subarray(0, 8), before, little), little);
}

function checksum(bytes: Buffer, [first, second]: Sum, little: boolean): Sum {
  let a = first;
  let b = second;
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + b) >>> 0;
    b = (b + (little ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}
