/** Reads the properties of an outlets node: common settings once, one row a shop. Nothing of Node-RED in here. */
import { ConfigError } from '../../core/errors';
import type { OutletField } from '../../core/ledger/ledger';
import type { OutletRow } from '../../core/settings/outlet-change';
import { canonicalDecimal, isDecimal } from '../../core/stock/decimal';

export const AUTHS = ['api-key', 'bearer', 'basic', 'none'] as const;
export type Auth = (typeof AUTHS)[number];
export const FIELDS: readonly OutletField[] = ['selling_price', 'stock_status', 'quantity'];

export interface Header {
  name: string;
  value: string;
}

export interface OutletsConfig {
  platform: string;
  endpoint: string;
  method: 'POST' | 'PUT';
  auth: Auth;
  keyHeader: string;
  headers: Header[];
  fields: OutletField[];
  /** Decimal text. */
  threshold: string;
  answer: string;
  rows: OutletRow[];
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * @param raw the properties as they are stored, before Node-RED put variables in
 * @throws ConfigError naming the property and the remedy
 */
export function readConfig(def: Record<string, unknown>, raw: Record<string, unknown> = def): OutletsConfig {
  const stored = list(raw.rows) as ({ keyRef?: unknown } | null)[];
  const platform = text(def.platform) || 'pasons';
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(platform))
    throw new ConfigError('The platform must be a short name of lower-case letters and digits, for instance pasons.');
  const keyHeader = text(def.keyHeader) || 'X-API-Key';
  if (!HEADER_NAME.test(keyHeader)) throw new ConfigError(`"${keyHeader}" is not the name of a header.`);
  return {
    platform,
    endpoint: text(def.endpoint),
    method: oneOf('method', text(def.method) || 'POST', ['POST', 'PUT'] as const),
    auth: oneOf('auth', text(def.auth) || 'api-key', AUTHS),
    keyHeader,
    headers: list(def.headers).map(readHeader),
    fields: readFields(def.fields),
    threshold: readThreshold(def.threshold),
    answer: text(def.answer),
    rows: list(def.rows).map((given, index) => {
      const row = readRow(given, index);
      return { ...row, keyGiven: isVariable(text(stored[index]?.keyRef)) && !isVariable(row.keyRef) };
    }),
  };
}

function readRow(given: unknown, index: number): OutletRow {
  const row = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const store_id = text(row.store_id, false);
  if (store_id === '') throw new ConfigError(`Row ${index + 1} of the outlets has no store id. Enter one.`);
  return {
    store_id,
    name: text(row.name) || store_id,
    push_enabled: flag(row.push_enabled, false),
    auto: flag(row.auto, true),
    endpoint: text(row.endpoint),
    keyRef: text(row.keyRef),
    keyGiven: false,
  };
}

/** `yes`, `on`, `1`, `true` count as on, any other text as off; blank as `blank`. */
export function flag(value: unknown, blank: boolean): boolean {
  if (typeof value === 'boolean') return value;
  const word = text(value).toLowerCase();
  return word === '' ? blank : ['true', '1', 'yes', 'on'].includes(word);
}

function readHeader(given: unknown): Header {
  const { name, value } = (given ?? {}) as Record<string, unknown>;
  const header = { name: text(name), value: text(value) };
  if (!HEADER_NAME.test(header.name)) throw new ConfigError(`"${header.name}" is not the name of a header.`);
  return header;
}

function readFields(given: unknown): OutletField[] {
  const names =
    typeof given === 'string' ? given.split(',').map((name) => name.trim()) : list(given).map((n) => text(n));
  const wanted = names.filter((name) => name !== '');
  if (wanted.length === 0) return ['selling_price', 'stock_status'];
  for (const name of wanted) oneOf('fields', name, FIELDS);
  return FIELDS.filter((field) => wanted.includes(field));
}

function readThreshold(given: unknown): string {
  const threshold = text(given) || '0';
  if (!isDecimal(threshold))
    throw new ConfigError(`The threshold "${threshold}" is not a number. Write it like 0 or 2.5.`);
  return canonicalDecimal(threshold);
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new ConfigError(`The property "${name}" must be one of ${allowed.join(', ')}, not "${value}".`);
}

const isVariable = (value: string) => value.includes('${');

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown, trim = true): string {
  if (value === undefined || value === null) return '';
  const found = typeof value === 'string' ? value : typeof value === 'object' ? '' : String(value);
  return trim ? found.trim() : found;
}
