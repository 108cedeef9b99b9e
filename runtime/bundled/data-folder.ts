/** The data folder: whether this is the demo or a real shop's, and the flows in it, which are the operator's. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerKind } from '../../core/ledger/ledger';
import { wasLedger } from '../../core/ledger/sqlite/lock';

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
  place(join(folder.userDir, 'flows_cred.json'), readFileSync(join(from, 'flows_cred.json'), 'utf8'));
  place(target, `${JSON.stringify(flows, null, 4)}\n`);
}

/** On the tabs, and on the note at the head of each, where there is room for the whole word. */
function markSimulated(entry: FlowEntry): void {
  if (entry.type === 'tab') entry.label = `${entry.label} · SIMULATED`;
  if (entry.type === 'comment' && entry.g === undefined) entry.name = `SIMULATED · ${entry.name}`;
}

function place(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
