/** What the ledger config node offers to other nodes, and how a ticket finds its ledger. */
import { ConfigError } from '../core/errors';
import type { Ledger } from '../core/ledger/ledger';
import { onClose } from './on-close';
import type { RED, RedNode } from './red';
import { shared } from './shared';

export interface LedgerNode extends RedNode {
  /** Resolves when the database is open; rejects with a StorageError that says what is wrong with it. */
  open(): Promise<Ledger>;
  /** The open ledger, or null before (and when opening failed). */
  current(): Ledger | null;
  readonly timeZone: string;
  /** Address under which senders reach us, without a trailing slash; '' when not set. */
  readonly publicUrl: string;
  readonly trustProxy: boolean;
}

/** @throws ConfigError `ledger_missing` when the node is missing or disabled */
export function ledgerNode(red: RED, id: string | undefined): LedgerNode {
  const node = red.nodes.getNode(id) as LedgerNode | null;
  if (!node || typeof node.open !== 'function')
    throw new ConfigError(
      'No ledger is chosen, or it is disabled. Choose one in the settings of this node.',
      'ledger_missing',
    );
  return node;
}

/** Public addresses of deployed ledgers, by node id. */
const addresses = () => shared('public-urls', () => new Map<string, string>());

export function announceAddress(node: LedgerNode): void {
  addresses().set(node.id, node.publicUrl);
  onClose(node, () => {
    addresses().delete(node.id);
  });
}

/** The one address under which senders reach this process, or '' when none or several are set. */
export function publicAddress(): string {
  const known = new Set([...addresses().values()].filter((url) => url !== ''));
  return known.size === 1 ? [...known][0]! : '';
}

const open = () => shared('ledgers-by-id', () => new Map<string, Ledger>());

/** Open ledgers by the id that tickets carry. */
export function ledgerById(id: string): Ledger | undefined {
  return open().get(id);
}

export function registerLedger(ledger: Ledger): void {
  open().set(ledger.info.id, ledger);
  for (const listener of listeners()) listener();
}

const listeners = () => shared('ledger-listeners', () => new Set<() => void>());

/** Called whenever one more is open. */
export function onLedgerOpen(listener: () => void): void {
  listeners().add(listener);
}

export function forgetLedger(ledger: Ledger): void {
  open().delete(ledger.info.id);
}

/** Every open ledger, for views of the whole process. */
export function openLedgers(): Ledger[] {
  return [...open().values()];
}
