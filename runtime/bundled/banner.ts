/** What `npm start` prints besides Node-RED's own lines: the addresses, and generated secrets once. */
import type { DataFolder } from './data-folder';
import { type Environment, localUrl, SECRET_NAMES } from './environment';
import type { Secrets } from './secrets';

export function printSecrets(secrets: Secrets, values: Record<string, string>): void {
  const names = SECRET_NAMES.filter((name) => secrets.generated.includes(name));
  if (names.length === 0) return;
  console.log(
    [
      '',
      `Generated secrets (shown once; kept in ${secrets.file}):`,
      ...names.map((name) => `  ${name}=${values[name]}`),
      '',
    ].join('\n'),
  );
}

/** Prints the addresses once the flows run. @param keyless no key of the platform is known */
export function printWhenStarted(environment: Environment, folder: DataFolder, keyless: boolean): void {
  const { events } = require('@node-red/util') as {
    events: { once(event: string, listener: () => void): void };
  };
  events.once('flows:started', () => console.log(lines(environment, folder, keyless).join('\n')));
}

function lines(environment: Environment, folder: DataFolder, keyless: boolean): string[] {
  const local = localUrl(environment.host, environment.port);
  const demo = folder.kind === 'demo';
  return [
    '',
    demo ? 'Shelfwire: SIMULATED. Shops and platform are made up; set PASONS_URL to go live.' : 'Shelfwire',
    `  editor             ${local}/admin`,
    `  Paradigm webhook   ${environment.publicUrl}/webhook/paradigm/inventory`,
    `  MiPOS webhook      ${environment.publicUrl}/webhook/mipos/stock`,
    `  catalogue          ${environment.publicUrl}/api/catalogue/{store_id}`,
    `  scanners (MQTT)    mqtt://${environment.mqttHost}:${environment.mqttPort}`,
    `  health             ${local}/health`,
    ...(demo ? [`  simulated platform ${process.env.PASONS_URL}/_sim/state`] : []),
    `  data               ${folder.userDir}`,
    ...(!demo && environment.pasonsUrl === null
      ? ['  PASONS_URL is not set: changes are stored, pushes are held. Set it and start again.']
      : []),
    ...(keyless && environment.pasonsUrl !== null
      ? [
          '  PASONS_API_KEY is not set: pushes carry no key. If the platform asks for one they wait; set it and start again.',
        ]
      : []),
    '',
  ];
}
