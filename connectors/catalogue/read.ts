/**
 * A catalogue as a shop exports it (the Export Feed `sku,selling_price,stock_status`, with more columns allowed), in CSV or
 * as a JSON list, turned into stock events. Read in slices, so that 39,184 rows hold nobody else up.
 */
import { InvalidInputError } from '../../core/errors';
import type { Steps } from '../../core/steps';
import type { Refusal, StockEvent } from '../../core/stock/event';
import {
  exactJsonItems,
  isJsonObject,
  type JsonItem,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  named,
} from '../../core/stock/exact-json';
import { type Check, reasonsOf } from '../../core/stock/faults';
import { shownSku } from '../../core/stock/shown-sku';
import { type CsvRow, MAX_ROW, readCsv } from './csv';
import { unguarded } from './formula';
import { COLUMNS, type Column, columnOf, type Row, type RowContext, rowChecks, rowEvent } from './row';

export type CatalogueForm = 'csv' | 'json';

export interface CatalogueOptions extends RowContext {
  form: CatalogueForm;
}

export interface Catalogue {
  events: StockEvent[];
  /** Position of each event: rows from 0, the heading not counted. */
  indexes: number[];
  refusals: Refusal[];
}

/** More than any export has. */
const MAX_COLUMNS = 1_000;
const MAX_HEADING = 200;
/** Read as events, a row takes many times its size in memory. */
const MAX_ROWS = 250_000;
/** Rows in one step. */
const STEP = 50;

type Outcome = { row: Row } | { error: InvalidInputError; sku?: string | null };

/**
 * @throws InvalidInputError when the whole is not readable: no text, no JSON, no column `sku`
 */
export function* readCatalogue(text: string, options: CatalogueOptions): Steps<Catalogue> {
  const catalogue: Catalogue = { events: [], indexes: [], refusals: [] };
  let index = 0;
  for (const outcome of options.form === 'csv' ? csvRows(text) : jsonRows(text)) {
    if (outcome === null) {
      yield;
      continue;
    }
    const refuse = (thrown: InvalidInputError, sku: string | null | undefined, checks: Check[]) =>
      catalogue.refusals.push({ index, sku: shownSku(sku), ...reasonsOf(thrown, checks) });
    if ('error' in outcome) refuse(outcome.error, outcome.sku, []);
    else {
      try {
        catalogue.events.push(rowEvent(outcome.row, options));
        catalogue.indexes.push(index);
      } catch (thrown) {
        if (!(thrown instanceof InvalidInputError)) throw thrown;
        refuse(thrown, outcome.row.sku, rowChecks(outcome.row, options));
      }
    }
    index += 1;
    if (index > MAX_ROWS)
      throw new InvalidInputError(
        'too_many',
        `The catalogue has more than ${MAX_ROWS} rows. Nothing was recorded; send it in smaller pieces.`,
      );
    if (index % STEP === 0) yield;
  }
  if (index === 0)
    throw new InvalidInputError('no_rows', 'The catalogue has no rows. Nothing was changed; check the export.');
  return catalogue;
}

function* csvRows(text: string): Generator<Outcome | null, void, void> {
  const rows = readCsv(text);
  let columns: string[] | null = null;
  for (const row of rows) {
    if (row === null) yield null;
    else if (columns === null) columns = columnsOf(row.cells);
    else if (row.cells.length > 0 && row.cells.every((cell) => cell.trim() === '')) continue;
    else yield csvRow(row, columns);
  }
  if (columns === null) columnsOf([]);
}

function csvRow({ cells, line, broken }: CsvRow, columns: string[]): Outcome {
  if (broken === 'length')
    return {
      error: new InvalidInputError(
        'row_too_long',
        `Line ${line} has more than ${MAX_ROW} characters. Is a quote not closed? Shorten it.`,
      ),
    };
  if (broken)
    return {
      error: new InvalidInputError(
        'bad_quotes',
        `The quotes of line ${line} do not fit together. Write " inside a quoted cell as "".`,
      ),
    };
  if (cells.length !== columns.length)
    return {
      sku: cells[columns.indexOf('sku')] ?? null,
      error: new InvalidInputError(
        'wrong_cell_count',
        `Line ${line} has ${cells.length} cells, the heading has ${columns.length}. Is it cut off, or is a separator inside a cell without quotes? Correct the export.`,
      ),
    };
  const row: Row = {};
  for (const [position, column] of columns.entries()) if (isColumn(column)) row[column] = cells[position];
  row.sku = unguarded(row.sku!);
  return { row };
}

/** @throws InvalidInputError `no_sku_column`, `duplicate_column`, `too_many_columns` */
function columnsOf(headings: string[]): string[] {
  if (headings.length > MAX_COLUMNS)
    throw new InvalidInputError(
      'too_many_columns',
      `The first line has more than ${MAX_COLUMNS} columns. Is it a heading? Send only the columns that are needed.`,
    );
  const columns = headings.map((heading) => columnOf(heading.slice(0, MAX_HEADING)));
  const shown = columns.join(', ').slice(0, 200);
  if (!columns.includes('sku'))
    throw new InvalidInputError(
      'no_sku_column',
      `The first line has no column sku; it reads: ${shown}. Name the columns in the first line, for instance sku,selling_price,stock_status.`,
      'sku',
    );
  const twice = columns.find((column, position) => isColumn(column) && columns.indexOf(column) !== position);
  if (twice !== undefined)
    throw new InvalidInputError('duplicate_column', `The column ${twice} is there twice. Send it once.`, twice);
  return columns;
}

function* jsonRows(text: string): Generator<Outcome | null, void, void> {
  for (const item of exactJsonItems(text)) yield item && jsonRow(item);
}

function jsonRow({ value: item, fault }: JsonItem): Outcome {
  if (!isJsonObject(item))
    return {
      error: new InvalidInputError('not_an_item', 'This is no object. Send a list of objects with a sku each.'),
    };
  if (fault) return { error: fault, sku: skuOf(item) };
  const row: Row = {};
  try {
    for (const [key, value] of Object.entries(item)) {
      const column = columnOf(key);
      if (!isColumn(column)) continue;
      if (row[column] !== undefined)
        throw new InvalidInputError('duplicate_column', `The field ${column} is there twice. Send it once.`, column);
      const cell = cellOf(column, value);
      if (cell !== undefined) row[column] = cell;
    }
    return { row };
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    return { error: thrown, sku: skuOf(item) };
  }
}

/** Numbers as their digits; `true` and `false` as they are; null is no value. */
function cellOf(column: Column, value: JsonValue): string | undefined {
  if (value === null) return undefined;
  if (value instanceof JsonNumber) return named(column, () => value.decimal);
  if (typeof value === 'boolean' && (column === 'stock_status' || column === 'enabled')) return String(value);
  if (typeof value === 'string') return value;
  throw new InvalidInputError('not_text', `${column} is neither a text nor a number. Send it as text.`, column);
}

function skuOf(item: JsonObject): string | null {
  const sku = item.sku;
  return typeof sku === 'string' ? sku : sku instanceof JsonNumber ? sku.source : null;
}

function isColumn(name: string): name is Column {
  return (COLUMNS as readonly string[]).includes(name);
}
