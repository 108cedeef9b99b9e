/**
 * Applies a mapping table to items: compiled once, applied many times. An item is mapped whole or refused whole, with the
 * field, the reason and the remedy; nothing is ever altered silently. Used by the node and by the editor's preview.
 */
import { ConfigError } from '../errors';
import { type Compile, type Evaluate, expressionError } from './expression';
import { itemKey } from './key';
import type { Mapping, MappingRow, Scalar } from './table';
import { convert, numberText, RefusedValue, scalarText, shown } from './value';

export interface MapContext {
  /** The store of items that name none themselves. */
  store_id?: string;
}

export interface MappedItem {
  /** Position in the list given. */
  index: number;
  sku: string | null;
  item: unknown;
  /** Text of what stands in the body's key field; null only for items that pass unchanged without one. */
  key: string | null;
}

export interface MapRefusal {
  index: number;
  sku: string | null;
  /** The body's field that could not be written. */
  field: string;
  code: string;
  /** What happened, to which item, and what to do. */
  message: string;
  remedy: string;
}

export interface MapResult {
  mapped: MappedItem[];
  refused: MapRefusal[];
}

export interface Mapper {
  readonly mapping: Mapping;
  /** @param breathe gives a promise now and then, so that a long list holds nobody up */
  map(items: readonly unknown[], context?: MapContext, breathe?: () => Promise<void> | null): Promise<MapResult>;
}

/** Items between two looks at the clock. */
const STEP = 20;

/** @throws ConfigError `expression_invalid` naming the row */
export function compileMapping(mapping: Mapping, compile?: Compile): Mapper {
  const rows = mapping.rows.map((row, index) => ({ row, write: compileRow(row, index + 1, compile) }));
  return {
    mapping,
    async map(items, context = {}, breathe = () => null) {
      if (rows.length === 0) return { mapped: items.map((item, index) => passed(item, index)), refused: [] };
      const result: MapResult = { mapped: [], refused: [] };
      for (const [index, item] of items.entries()) {
        const pause = index % STEP === STEP - 1 ? breathe() : null;
        if (pause) await pause;
        const sku = itemKey(item, 'sku');
        let field = '';
        try {
          const source = sourceOf(item, context);
          const body: Record<string, unknown> = {};
          for (const { row, write } of rows) {
            field = row.to;
            const value = write(source);
            body[row.to] = value instanceof Promise ? await value : value;
          }
          field = mapping.key;
          result.mapped.push({ index, sku, item: body, key: keyOf(body, mapping.key) });
        } catch (thrown) {
          result.refused.push(refusal(index, sku, field, thrown));
        }
      }
      return withoutDoubles(result, mapping.key);
    },
  };
}

type Source = Record<string, unknown>;

function compileRow(row: MappingRow, number: number, compile: Compile | undefined): (source: Source) => unknown {
  const { type, decimals } = row;
  if (row.expression !== undefined) return compileExpression(row, number, compile);
  if (row.constant !== undefined) {
    const constant = fixed(row, row.constant, number);
    return () => constant;
  }
  const from = row.from!;
  return (source) => {
    const value = Object.hasOwn(source, from) ? source[from] : undefined;
    if (value === undefined || value === null || value === '') throw missing(from);
    const given = row.values ? lookUp(row.values, value) : value;
    const written = given === null ? null : convert(given, type, decimals);
    if (from === 'sku' && !row.values && scalarText(written) !== scalarText(value)) throw lostKey(value);
    return written;
  };
}

/** A constant is converted once, at deploy. @throws ConfigError `mapping_invalid` */
function fixed(row: MappingRow, constant: Scalar, number: number): unknown {
  if (constant === null) return null;
  try {
    return convert(constant, row.type, row.decimals);
  } catch (thrown) {
    if (!(thrown instanceof RefusedValue)) throw thrown;
    throw new ConfigError(`Row ${number} of the mapping: ${thrown.message}. ${thrown.remedy}`, 'mapping_invalid');
  }
}

