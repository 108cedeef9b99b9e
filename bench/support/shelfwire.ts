/**
 * Ours, as `npm start` has it: a real Node-RED with the editor and the bundled flow on a live ledger file (FULL), on the
 * servers' core. What an operator may set is set by `change`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BundledFlow, bundledFlow } from '../../test/support/bundled-flow';
import { flowEnvironment, startFlags } from '../../test/support/demo-flow';
import { eventually } from '../../test/support/eventually';
import { freePort } from '../../test/support/free-port';
import { type RunningNodeRed, startNodeRed } from '../../test/support/node-red';
import { tempFolder } from '../../test/support/temp-folder';
import { onCore } from './cores';

export interface ShelfwireOptions {
  /** Changes settings of the bundled flow. */
  change?: (flow: BundledFlow) => void;
  /** Where pushes go; by default nothing listens there. */
  pasonsUrl?: string;
  env?: Record<string, string>;
  /** On all cores, not on the servers' alone: for what is no comparison with a server. */
  allCores?: boolean;
  /** Puts a ledger there before the start. */
  prepare?: (ledger: string) => Promise<void>;
}

export interface Shelfwire {
  readonly nodeRed: RunningNodeRed;
  readonly url: string;
  readonly mqttPort: number;
  /** The ledger's file. */
  readonly ledger: string;
  /** Seconds from the start of the process until it said that it is healthy. */
  readonly healthyAfter: number;
  /** Removes everything. */
  stop(): Promise<void>;
}

export async function startShelfwire(options: ShelfwireOptions = {}): Promise<Shelfwire> {
  const folder = tempFolder('bench');
  try {
    const flow = bundledFlow();
    options.change?.(flow);
    const [port, mqttPort] = [await freePort(), await freePort()];
    const userDir = join(folder.path, 'node-red');
    const ledger = join(folder.path, 'ledger.db');
    mkdirSync(userDir);
    await options.prepare?.(ledger);
    const start = performance.now();
    const profiling = process.env.BENCH_PROFILE;
    const nodeRed = await startNodeRed({
      ...flow,
      userDir,
      port,
      settings: { httpAdminRoot: '/admin' },
      through: options.allCores ? [] : onCore('server'),
      flags: startFlags(),
      env: {
        ...flowEnvironment({
          folder: folder.path,
          ledger,
          port,
          mqttPort,
          pasonsUrl: options.pasonsUrl ?? 'http://127.0.0.1:9',
        }),
        // `BENCH_PROFILE=<folder>`: Node-RED and the ledger's thread leave a .cpuprofile each when they end; a flag reaches no thread.
        ...(profiling ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiling}` } : {}),
        ...options.env,
      },
    });
    await eventually(async () => (await fetch(`${nodeRed.url}/health`)).ok, 60_000, 'healthy');
    const healthyAfter = (performance.now() - start) / 1000;
    return {
      nodeRed,
      url: nodeRed.url,
      mqttPort,
      ledger,
      healthyAfter,
      async stop() {
        await nodeRed.stop();
        folder.remove();
      },
    };
  } catch (thrown) {
    folder.remove();
    throw thrown;
  }
}
