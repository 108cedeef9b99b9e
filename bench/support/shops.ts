/** The bundled flow with many shops in a real Node-RED, on a big ledger in which everything is in sync. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type BundledFlow, bundledFlow, entry } from '../../test/support/bundled-flow';
import { startDemoFlow } from '../../test/support/demo-flow';
import { eventually } from '../../test/support/eventually';
import { freePort } from '../../test/support/free-port';
import type { RunningNodeRed } from '../../test/support/node-red';
import { tempFolder } from '../../test/support/temp-folder';
import { endpointOf, makeBigLedger, type Size, storeOf } from './big-ledger';

export interface Shops {
  red: RunningNodeRed;
  file: string;
  /** Milliseconds from the start of the process until it said that it is healthy. */
  healthyAfter: number;
  stop(): Promise<void>;
}

export interface ShopsOptions {
  size: Size;
  /** Whether the ledger begins empty. */
  empty?: boolean;
  platform: string;
  /** Seconds that changed stock gathers changes; the bundled flow's 2 unless given. */
  linger?: number;
  /** More of the environment. */
  env?: Record<string, string>;
}

export async function startShops(options: ShopsOptions): Promise<Shops> {
  const folder = tempFolder('shops');
  try {
    const file = join(folder.path, 'ledger.db');
    if (!options.empty) await placeLedger(file, options.size, options.platform);
    const flow = flowOf(options.size.outlets, options.linger);
    const [port, mqttPort] = [await freePort(), await freePort()];
    const start = performance.now();
    const red = await startDemoFlow({
      flow,
      folder: folder.path,
      port,
      mqttPort,
      pasonsUrl: options.platform,
      env: { SHELFWIRE_LEDGER: file, ...options.env },
      through: ['taskset', '-c', '0'],
    });
    await eventually(async () => (await fetch(`${red.url}/health`)).status === 200, 120_000, 'healthy');
    const healthyAfter = performance.now() - start;
    const stop = async () => {
      await red.stop();
      folder.remove();
    };
    return { red, file, healthyAfter, stop };
  } catch (thrown) {
    folder.remove();
    throw thrown;
  }
}

function flowOf(outlets: number, linger: number | undefined): BundledFlow {
  const flow = bundledFlow();
  const stores = Array.from({ length: outlets }, (_, n) => storeOf(n));
  entry(flow, 'shelfwire-outlets').rows = stores.map((store_id) => ({
    store_id,
    name: `Shop ${store_id}`,
    push_enabled: true,
    auto: true,
  }));
  entry(flow, 'shelfwire-paradigm-in').storeMap = stores.map((store_id) => ({ location: store_id, store_id }));
  if (linger !== undefined) entry(flow, 'shelfwire-changed-stock').linger = linger;
  return flow;
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
  const file = join(cache(), `${size.outlets}x${size.items}.db`);
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
