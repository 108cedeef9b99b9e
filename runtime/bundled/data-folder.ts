/** The data folder: whether this is the demo or a real shop's, and the flows in it, which are the operator's. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../core/errors';
import type { LedgerKind } from '../../core/ledger/ledger';
import { wasLedger } from '../../core/ledger/sqlite/lock';
import { placeFile } from './place-file';

export interface DataFolder {
  kind: LedgerKind;
  /** Node-RED's user folder: flows, credentials, secrets. */
  userDir: string;
  ledger: string;
}

/**
 * The demo, unless somebody says where the real platform is or has a live ledger. Its files are all below `demo/`, so
 * that simulated numbers are never in a real shop's ledger.
 */
export function chooseFolder(data: string, pasonsUrl: string | null): DataFolder {
  const live = join(data, 'ledger.db');
  // One that is missing although it was there is told by whoever opens it; it is no reason to begin a demo.
  const kind = pasonsUrl !== null || existsSync(live) || wasLedger(live) ? 'live' : 'demo';
  const userDir = kind === 'live' ? data : join(data, 'demo');
  mkdirSync(userDir, { recursive: true, mode: 0o700 });
  return { kind, userDir, ledger: join(userDir, 'ledger.db') };
}

interface FlowEntry {
  type: string;
  label?: string;
  name?: string;
  /** The group that it is in. */
  g?: string;
}

/** Copies the bundled flows at the first start. Flows that are there already are never touched. */
export function copyFlows(from: string, folder: DataFolder): void {
  const target = join(folder.userDir, 'flows.json');
  if (existsSync(target)) return;
  const flows = JSON.parse(readFileSync(join(from, 'flows.json'), 'utf8')) as FlowEntry[];
  if (folder.kind === 'demo') flows.forEach(markSimulated);
  // Credentials first: flows that are there mean that both are.
  placeFile(join(folder.userDir, 'flows_cred.json'), readFileSync(join(from, 'flows_cred.json'), 'utf8'), {
    first: false,
  });
  placeFile(target, `${JSON.stringify(flows, null, 4)}\n`, { first: true });
}

/** On the tabs, and on the note at the head of each, where there is room for the whole word. */
function markSimulated(entry: FlowEntry): void {
  if (entry.type === 'tab') entry.label = `${entry.label} · SIMULATED`;
  if (entry.type === 'comment' && entry.g === undefined) entry.name = `SIMULATED · ${entry.name}`;
}

const NO_RIGHT = new Set<string | undefined>(['EACCES', 'EPERM', 'EROFS']);
const NO_ROOM = new Set<string | undefined>(['ENOSPC', 'EDQUOT']);

/** @throws ConfigError `data_folder` for what the disk does not allow: with what to do, to whoever typed the command */
export function inDataFolder<T>(data: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    const { code, syscall, message } = thrown as NodeJS.ErrnoException;
    if (syscall === undefined) throw thrown;
    const remedy = NO_RIGHT.has(code)
      ? 'Give the folder and all in it to the user that starts Shelfwire (chown -R), or name another one in SHELFWIRE_DATA.'
      : NO_ROOM.has(code)
        ? 'Make room on its disk.'
        : 'Name a folder in SHELFWIRE_DATA that can be made and written.';
    throw new ConfigError(
      `The data folder ${data} cannot be used (${message}). Nothing was started and nothing is lost. ${remedy}`,
      'data_folder',
    );
  }
}
