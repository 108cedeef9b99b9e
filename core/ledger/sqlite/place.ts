/**
 * Where a ledger file lives, so that a copy is told from the original: the file's number and the moment of its birth on
 * this file system. Both stay when a container or a machine is made anew on the same volume, when the file is moved
 * within its disk and with every write; no copy has them.
 */
import { statSync } from 'node:fs';

/** @returns null when there is no file */
export function placeOf(file: string): string | null {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (!found) return null;
  const { ino, birthtimeNs, ctimeNs } = found;
  // Where a file system knows no birth, the time of the last change stands there.
  const birth = birthtimeNs === 0n || birthtimeNs === ctimeNs ? '' : String(birthtimeNs);
  return `${ino}:${birth}`;
}

/**
 * @param lasting whether nothing on this system can give a file another birth (Linux): then the birth alone is enough,
 * also on file systems that number their files anew at each mount
 */
export function isSamePlace(before: string, now: string, lasting = process.platform === 'linux'): boolean {
  const [inoBefore, birthBefore] = before.split(':');
  const [ino, birth] = now.split(':');
  if (birthBefore === '' || birth === '') return inoBefore === ino;
  return birthBefore === birth && (lasting || inoBefore === ino);
}

/** For a file in use: certainly another one. Numbers alone prove nothing: some file systems change them while they run. */
export function isOtherFile(before: string, now: string): boolean {
  const [, birthBefore] = before.split(':');
  const [, birth] = now.split(':');
  return birthBefore !== '' && birth !== '' && birthBefore !== birth;
}
