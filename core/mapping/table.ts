/**
 * The mapping table as it stands in a flow file, checked once. Rows may come from the form (blank texts = not set, lookup
 * tables as JSON text) or be written by hand. Used by the node and by the editor, so nothing of Node.js in here.
 */
import { ConfigError } from '../errors';
import { canonicalDecimal, isDecimal } from '../stock/decimal';
import { exactNumber, VALUE_TYPES, type ValueType } from './value';
import { asWritten, type Expand, parseWrap } from './wrap';

export type Scalar = string | number | boolean | null;

/** One field of the body. Its value comes from `from`, from `constant` or from `expression`. */
export interface MappingRow {
  /** Name in the body. */
  to: string;
  /** Field of the item, or `store_id`, or `enabled`. With an expression: only says that the row is the key's (`sku`). */
  from?: string;
  type: ValueType;
  /** 0–20. */
  decimals?: number;
  /** Lookup table from the item's value, as text, to the body's. */
  values?: ReadonlyMap<string, Scalar>;
  constant?: Scalar;
  /** JSONata over the item with `store_id` and `enabled` added. */
  expression?: string;
}

export interface Mapping {
  rows: MappingRow[];
  /** JSON text around the list; '' = a bare list. */
  wrap: string;
  /** Name of the body's field that identifies the item. */
  key: string;
}

/** The ledger's name for "nothing is mapped". */
export const UNMAPPED = 'none';

/**
 * @param fields the rows, as a list or as JSON text of one; empty = items pass unchanged
 * @param wrap JSON text or object with the text `{items}` where the list goes; '' or undefined = none
 * @param expand puts variables of the environment into a text; without it they stay as they are written
 * @throws ConfigError `mapping_invalid`, `key_missing`, `wrap_invalid`, `not_exact`; each names the row
 */
export function parseMapping(fields: unknown, wrap?: unknown, expand: Expand = asWritten): Mapping {
  const list =
    typeof fields === 'string' ? (fields.trim() === '' ? [] : parseJson(fields, 'The table')) : (fields ?? []);
  if (!Array.isArray(list)) throw new ConfigError('The mapping table must be a list of rows.', 'mapping_invalid');
  const rows = list.map((row, index) => parseRow(row, index + 1, expand));
  const names = new Set<string>();
  for (const [index, { to }] of rows.entries()) {
    if (names.has(to)) throw bad(index + 1, `two rows write the field "${to}". Remove one of them.`);
    names.add(to);
  }
  const keyRow = rows.find((row) => row.from === 'sku');
  if (rows.length > 0 && !keyRow)
    throw new ConfigError(
      'No row of the mapping takes the SKU, so the answer could not be matched to items. Add a row from "sku" to the field that identifies the product.',
      'key_missing',
    );
  return { rows, wrap: parseWrap(wrap, expand), key: keyRow?.to ?? 'sku' };
}

/** One text per meaning of a mapping: what its fingerprint is made of. `none` when nothing is mapped. */
export function canonicalMapping({ rows, wrap }: Mapping): string {
  if (rows.length === 0 && wrap === '') return UNMAPPED;
  const table = rows.map((row) => [
    row.to,
    row.from ?? null,
    row.type,
    row.decimals ?? null,
    row.values ? [...row.values].sort(([a], [b]) => (a < b ? -1 : 1)) : null,
    row.constant === undefined ? null : [row.constant],
    row.expression ?? null,
  ]);
  return JSON.stringify([table, wrap]);
}

/** What hand-written flows may call the types. */
const OTHER_NAMES: Record<string, ValueType> = { string: 'text', float: 'number', int: 'integer', bool: 'boolean' };

function parseRow(given: unknown, number: number, expand: Expand): MappingRow {
  if (typeof given !== 'object' || given === null) throw bad(number, 'it is empty.');
  const row = given as Record<string, unknown>;
  const to = expand(text(row.to));
  const from = expand(text(row.from));
  const expression = expand(text(row.expression));
  const type = (OTHER_NAMES[text(row.type)] ?? row.type ?? '') as ValueType;
  const parsed: MappingRow = { to, type };
  if (to === '' || to === '__proto__') throw bad(number, 'the name of the field in the body is missing.');
  if (!VALUE_TYPES.includes(type))
    throw bad(number, `"${String(row.type)}" is no type. Use text, number, integer or boolean.`);
  if (from !== '') parsed.from = from;
  if (isSet(row.decimals)) parsed.decimals = parseDecimals(row.decimals, type, number);
  if (isSet(row.values)) parsed.values = parseValues(row.values, number, expand);
  if (isSet(row.constant)) parsed.constant = parseConstant(row.constant, number, expand);
  if (expression !== '') parsed.expression = expression;
  if (parsed.constant !== undefined && (from !== '' || expression !== '' || parsed.values))
    throw bad(number, 'a constant has no source, table or expression beside it. Remove the one or the others.');
  if (expression !== '' && parsed.values) throw bad(number, 'it has a table and an expression. Remove one of them.');
  if (from === '' && expression === '' && parsed.constant === undefined)
    throw bad(number, 'it says nowhere what the value is. Choose a field, a constant or an expression.');
  return parsed;
}

function parseDecimals(given: unknown, type: ValueType, number: number): number {
  const decimals = Number(given);
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 20)
    throw bad(number, 'the number of decimals must be a whole number from 0 to 20.');
  if (type === 'boolean' || (type === 'integer' && decimals !== 0))
    throw bad(number, `a value of type ${type} has no decimals. Remove them or choose another type.`);
  return decimals;
}

function parseValues(given: unknown, number: number, expand: Expand): Map<string, Scalar> {
  const table = typeof given === 'string' ? parseJson(given, `Row ${number}, lookup table`) : given;
  if (typeof table !== 'object' || table === null || Array.isArray(table))
    throw bad(number, 'the lookup table must be a JSON object like {"0": "OUT", "1": "IN"}.');
  const entries = Object.entries(table as Record<string, unknown>);
  if (entries.length === 0) throw bad(number, 'the lookup table is empty.');
  for (const [name, value] of entries)
    if (!isScalar(value)) throw bad(number, `the lookup table gives no simple value for "${name}".`);
  return new Map((entries as [string, Scalar][]).map(([name, value]) => [expand(name), filled(value, expand)]));
}

function parseConstant(given: unknown, number: number, expand: Expand): Scalar {
  if (!isScalar(given)) throw bad(number, 'the constant must be a text, a number or a boolean.');
  return filled(given, expand);
}

const filled = (value: Scalar, expand: Expand): Scalar => (typeof value === 'string' ? expand(value) : value);

/** JSON that loses no digit: a number that JavaScript cannot carry exactly is an error, not another number. */
function parseJson(json: string, where: string): unknown {
  try {
    return JSON.parse(json, function (this: unknown, _key: string, value: unknown, context?: { source?: string }) {
      if (typeof value === 'number' && context?.source !== undefined && isDecimal(context.source)) {
        if (exactNumber(canonicalDecimal(context.source)) === null)
          throw new ConfigError(
            `${where}: ${context.source} has too many digits for a number. Write it as text.`,
            'not_exact',
          );
      }
      return value;
    });
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw new ConfigError(`${where} is not valid JSON: ${(thrown as Error).message}`, 'mapping_invalid');
  }
}

const bad = (row: number, what: string) => new ConfigError(`Row ${row} of the mapping: ${what}`, 'mapping_invalid');
const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '');
const isSet = (value: unknown) => value !== undefined && value !== null && value !== '';
const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);
