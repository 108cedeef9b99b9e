/** The bundled flow with many shops in a real Node-RED, on a big ledger in which everything is in sync. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openLedger } from '../../core/ledger/sqlite';
import { SCHEMA_VERSION } from '../../core/ledger/sqlite/migrate';
import { type BundledFlow, entry } from '../../test/support/bundled-flow';
import { endpointOf, makeBigLedger, type Size, storeOf } from './big-ledger';
import { type Shelfwire, startShelfwire } from './shelfwire';

export interface ShopsOptions {
  size: Size;
  /** Its address. */
  platform?: string;
  /** Seconds that changed stock gathers changes; the bundled flow's 2 unless given. */
  linger?: number;
  allCores?: boolean;
  /** How the ledger was left: not at all, closed as it should be, or by a crash. */
  ledger: 'none' | 'closed' | 'crashed';
}

export function startShops({
  size,
  platform = 'http://127.0.0.1:9',
  linger,
  ledger,
  allCores = false,
}: ShopsOptions): Promise<Shelfwire> {
  return startShelfwire({
    pasonsUrl: platform,
    allCores,
    change: (flow) => change(flow, size.outlets, linger),
    prepare: async (file) => {
      if (ledger === 'none') return;
      await placeLedger(file, size, platform);
      // The product knows a ledger that it has closed itself.
      if (ledger === 'closed') await (await openLedger({ file, kind: 'live' })).close();
    },
  });
}

function change(flow: BundledFlow, outlets: number, linger: number | undefined): void {
  const stores = Array.from({ length: outlets }, (_, n) => storeOf(n));
  entry(flow, 'shelfwire-outlets').rows = stores.map((store_id) => ({
    store_id,
    name: `Shop ${store_id}`,
    push_enabled: true,
    auto: true,
  }));
  entry(flow, 'shelfwire-paradigm-in').storeMap = stores.map((store_id) => ({ location: store_id, store_id }));
  if (linger !== undefined) entry(flow, 'shelfwire-changed-stock').linger = linger;
}

/** Puts a copy of the big ledger there that knows this platform. */
async function placeLedger(file: string, size: Size, platform: string): Promise<void> {
  copyFileSync(await bigLedger(size), file);
  const db = new DatabaseSync(file);
  try {
    // A copy of a ledger starts with its pushes held: this one is meant to be the original.
    db.exec("DELETE FROM meta WHERE key = 'place'");
    for (let outlet = 0; outlet < size.outlets; outlet++) {
      const url = endpointOf(platform, storeOf(outlet));
      const digest = `sha256:${createHash('sha256').update(url).digest('hex')}`;
      db.prepare('UPDATE endpoints SET url = ? WHERE id = ?').run(digest, outlet + 1);
    }
  } finally {
    db.close();
  }
}

/** Made once by each process, and removed with it; kept in the folder that BENCH_LEDGERS names. */
async function bigLedger(size: Size): Promise<string> {
  const file = join(cache(), `${size.outlets}x${size.items}-schema-${SCHEMA_VERSION}.db`);
  if (!existsSync(file)) {
    for (const rest of ['', '-wal', '-shm', '-lock']) rmSync(`${file}.part${rest}`, { force: true });
    await makeBigLedger({
      ...size,
      file: `${file}.part`,
      kind: 'live',
      now: Date.now(),
      platform: 'http://127.0.0.1:9',
    });
    renameSync(`${file}.part`, file);
    for (const rest of ['-wal', '-shm', '-lock']) rmSync(`${file}.part${rest}`, { force: true });
  }
  return file;
}

let own: string | null = null;

function cache(): string {
  const given = process.env.BENCH_LEDGERS;
  if (given) {
    mkdirSync(given, { recursive: true });
    return given;
  }
  if (own === null) {
    const made = join(tmpdir(), `shelfwire-big-ledgers-${process.pid}`);
    mkdirSync(made, { recursive: true, mode: 0o700 });
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    own = made;
  }
  return own;
}
