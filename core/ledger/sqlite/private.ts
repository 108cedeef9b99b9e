/** Files of a ledger are for this user only; SQLite gives its log and its copies the same rights. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the file, and folders that are missing. What is there already keeps its rights and its content. */
export function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It is there already, or cannot be made: SQLite says why.
  }
}
