/**
 * The environment of `npm start`: names, defaults, and what is refused. Nothing here touches the disk or the process.
 * An empty variable counts as not set.
 */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ConfigError } from '../../core/errors';

/** Secrets that are generated when they are not given. */
export const SECRET_NAMES = [
  'SHELFWIRE_API_TOKEN',
  'PARADIGM_WEBHOOK_SECRET',
  'MIPOS_CLIENT_SECRET',
  'SCANNER_PASSWORD',
] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

export interface Environment {
  host: string;
  port: number;
  /** Absolute. */
  data: string;
  mqttHost: string;
  mqttPort: number;
  /** Address under which senders reach us, without a trailing slash. */
  publicUrl: string;
  timeZone: string;
  adminPassword: string | null;
  pasonsUrl: string | null;
  /** Whether the guided tour is offered, once, to whoever opens the editor. */
  tour: boolean;
  /** Those that are given. */
  secrets: Partial<Record<SecretName, string>>;
}

/** @throws ConfigError with a text for whoever typed the command */
export function readEnvironment(env: NodeJS.ProcessEnv, cwd: string): Environment {
  const get = (name: string): string | null => (env[name] === undefined || env[name] === '' ? null : env[name]!);
  if (get('SHELFWIRE_DATABASE_URL'))
    throw new ConfigError(
      'SHELFWIRE_DATABASE_URL is set, but PostgreSQL comes in a later version. Nothing was started or changed. Unset it to use the embedded ledger.',
      'database_unsupported',
    );
  const host = get('HOST') ?? '127.0.0.1';
  const adminPassword = get('SHELFWIRE_ADMIN_PASSWORD');
  if (!isLoopback(host) && adminPassword === null)
    throw new ConfigError(
      `HOST is ${host}: others could open the editor and change the flows. Set SHELFWIRE_ADMIN_PASSWORD, or unset HOST to listen on this machine only. Nothing was started.`,
      'admin_password_missing',
    );
  const port = portOf(get('PORT'), 1880, 'PORT');
  const timeZone = get('SHELFWIRE_TIMEZONE') ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  checkTimeZone(timeZone);
  return {
    host,
    port,
    data: resolve(cwd, get('SHELFWIRE_DATA') ?? '.data'),
    mqttHost: get('SHELFWIRE_MQTT_HOST') ?? '127.0.0.1',
    mqttPort: portOf(get('SHELFWIRE_MQTT_PORT'), 1883, 'SHELFWIRE_MQTT_PORT'),
    publicUrl: urlOf(get('SHELFWIRE_PUBLIC_URL'), 'SHELFWIRE_PUBLIC_URL') ?? localUrl(host, port),
    timeZone,
    adminPassword,
    pasonsUrl: urlOf(get('PASONS_URL'), 'PASONS_URL'),
    tour: get('SHELFWIRE_TOUR') !== 'off',
    secrets: Object.fromEntries(
      SECRET_NAMES.flatMap((name) => {
        const value = get(name);
        return value === null ? [] : [[name, value]];
      }),
    ),
  };
}

/** Where programs on this machine reach a server that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : isIP(host) === 6 ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function portOf(text: string | null, standard: number, name: string): number {
  if (text === null) return standard;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new ConfigError(
      `${name} is "${text}", which is no port. Set it to a number from 1 to 65535.`,
      'port_invalid',
    );
  return port;
}

function urlOf(text: string | null, name: string): string | null {
  if (text === null) return null;
  if (!/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''))
    throw new ConfigError(`${name} is no http(s) address. Correct it.`, 'url_invalid');
  return text.replace(/\/+$/, '');
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new ConfigError(
      `SHELFWIRE_TIMEZONE is "${timeZone}", which is no time zone. Set it to a name such as Asia/Dubai.`,
      'time_zone_invalid',
    );
  }
}
