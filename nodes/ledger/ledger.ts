/** ledger: opens the database for other nodes, answers the health route, keeps the history bounded. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { toShelfwireError } from '../../core/errors';
import type { Ledger } from '../../core/ledger/ledger';
import { tellNewsOf } from '../../runtime/admin/news';
import { registerAdminRoutes } from '../../runtime/admin/routes';
import { embeddedBrokers } from '../../runtime/brokers';
import { offerTest } from '../../runtime/drafts';
import { addOwnOrigin } from '../../runtime/http/origin';
import { type HttpInput, receive, receiversDown } from '../../runtime/http/receive';
import type { LedgerNode } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import { acquireLedger, releaseLedger } from '../../runtime/open-ledgers';
import type { NodeDef, RED } from '../../runtime/red';
import { readSettings, type Settings } from './settings';
import { tryLedger } from './try';

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
    const held = acquireLedger(settings.file);
    const { open, forget } = openAndTell(red, this, held);
    Object.assign(this, {
      timeZone: settings.timeZone,
      publicUrl: settings.publicUrl,
      trustProxy: settings.trustProxy,
      open,
      current: () => held.current(),
    });
    addOwnOrigin(settings.publicUrl);
    serveHealth(red, this, settings);
    const stopPruning = keepPruned(this, settings.keepDays);
    onClose(this, () => {
      stopPruning();
      forget();
      releaseLedger(settings.file);
    });
  }
  offerTest(red, 'shelfwire-ledger', tryLedger(red));
  red.nodes.registerType('shelfwire-ledger', LedgerConfig, { credentials: { token: { type: 'password' } } });
};

/** Says once that the ledger cannot be opened or has stopped, and once that it is open after all. */
function openAndTell(
  red: RED,
  node: LedgerNode,
  held: ReturnType<typeof acquireLedger>,
): { open: () => Promise<Ledger>; forget: () => void } {
  let told = false;
  let heard: Ledger | null = null;
  let closed = false;
  const resumed = () => {
    if (told) node.log('The ledger is open now; changes are stored.');
    told = false;
  };
  const failed = (thrown: unknown) => {
    if (!told) node.error(toShelfwireError(thrown).message);
    told = true;
  };
  const listen = (ledger: Ledger) => {
    if (closed || heard === ledger) return;
    heard = ledger;
    ledger.on('interrupted', failed);
    ledger.on('resumed', resumed);
  };
  const open = async (): Promise<Ledger> => {
    try {
      const ledger = await held.open();
      tellNewsOf(red, ledger);
      if (heard !== ledger) resumed();
      listen(ledger);
      return ledger;
    } catch (thrown) {
      failed(thrown);
      throw thrown;
    }
  };
  open().catch(() => undefined);
  const forget = () => {
    closed = true;
    heard?.off('interrupted', failed);
    heard?.off('resumed', resumed);
  };
  return { open, forget };
}

function serveHealth(red: RED, node: LedgerNode, settings: Settings): void {
  try {
    receive(red, node, {
      method: 'GET',
      path: settings.healthPath,
      handler: (input) => answerHealth(node, settings, input),
    });
  } catch (thrown) {
    // Two ledger nodes of one process may name the same path: the first answers for the process.
    node.warn(toShelfwireError(thrown).message);
  }
}

async function answerHealth(node: LedgerNode, settings: Settings, input: HttpInput): Promise<void> {
  const problems = [
    ...receiversDown().map(({ method, path, why }) => ({ name: `${method} ${path}`, why })),
    ...embeddedBrokers()
      .filter(({ up }) => !up)
      .map(({ reason }) => ({ name: 'embedded broker', why: reason ?? 'starting' })),
  ];
  let ledger: Ledger | null = null;
  try {
    ledger = await node.open();
    await ledger.writable();
  } catch (thrown) {
    problems.push({ name: 'ledger', why: toShelfwireError(thrown).message });
  }
  const body: { message: string } & Record<string, unknown> = {
    message: problems.length === 0 ? 'Everything is up.' : 'Not everything is up: see the problems, with the token.',
    status: problems.length === 0 ? 'ok' : 'degraded',
    mode: ledger?.info.kind ?? 'live',
    counts: (await ledger?.counts().catch(() => null)) ?? null,
  };
  if (settings.token !== null && isBearer(input.header('authorization'), settings.token)) {
    Object.assign(body, {
      simulated: ledger?.info.kind === 'demo',
      ledger: ledger?.info ?? null,
      problems,
      outlets: (await ledger?.outlets().catch(() => null)) ?? null,
    });
  }
  input.reply({ status: problems.length === 0 ? 200 : 503, body, ...(problems.length === 0 ? {} : { retryAfter: 5 }) });
}

function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

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
