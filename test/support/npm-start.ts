/** What `npm start` starts, for tests: the repository's settings.js with its own data folder and ports. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from './free-port';
import { cleanEnvironment, ROOT, type RunningNodeRed, startNodeRed } from './node-red';

export interface Started extends RunningNodeRed {
  mqttPort: number;
}

/** @param env by default a demo, since it names no PASONS_URL */
export async function npmStart(data: string, env: Record<string, string> = {}): Promise<Started> {
  const port = Number(env.PORT ?? (await freePort()));
  const mqttPort = Number(env.SHELFWIRE_MQTT_PORT ?? (await freePort()));
  const red = await startNodeRed({
    settingsFile: join(ROOT, 'settings.js'),
    settings: { httpAdminRoot: '/admin' },
    userDir: data,
    port,
    env: {
      SHELFWIRE_TOUR: 'off',
      PORT: String(port),
      SHELFWIRE_MQTT_PORT: String(mqttPort),
      SHELFWIRE_DATA: data,
      ...env,
    },
  });
  return Object.assign(red, { mqttPort });
}

/** For starts that are refused: the exit code and everything printed. */
export async function npmStartFails(
  data: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const program = require.resolve('node-red/red.js', { paths: [ROOT] });
  const child = spawn(process.execPath, [program, '--settings', join(ROOT, 'settings.js')], {
    cwd: ROOT,
    env: { ...cleanEnvironment(), PORT: String(await freePort()), SHELFWIRE_DATA: data, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const code = await new Promise<number | null>((resolve) => child.once('close', (exit) => resolve(exit)));
  clearTimeout(timer);
  return { code, output };
}
