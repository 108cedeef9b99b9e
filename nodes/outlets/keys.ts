/** Which key a shop's requests carry, and how: the only place that handles an outlet's secrets. */
import { keyVariable } from '../../connectors/pasons/profile';
import { ConfigError } from '../../core/errors';
import type { OutletRow } from '../../core/settings/outlet-change';
import type { TypedKey } from '../../runtime/outlets';
import type { OutletsConfig } from './config';

export interface Credentials {
  api_key?: string | undefined;
  api_secret?: string | undefined;
  /** JSON object of named keys, for `keyRef` and for shops by their store id. */
  keys?: string | undefined;
}

/** Looks environment variables up. */
export interface Environment {
  /** Replaces `${NAME}`. @throws ConfigError `variable_unset` */
  expand(text: string): string;
  /** Value of one variable, or undefined. */
  get(name: string): string | undefined;
}

export interface Signing {
  headers(): Record<string, string>;
  secrets(): readonly string[];
}

/** @throws ConfigError `keys_invalid` */
export function readKeys(json: string | undefined): Map<string, string> {
  if (!json?.trim()) return new Map();
  const bad = 'The keys per shop cannot be read. Enter them again in the outlets, one shop a line.';
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw new ConfigError(bad, 'keys_invalid');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ConfigError(bad, 'keys_invalid');
  return new Map(Object.entries(parsed).map(([name, key]) => [name, String(key)]));
}

/** What the table gives: the key, and the second half of a basic login. @throws ConfigError `variable_unset`, `key_missing` */
export function deployedKey(
  config: OutletsConfig,
  row: OutletRow,
  credentials: Credentials,
  keys: ReadonlyMap<string, string>,
  environment: Environment,
): TypedKey {
  if (config.auth === 'none') return { key: '', secret: '' };
  return {
    key: keyOf(config, row, credentials, keys, environment).trim(),
    secret: environment.expand(credentials.api_secret ?? '').trim(),
  };
}

/** @throws ConfigError `variable_unset` */
export function signingOf(
  config: OutletsConfig,
  row: OutletRow,
  { key, secret }: TypedKey,
  environment: Environment,
): Signing {
  const known: Record<string, string> = { store_id: row.store_id, api_key: key, api_secret: secret };
  const headers: Record<string, string> = {};
  const secrets = new Set([key, secret]);
  for (const { name, value } of config.headers) {
    const filled = environment
      .expand(value)
      .replaceAll(/\{(store_id|api_key|api_secret)\}/g, (_, word: string) => known[word]!);
    headers[name] = filled;
    // A header of one's own may well be a key; Node-RED has put variables in already.
    if (filled !== value || filled.length >= 8) secrets.add(filled);
  }
  if (config.auth === 'api-key' && key !== '') headers[config.keyHeader] = key;
  if (config.auth === 'bearer' && key !== '') headers.Authorization = `Bearer ${key}`;
  if (config.auth === 'basic') {
    const pair = Buffer.from(`${key}:${secret}`).toString('base64');
    headers.Authorization = `Basic ${pair}`;
    secrets.add(pair);
  }
  secrets.delete('');
  secrets.delete(row.store_id);
  const all = [...secrets];
  return { headers: () => ({ ...headers }), secrets: () => all };
}

function keyOf(
  config: OutletsConfig,
  row: OutletRow,
  credentials: Credentials,
  keys: ReadonlyMap<string, string>,
  environment: Environment,
): string {
  if (row.keyGiven) return row.keyRef;
  if (row.keyRef.includes('${')) return environment.expand(row.keyRef);
  if (row.keyRef !== '') {
    const named = keys.get(row.keyRef);
    if (named !== undefined) return environment.expand(named);
    throw new ConfigError(
      `Shop ${row.name}: there is no key named "${row.keyRef}". Add it to the keys per shop, or empty the row's key.`,
      'key_missing',
    );
  }
  const own = keys.get(row.store_id);
  if (own !== undefined) return environment.expand(own);
  for (const name of keyVariables(config.platform, row.store_id)) {
    const value = environment.get(name);
    if (value !== undefined) return value;
  }
  return environment.expand(credentials.api_key ?? '');
}

/** As the shop is written, and in capitals. */
function keyVariables(platform: string, storeId: string): string[] {
  return [...new Set([`${platform.toUpperCase()}_KEY_${storeId}`, keyVariable(platform, storeId)])];
}
