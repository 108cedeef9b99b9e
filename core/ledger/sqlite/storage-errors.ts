/** What a failure of SQLite means for whoever reads it: what happened to the ledger, whether anything is lost, what to do. */
import { ShelfwireError, StorageError } from '../../errors';

export const RESTORE_IT =
  'It was left as it is. Restore a backup (npx shelfwire-ledger restore BACKUP), or what can still be read of it (npx shelfwire-ledger restore --salvage).';

type SqliteError = Error & { errcode?: number; errstr?: string };

function isSqlite(thrown: unknown): thrown is SqliteError {
  return thrown instanceof Error && (thrown as { code?: string }).code === 'ERR_SQLITE_ERROR';
}

const primary = (error: SqliteError): number => (error.errcode ?? 0) & 0xff;

/** By SQLite's primary code, for a ledger that is open. */
const RUNNING: Record<number, [code: string, text: string]> = {
  8: [
    'read_only',
    'The ledger can only be read. Nothing was recorded. Give Node-RED the right to write its file and folder; then it goes on by itself.',
  ],
  10: [
    'disk_failed',
    'The disk of the ledger reports an error. Nothing was recorded. It may be full, over its quota or broken: make room or check it; then it goes on by itself.',
  ],
  11: ['ledger_corrupt', `The ledger is damaged. Nothing was recorded, and nothing is any more. ${RESTORE_IT}`],
  13: ['disk_full', 'The disk of the ledger is full. Nothing was recorded. Make room, then it goes on by itself.'],
  26: ['ledger_corrupt', `The ledger is damaged. Nothing was recorded, and nothing is any more. ${RESTORE_IT}`],
};

export function storageError(thrown: unknown): unknown {
  if (!isSqlite(thrown)) return thrown;
  const [code, text] = RUNNING[primary(thrown)] ?? [
    'storage_failed',
    `The ledger could not be written (${thrown.message}). Nothing was recorded.`,
  ];
  return new StorageError(code, text, { cause: thrown });
}

/** What is known without SQLite having said it. */
export const corrupt = (): StorageError => new StorageError(...RUNNING[11]!);

/** The same while a file is being opened. */
const OPENING: Record<number, [code: string, text: string]> = {
  5: ['ledger_in_use', 'is used by another process. Stop that one; two processes never share one file.'],
  8: ['read_only', 'can only be read. Nothing is lost. Give Node-RED the right to write the file and its folder.'],
  10: [
    'disk_failed',
    'is on a disk that reports an error. It was left as it is. Check the disk: it may be full or broken.',
  ],
  11: ['ledger_corrupt', `is damaged. ${RESTORE_IT}`],
  13: ['disk_full', 'is on a full disk. Nothing is lost. Make room; then it goes on by itself.'],
  14: ['ledger_not_opened', 'cannot be opened. Check that the folder exists and that Node-RED may write there.'],
  26: ['ledger_corrupt', `is damaged, or no ledger at all. ${RESTORE_IT}`],
};

export function openingFailed(file: string, thrown: unknown): ShelfwireError {
  if (thrown instanceof ShelfwireError) return thrown;
  if (isSqlite(thrown)) {
    const [code, text] = OPENING[primary(thrown)] ?? ['ledger_not_opened', `cannot be opened: ${thrown.message}`];
    return new StorageError(code, `The ledger ${file} ${text}`, { cause: thrown });
  }
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const reason = (thrown as NodeJS.ErrnoException | null)?.code;
  if (reason === 'EACCES' || reason === 'EPERM' || reason === 'EROFS')
    return new StorageError(
      'read_only',
      `The ledger ${file} cannot be written (${reason}). Nothing is lost. Give Node-RED the right to write the file and its folder.`,
      { cause: thrown },
    );
  if (reason === 'ENOSPC')
    return new StorageError('disk_full', `The ledger ${file} ${OPENING[13]![1]}`, { cause: thrown });
  return new StorageError('ledger_not_opened', `The ledger ${file} could not be opened: ${why}`, { cause: thrown });
}
