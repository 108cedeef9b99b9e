/** Files of the data folder: whole or not at all, also in a power cut, and when two processes start at once. */
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * For this user only.
 * @param first it is not there yet: what another process puts there meanwhile stays
 * @returns whether it is there now
 */
export function placeFile(file: string, content: string, { first }: { first: boolean }): boolean {
  // Of this process alone: another one may be writing the same file.
  const draft = `${file}.${process.pid}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, content, { mode: 0o600, flush: true });
  try {
    if (first && !linked(draft, file)) return false;
    if (!first) renameSync(draft, file);
    return true;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A link is only made where there is nothing. */
function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // Some disks have no links.
    renameSync(draft, file);
  }
  return true;
}
