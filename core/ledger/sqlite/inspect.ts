/**
 * Looks at what stands under the ledger's name before SQLite touches it: SQLite takes an empty file for a new database
 * and throws away the log beside it. What was a ledger is never replaced by an empty one. Only while the lock is held.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { StorageError } from '../../errors';
import { wasLedger } from './lock';
import { openingFailed, RESTORE_IT } from './storage-errors';
import { walDamage } from './wal-check';

const MAGIC = 'SQLite format 3\0';
const PUT_BACK =
  'Nothing was made in its place. Put the file back, mount its disk, or restore a backup (npx shelfwire-ledger restore BACKUP).';

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** @returns `new` when there never was a ledger here. @throws StorageError when there was and it cannot be opened */
export function inspect(file: string): 'new' | 'ledger' {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) {
    if (wasLedger(file) || sizeOf(`${file}-wal`) > 0)
      throw new StorageError(
        'ledger_gone',
        `The ledger ${file} is missing, although there was one. ${PUT_BACK} To begin with an empty one instead, remove ${file}-lock and ${file}-wal.`,
      );
    return 'new';
  }
  if (!found.isFile())
    throw new StorageError(
      'ledger_not_opened',
      `The ledger ${file} is ${found.isDirectory() ? 'a folder' : 'no file'}. Nothing was changed. Enter the name of a file.`,
    );
  if (found.size === 0)
    throw new StorageError(
      'ledger_gone',
      `The ledger ${file} is an empty file: its content is gone. ${PUT_BACK} To begin with an empty ledger instead, remove ${file}, ${file}-lock and ${file}-wal.`,
    );
  if (beginningOf(file) !== MAGIC)
    throw new StorageError('ledger_corrupt', `The ledger ${file} is damaged, or no ledger at all. ${RESTORE_IT}`);
  const damage = walDamage(`${file}-wal`);
  if (damage)
    throw new StorageError(
      'ledger_corrupt',
      `The log of the ledger, ${file}-wal, is damaged: ${damage}. Opening it would lose changes that were acknowledged. ${RESTORE_IT}`,
    );
  return 'ledger';
}

function beginningOf(file: string): string {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (thrown) {
    throw openingFailed(file, thrown);
  }
  try {
    const bytes = Buffer.alloc(MAGIC.length);
    readSync(handle, bytes, 0, bytes.length, 0);
    return bytes.toString('latin1');
  } finally {
    closeSync(handle);
  }
}
