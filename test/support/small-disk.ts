/**
 * A folder that can be filled and emptied under a running process, without root, and looked into meanwhile. Two ways:
 * a small file system of the process's own (a user and mount namespace: real ENOSPC), and the limit of a file's size
 * (what SQLite sees is an error of the disk, as with a quota). A machine without the one has the other.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  what: string;
  /** Code of the error that a full one gives. */
  code: 'disk_full' | 'disk_failed';
  /** What starts the process: see `NodeRedOptions.through`. */
  through(folder: string): string[];
  /** The folder as the process sees it. */
  seen(pid: number, folder: string): string;
  /** Leaves next to no room. */
  fill(pid: number, folder: string): void;
  makeRoom(pid: number, folder: string): void;
}

const MOUNT = 'mount -t tmpfs -o size=24m,mode=700 tmpfs "$0" && exec "$@"';
const ROOM = 256 * 1024;
const FILLER = 'filler';

/** @param folder where the trial mounts; nothing is left there */
export function canMount(folder: string): boolean {
  return spawnSync('unshare', ['-rm', 'sh', '-c', MOUNT, folder, 'true'], { timeout: 10_000 }).status === 0;
}

const ownFileSystem: SmallDisk = {
  what: 'a small file system',
  code: 'disk_full',
  through: (folder) => ['unshare', '-rm', 'sh', '-c', MOUNT, folder],
  seen: (pid, folder) => `/proc/${pid}/root${folder}`,
  fill(pid, folder) {
    const name = join(this.seen(pid, folder), FILLER);
    const piece = Buffer.alloc(64 * 1024, 1);
    try {
      for (;;) writeFileSync(name, piece, { flag: 'a' });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
    }
    writeFileSync(name, Buffer.alloc(statSync(name).size - ROOM, 1));
  },
  makeRoom(pid, folder) {
    rmSync(join(this.seen(pid, folder), FILLER));
  },
};

const limit = (pid: number, bytes: number | 'unlimited'): void => {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
};

const fileSize: SmallDisk = {
  what: 'a limit of the size of files',
  code: 'disk_failed',
  through: () => [],
  seen: (_pid, folder) => folder,
  fill(pid, folder) {
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    limit(pid, Math.max(...sizes) + ROOM);
  },
  makeRoom: (pid) => limit(pid, 'unlimited'),
};

/** Those that this machine has. */
export function smallDisks(folder: string): SmallDisk[] {
  const canLimit = spawnSync('prlimit', ['--version']).status === 0;
  return [...(canMount(folder) ? [ownFileSystem] : []), ...(canLimit ? [fileSize] : [])];
}
