/** Copies a ledger as it is at this moment, whole or not at all, while it is in use. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ShelfwireError } from '../../errors';
import { makePrivate } from './private';

/** The copy is marked: opened as a ledger, it starts with its pushes held. @throws ShelfwireError `target_exists` */
export function copyLedger(source: DatabaseSync, target: string): void {
  if (existsSync(target))
    throw new ShelfwireError('target_exists', `${target} exists already. Choose another name; nothing was written.`);
  const part = `${target}.part`;
  rmSync(part, { force: true });
  try {
    makePrivate(part);
    source.prepare('VACUUM INTO ?').run(part);
    mark(part, 'backup');
    renameSync(part, target);
    sync(dirname(target));
  } catch (thrown) {
    rmSync(part, { force: true });
    throw thrown;
  }
}

/** Where a ledger comes from that may be older than what the platforms have. */
export type Origin = 'backup' | 'salvage';

export function mark(file: string, origin: Origin): void {
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  const db = new DatabaseSync(file);
  try {
    db.prepare("INSERT INTO meta VALUES ('restored', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value").run(
      origin,
    );
  } finally {
    db.close();
  }
}

/** Makes a file, or the names in a folder, outlast a power cut; for folders where the system can. */
export function sync(path: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
