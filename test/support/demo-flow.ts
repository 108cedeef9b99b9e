/** The bundled flow (or a changed one) in a real Node-RED on a demo ledger, with a platform that the test made. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledFlow } from './bundled-flow';
import { ROOT, type RunningNodeRed, startNodeRed } from './node-red';

export const SECRETS = { token: 'test-token', paradigm: 'test-paradigm', mipos: 'test-mipos', scanner: 'test-scanner' };
export const PASONS_KEY = 'test-pasons';

export interface DemoFlowOptions {
  flow: BundledFlow;
  /** Kept over restarts. */
  folder: string;
  port: number;
  mqttPort: number;
  pasonsUrl: string;
  timeZone?: string;
  /** More of the environment. */
  env?: Record<string, string>;
  /** Modules that the process loads before Node-RED. */
  preload?: string[];
  /** More of Node-RED's settings. */
  settings?: Record<string, unknown>;
}

/** What `npm start` gives Node.js, so that memory is bounded here as it is there. */
export function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
  return scripts.start.split('||')[0]!.match(/--[\w-]+=\d+/g) ?? [];
}

interface Surroundings {
  /** Folder of the data. */
  folder: string;
  /** The ledger's file. */
  ledger: string;
  port: number;
  mqttPort: number;
  pasonsUrl: string;
  timeZone?: string;
}

/** What the bundled flow reads from the environment, with secrets that tests know. */
export function flowEnvironment(around: Surroundings): Record<string, string> {
  return {
    SHELFWIRE_DATA: around.folder,
    SHELFWIRE_LEDGER: around.ledger,
    SHELFWIRE_TIMEZONE: around.timeZone ?? 'UTC',
    SHELFWIRE_PUBLIC_URL: `http://127.0.0.1:${around.port}`,
    SHELFWIRE_MQTT_HOST: '127.0.0.1',
    SHELFWIRE_MQTT_PORT: String(around.mqttPort),
    SHELFWIRE_API_TOKEN: SECRETS.token,
    PARADIGM_WEBHOOK_SECRET: SECRETS.paradigm,
    MIPOS_CLIENT_SECRET: SECRETS.mipos,
    SCANNER_PASSWORD: SECRETS.scanner,
    PARADIGM_URL: 'http://127.0.0.1:9/api',
    PARADIGM_API_KEY: 'none',
    PASONS_URL: around.pasonsUrl,
    PASONS_API_KEY: PASONS_KEY,
  };
}

export function startDemoFlow(options: DemoFlowOptions): Promise<RunningNodeRed> {
  const { flow, folder, port, env, preload, settings } = options;
  const userDir = join(folder, 'node-red');
  mkdirSync(userDir, { recursive: true });
  return startNodeRed({
    ...flow,
    userDir,
    port,
    flags: startFlags(),
    settings: { httpAdminRoot: '/admin', ...settings },
    ...(preload ? { preload } : {}),
    // Below demo/, so that it is made as a demo's.
    env: { ...flowEnvironment({ ...options, ledger: join(folder, 'demo', 'ledger.db') }), ...env },
  });
}
