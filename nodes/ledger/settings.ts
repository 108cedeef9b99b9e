/** The settings of a ledger as stored in a flow (or typed in its dialog), read and checked. */
import { isAbsolute, resolve } from 'node:path';
import { ConfigError } from '../../core/errors';
import { expand } from '../../runtime/env';
import { numberProperty } from '../../runtime/properties';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { timeZoneOf } from '../../runtime/time-zone';

const DEFAULT_FILE = 'shelfwire/ledger.db';

export interface Settings {
  file: string;
  keepDays: number;
  timeZone: string;
  publicUrl: string;
  trustProxy: boolean;
  healthPath: string;
  token: string | null;
}

/** @throws ConfigError */
export function readSettings(red: RED, node: RedNode, def: NodeDef): Settings {
  const text = (name: string, fallback = ''): string => expand(red, node, String(def[name] ?? '') || fallback).trim();
  if (def.driver !== undefined && def.driver !== '' && def.driver !== 'sqlite') {
    throw new ConfigError(
      'PostgreSQL comes in a later version. Choose the embedded ledger; nothing was opened.',
      'driver_unknown',
    );
  }
  const file = text('file', DEFAULT_FILE);
  const base = red.settings.userDir ?? process.cwd();
  const token = node.credentials?.token ? expand(red, node, node.credentials.token) : null;
  return {
    file: isAbsolute(file) ? resolve(file) : resolve(base, file),
    keepDays: numberProperty(def, 'keepDays', { default: 90, min: 1, max: 3650, integer: true }),
    timeZone: timeZoneOf(red, node, def.timeZone),
    publicUrl: text('publicUrl').replace(/\/+$/, ''),
    trustProxy: def.trustProxy === true || def.trustProxy === 'true',
    healthPath: text('healthPath', '/health'),
    token: token || null,
  };
}
