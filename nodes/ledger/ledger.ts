/** ledger: opens the database for other nodes, answers the health route, keeps the history bounded. */
import { toShelfwireError } from '../../core/errors';
import { registerAdminRoutes } from '../../runtime/admin/routes';
import { offerTest } from '../../runtime/drafts';
import { addOwnOrigin } from '../../runtime/http/origin';
import { announceAddress, type LedgerNode } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import type { NodeDef, RED } from '../../runtime/red';
import { serveHealth } from './health';
import { readSettings, type Settings } from './settings';
import { tryLedger } from './try';
import { LedgerWatch } from './watch';

const PRUNE_EVERY_MS = 3_600_000;
/** Pause between two pieces of pruning, so that events go first. */
const PRUNE_PAUSE_MS = 200;

export = function register(red: RED): void {
  registerAdminRoutes(red);

  function LedgerConfig(this: LedgerNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    let settings: Settings;
    try {
      settings = readSettings(red, this, def);
    } catch (thrown) {
      const error = toShelfwireError(thrown);
      this.error(error.message);
      Object.assign(this, {
        timeZone: 'UTC',
        publicUrl: '',
        trustProxy: false,
        open: () => Promise.reject(error),
        current: () => null,
      });
      return;
    }
    const watch = new LedgerWatch(red, this, settings.file);
    Object.assign(this, {
      timeZone: settings.timeZone,
      publicUrl: settings.publicUrl,
      trustProxy: settings.trustProxy,
      open: () => watch.open(),
      current: () => watch.current(),
    });
    addOwnOrigin(settings.publicUrl);
    announceAddress(this);
    serveHealth(red, this, settings);
    const stopPruning = keepPruned(this, settings.keepDays);
    onClose(this, () => {
      stopPruning();
      watch.close();
    });
  }
  offerTest(red, 'shelfwire-ledger', tryLedger(red));
  red.nodes.registerType('shelfwire-ledger', LedgerConfig, {
    credentials: { token: { type: 'password' } },
    // A program that brings Shelfwire sets it, to have its tour offered without Node-RED's own.
    settings: { shelfwireLedgerTour: { value: false, exportable: true } },
  });
};

function keepPruned(node: LedgerNode, keepDays: number): () => void {
  let timer: NodeJS.Timeout;
  const schedule = (ms: number) => {
    timer = setTimeout(() => void piece(), ms);
    timer.unref();
  };
  const piece = async () => {
    let removed = 0;
    try {
      removed = (await node.current()?.prune(keepDays)) ?? 0;
    } catch (thrown) {
      node.warn(`The history could not be shortened: ${toShelfwireError(thrown).message}`);
    }
    schedule(removed > 0 ? PRUNE_PAUSE_MS : PRUNE_EVERY_MS);
  };
  schedule(60_000);
  return () => clearTimeout(timer);
}