function compileExpression(row: MappingRow, number: number, compile: Compile | undefined) {
  if (!compile)
    throw new ConfigError(`Row ${number} of the mapping: expressions are not available here.`, 'expression_invalid');
  let evaluate: Evaluate;
  try {
    evaluate = compile(row.expression!);
  } catch (thrown) {
    const what = expressionError(thrown);
    throw new ConfigError(`Row ${number} of the mapping: the expression is not valid: ${what}`, 'expression_invalid');
  }
  return async (source: Source) => {
    let value: unknown;
    try {
      value = await evaluate(source);
    } catch (thrown) {
      const remedy = 'Correct the expression in the field mapper; its help shows how to try it on a sample.';
      throw new RefusedValue('expression_failed', `the expression failed: ${expressionError(thrown)}`, remedy);
    }
    if (value === undefined || typeof value === 'function') throw missing('the expression');
    assertDigits(value);
    return value === null ? null : convert(value, row.type, row.decimals);
  };
}

/**
 * An expression computes with doubles: what has more than 15 digits shows their rounding (0.1 + 0.2), not a price; also
 * inside of what it builds (`{"amount": …, "currency": "AED"}`).
 */
function assertDigits(value: unknown): void {
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) assertDigits(each);
  if (typeof value !== 'number') return;
  const digits = numberText(value)?.replace(/\D/g, '').replace(/^0+/, '').replace(/0+$/, '');
  if (digits !== undefined && digits.length <= 15) return;
  const remedy = 'Round it in the expression, for instance $round(selling_price * 1.05, 2).';
  throw new RefusedValue('not_exact', `the expression gives ${shown(value)}, which is not exact`, remedy);
}

function lookUp(table: ReadonlyMap<string, Scalar>, value: unknown): Scalar {
  const text = scalarText(value);
  const found = text === null ? undefined : table.get(text);
  if (found !== undefined) return found;
  throw new RefusedValue(
    'not_in_table',
    `${shown(value)} is not in the lookup table`,
    'Add it to the table in the field mapper.',
  );
}

/** The item with what every item can be asked for. @throws RefusedValue `not_an_item` */
function sourceOf(item: unknown, context: MapContext): Source {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new RefusedValue(
      'not_an_item',
      `${shown(item)} is no item`,
      'Give a list of objects like {"sku": "…", "selling_price": 13.99}.',
    );
  const source: Source = { ...item };
  source.store_id ??= context.store_id;
  source.enabled ??= source.stock_status;
  return source;
}

function keyOf(body: Source, keyField: string): string {
  const key = itemKey(body, keyField);
  if (key !== null && key !== '') return key;
  throw new RefusedValue(
    'key_invalid',
    `${shown(body[keyField])} cannot identify an item`,
    'The field that takes the SKU must be a text or a number.',
  );
}

/** Two items under one key would overwrite each other at the platform: neither is sent. */
function withoutDoubles(result: MapResult, keyField: string): MapResult {
  const skus = new Map<string, string | null>();
  const shared = new Set<string>();
  for (const { key, sku } of result.mapped) {
    if (!skus.has(key!)) skus.set(key!, sku);
    else if (skus.get(key!) !== sku) shared.add(key!);
  }
  if (shared.size === 0) return result;
  for (const { index, sku, key } of result.mapped)
    if (shared.has(key!)) {
      const remedy = 'Give each SKU its own key in the table or expression.';
      const double = new RefusedValue('key_not_unique', `"${key}" is the key of several SKUs`, remedy);
      result.refused.push(refusal(index, sku, keyField, double));
    }
  result.refused.sort((a, b) => a.index - b.index);
  return { mapped: result.mapped.filter(({ key }) => !shared.has(key!)), refused: result.refused };
}

function refusal(index: number, sku: string | null, field: string, thrown: unknown): MapRefusal {
  if (!(thrown instanceof RefusedValue)) throw thrown;
  const who = sku === null ? `Item ${index + 1} of the list` : `Item ${sku}`;
  const where = field === '' ? '' : `, field "${field}"`;
  const message = `${who}${where}: ${thrown.message}. Not sent, nothing is lost. ${thrown.remedy}`;
  return { index, sku, field, code: thrown.code, message, remedy: thrown.remedy };
}

function passed(item: unknown, index: number): MappedItem {
  const sku = itemKey(item, 'sku');
  return { index, sku, item, key: sku };
}

const missing = (what: string) =>
  new RefusedValue(
    'missing',
    `there is no value for "${what}"`,
    'Tick the field in the outlets, or remove the row from the field mapper.',
  );

const lostKey = (value: unknown) =>
  new RefusedValue('not_exact', `the SKU ${shown(value)} would be changed as a number`, 'Send the SKU as text.');
