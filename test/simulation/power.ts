/**
 * What a power cut leaves on the disk while a transaction is being written. Sectors that were written since the last
 * sync are there or not, each by chance; what was synced is there.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Random } from './random';

const SECTOR = 512;
/** SQLite syncs a new header of the log before it writes what follows it. */
const LOG_HEADER = 32;

export interface Image {
  database: Buffer;
  log: Buffer;
}

export function imageOf(file: string): Image {
  const log = `${file}-wal`;
  return { database: readFileSync(file), log: existsSync(log) ? readFileSync(log) : Buffer.alloc(0) };
}

/** Into a file that nobody has open. The shared memory beside it is no file after a power cut. */
export function writeImage(file: string, { database, log }: Image): void {
  rmSync(`${file}-shm`, { force: true });
  writeFileSync(file, database);
  writeFileSync(`${file}-wal`, log);
}

/** @returns what is left, and whether the transaction between the two is in it */
export function tear(before: Image, after: Image, random: Random): { left: Image; committed: boolean } {
  // Once the database itself is written the log was synced: the transaction stands, whatever the database looks like.
  if (!before.database.equals(after.database))
    return {
      left: { database: mix(before.database, after.database, random, 0).left, log: after.log },
      committed: true,
    };
  const { left, whole } = mix(before.log, after.log, random, LOG_HEADER);
  return { left: { database: after.database, log: left }, committed: whole };
}

function mix(before: Buffer, after: Buffer, random: Random, sure: number): { left: Buffer; whole: boolean } {
  const left = Buffer.from(after);
  const share = random.next();
  let whole = true;
  for (let at = 0; at < after.length; at += SECTOR) {
    const from = Math.max(at, at === 0 ? sure : 0);
    const to = Math.min(at + SECTOR, after.length);
    const old = Buffer.alloc(to - from);
    if (from < before.length) before.copy(old, 0, from, Math.min(to, before.length));
    if (old.equals(after.subarray(from, to)) || random.chance(share)) continue;
    old.copy(left, from);
    whole = false;
  }
  // What was appended but not written may be missing altogether.
  if (!whole && random.chance(0.3) && before.length < left.length)
    return { left: left.subarray(0, random.int(Math.max(before.length, sure), left.length)), whole };
  return { left, whole };
}
