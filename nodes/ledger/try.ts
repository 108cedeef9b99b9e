/** What the dialog's button "Test" asks: can this ledger be opened and written, is there room, is the file sound. */
import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShelfwireError, toShelfwireError } from '../../core/errors';
import { lookAt } from '../../core/ledger/sqlite/look';
import type { Draft, TestResult } from '../../runtime/drafts';
import { heldLedger } from '../../runtime/open-ledgers';
import type { RED } from '../../runtime/red';
import { readSettings } from './settings';

/** SQLite needs room for its log; below this it is a matter of hours. */
const LOW_MB = 200;
const PATIENCE_MS = 5_000;

export const tryLedger =
  (red: RED) =>
  async ({ def, node }: Draft): Promise<TestResult> => {
    try {
      const { file } = readSettings(red, node, def);
      const folder = existing(dirname(file));
      await access(existsSync(file) ? file : folder, constants.R_OK | constants.W_OK);
      const { bavail, bsize } = await statfs(folder);
      const free = Math.floor((bavail * bsize) / 1024 ** 2);
      const values = { file, free: size(free) };
      if (!existsSync(file))
        return {
          ok: true,
          code: 'ledger_new',
          message: `There is no file ${file} yet; it is made at the deploy. Free disk: ${values.free}.`,
          values,
        };
      await heldLedger(file)?.writable();
      const { state, detail } = await lookAt(file, PATIENCE_MS);
      if (state === 'damaged' || state === 'unreadable')
        return {
          ok: false,
          code: 'ledger_damaged',
          message: `The file is damaged (${detail}). Put a backup in its place: npx shelfwire-ledger restore BACKUP.`,
          values: { ...values, detail },
        };
      if (free < LOW_MB)
        return {
          ok: false,
          code: 'ledger_low_disk',
          message: `The disk is nearly full: ${values.free} are free. Make room; a full disk stops all senders.`,
          values,
        };
      const used = size(Math.ceil((await stat(file)).size / 1024 ** 2));
      const code = state === 'sound' ? 'ledger_sound' : 'ledger_large';
      return {
        ok: true,
        code,
        message: `The ledger can be read and written. Size ${used}, free disk ${values.free}.`,
        values: { ...values, size: used },
      };
    } catch (thrown) {
      const reason = (thrown as NodeJS.ErrnoException).code;
      if (reason === 'EACCES' || reason === 'EPERM' || reason === 'EROFS')
        return {
          ok: false,
          code: 'ledger_no_permission',
          message: 'Node-RED may not read and write there. Choose another place, or ask who runs this machine.',
        };
      const { code, message } = toShelfwireError(thrown);
      if (thrown instanceof ShelfwireError) return { ok: false, code, message };
      throw thrown;
    }
  };

function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

const size = (mb: number): string => (mb >= 1024 ? `${(mb / 1024).toFixed(1)} GB` : `${mb} MB`);
