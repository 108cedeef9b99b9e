/** Backup, restore and check of a ledger file, from outside the process that uses it. */
import { chownSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ShelfwireError } from '../../errors';
import type { LedgerKind } from '../ledger';
import { copyLedger, sync } from './copy';
import { Lock } from './lock';
import { type LedgerReport, reportOn } from './report';

const open = (file: string, readOnly: boolean): DatabaseSync => {
  if (!existsSync(file))
    throw new ShelfwireError('no_such_ledger', `There is no ledger ${file}. Nothing was changed; name the file.`);
  const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
  return new DatabaseSync(file, { readOnly });
};

/** Copies the ledger as it is at this moment, while it is in use. The copy is marked: it starts with its pushes held. */
export function backup(file: string, target: string): void {
  const source = open(file, true);
  try {
    copyLedger(source, target);
  } finally {
    source.close();
  }
}

/**
 * Puts a backup in the ledger's place; what was there is kept beside it, log and all. Only while no process uses the ledger.
 * @returns where the old one is, or null
 */
export function restore(file: string, from: string, now: number): string | null {
  const { problems } = examine(from);
  if (problems.length > 0)
    throw new ShelfwireError('backup_damaged', `The backup ${from} is not sound: ${problems[0]} Nothing was changed.`);
  return replaceBy(file, now, (part) => {
    const source = open(from, true);
    try {
      copyLedger(source, part);
    } finally {
      source.close();
    }
  });
}

/** @param make writes the new ledger under the name it is given; nothing is changed unless it succeeds */
export function replaceBy(file: string, now: number, make: (part: string) => void): string | null {
  const lock = new Lock(file);
  const part = `${file}.restored`;
  try {
    rmSync(part, { force: true });
    make(part);
    for (const each of [part, `${file}-lock`]) giveAway(each, existsSync(file) ? file : dirname(file));
    const kept = existsSync(file) || existsSync(`${file}-wal`) ? `${file}.before-restore-${now}` : null;
    for (const rest of ['', '-wal', '-shm']) if (kept && existsSync(file + rest)) renameSync(file + rest, kept + rest);
    renameSync(part, file);
    sync(dirname(file));
    return kept;
  } finally {
    // What could not be made whole takes no room: the disk may be full.
    for (const rest of ['', '-journal', '-wal', '-shm']) rmSync(part + rest, { force: true });
    lock.close();
  }
}

/** Whoever restores as root has not to make what the user of the service may not open. */
function giveAway(file: string, like: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  try {
    chownSync(file, uid, gid);
  } catch {
    // A disk without owners has none to mind.
  }
}

/** The whole examination of a file; never throws for what is wrong inside it. */
export function examine(file: string): LedgerReport {
  const db = open(file, true);
  try {
    return reportOn(file, db);
  } finally {
    db.close();
  }
}

/** What is wrong with the file, in words; nothing = it is sound, and both sums of the promises hold. */
export function check(file: string): string[] {
  return examine(file).problems;
}

/** What the ledger is marked as. @throws ShelfwireError `no_such_ledger` */
export function kindOfFile(file: string): LedgerKind {
  const db = open(file, true);
  try {
    return db.prepare("SELECT value FROM meta WHERE key = 'kind'").get()?.value === 'demo' ? 'demo' : 'live';
  } finally {
    db.close();
  }
}
