/**
 * How the ledger's file looked when it was closed whole. A file that still looks so needs no examination before it is
 * used, which takes seconds for a gigabyte; one that was not closed, or was touched since, is examined first.
 */
import { statSync } from 'node:fs';

/** @returns null when there is a log beside it: then it is not whole */
export function sealOf(file: string): string | null {
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (!found || (log?.size ?? 0) > 0) return null;
  // Nobody can set the time of the last change of a file back, whatever is done to its content or its name.
  return `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
}
