/** The disks of the ledgers that this process has open. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DiskWatch } from '../core/ledger/disk-space';
import { shared } from './shared';

const watches = () => shared('disk-watches', () => new Map<string, DiskWatch>());

/** One for each file, however many nodes name it. @param file absolute */
export function diskOf(file: string): DiskWatch {
  let watch = watches().get(file);
  if (!watch) {
    watch = new DiskWatch(
      () => statfs(dirname(file)),
      () => performance.now(),
    );
    watches().set(file, watch);
  }
  return watch;
}

/** By file. */
export function watchedDisks(): [file: string, watch: DiskWatch][] {
  return [...watches()];
}

export function forgetDisk(file: string): void {
  watches().delete(file);
}
