/**
 * Which ledgers this Node-RED has had open, kept in its user folder: so that a disk that is not mounted, with the ledger
 * on it, is not taken for a place where none has been yet.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors';

const NAME = 'shelfwire-ledgers.json';

export class KnownLedgers {
  /** Null = nothing is remembered. */
  private readonly list: string | null;

  /** @param folder Node-RED's user folder, where it has one */
  constructor(folder: string | undefined) {
    this.list = folder === undefined ? null : join(folder, NAME);
  }

  /** @throws StorageError `ledger_gone` when the file was here and is not */
  check(file: string): void {
    if (existsSync(file) || !this.read().includes(file)) return;
    throw new StorageError(
      'ledger_gone',
      `The ledger ${file} is missing, although this Node-RED had it open before. Nothing was made in its place. Mount its disk, put the file back, or restore a backup (npx shelfwire-ledger restore BACKUP). To begin with an empty one instead, enter another name, or remove this one from ${this.list}.`,
    );
  }

  /** Best effort: where it cannot be written, the lock file beside the ledger still tells. */
  remember(file: string): void {
    const known = this.read();
    if (this.list === null || known.includes(file)) return;
    try {
      writeFileSync(`${this.list}.new`, `${JSON.stringify([...known, file], null, 2)}\n`, { mode: 0o600, flush: true });
      renameSync(`${this.list}.new`, this.list);
    } catch {}
  }

  private read(): string[] {
    if (this.list === null) return [];
    try {
      const list: unknown = JSON.parse(readFileSync(this.list, 'utf8'));
      return Array.isArray(list) ? list.map(String) : [];
    } catch {
      return [];
    }
  }
}
