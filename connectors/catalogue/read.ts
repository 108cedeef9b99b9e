/**
 * A catalogue as a shop exports it (the Export Feed `sku,selling_price,stock_status`, with more columns allowed), in CSV or
 * as a JSON list, turned into stock events. Read in slices, so that 39,184 rows hold nobody else up.
 */
import { InvalidInputError } from '../../core/errors';
import type { Refusal, StockEvent } from '../../core/stock/event';
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../../core/stock/exact-json';
import { type CsvRow, readCsv } from './csv';
import { readJsonList } from './json-list';
import { COLUMNS, type Column, columnOf, type Row, type RowContext, rowEvent } from './row';

export type CatalogueForm = 'csv' | 'json';

export interface CatalogueOptions extends RowContext {
  form: CatalogueForm;
  /** Lets others work; called about every `SLICE_MS`. */
  pause: () => Promise<void>;
  /** Milliseconds, of any origin. */
  now: () => number;
}

export interface Catalogue {
  events: StockEvent[];
  /** Position of each event: rows from 0, the heading not counted. */
  indexes: number[];
  refusals: Refusal[];
}

/** How long one slice of work may take. */
const SLICE_MS = 8;

type Outcome = { row: Row } | { error: InvalidInputError; sku?: string | null };

/**
 * @throws InvalidInputError when the whole is not readable: no text, no JSON, no column `sku`
 */
export async function readCatalogue(text: string, options: CatalogueOptions): Promise<Catalogue> {
  const catalogue: Catalogue = { events: [], indexes: [], refusals: [] };
  let index = 0;
  let until = options.now() + SLICE_MS;
  for (const outcome of options.form === 'csv' ? csvRows(text) : jsonRows(text)) {
    const refuse = ({ code, message }: InvalidInputError, sku: string | null) =>
      catalogue.refusals.push({ index, sku, code, message });
    if ('error' in outcome) refuse(outcome.error, outcome.sku ?? null);
    else {
      try {
        catalogue.events.push(rowEvent(outcome.row, options));
        catalogue.indexes.push(index);
      } catch (thrown) {
        if (!(thrown instanceof InvalidInputError)) throw thrown;
        refuse(thrown, outcome.row.sku || null);
      }
    }
    index += 1;
    if (options.now() >= until) {
      await options.pause();
      until = options.now() + SLICE_MS;
    }
  }
  if (index === 0)
    throw new InvalidInputError('no_rows', 'The catalogue has no rows. Is the export empty? Nothing was changed.');
  return catalogue;
}

function* csvRows(text: string): Generator<Outcome, void, void> {
  const rows = readCsv(text);
  const first = rows.next();
  const headings = first.done ? [] : first.value.cells;
  const columns = headings.map(columnOf);
  checkColumns(columns);
  for (const row of rows) {
    if (row.cells.length > 0 && row.cells.every((cell) => cell.trim() === '')) continue;
    yield csvRow(row, columns);
  }
}

function csvRow({ cells, line, broken }: CsvRow, columns: string[]): Outcome {
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
        `Line ${line} has ${cells.length} cells, the heading has ${columns.length}. Is it cut off, or is a separator inside a cell without quotes?`,
      ),
    };
  const row: Row = {};
  for (const [position, column] of columns.entries()) if (isColumn(column)) row[column] = cells[position];
  return { row };
}

/** @throws InvalidInputError */
function checkColumns(columns: string[]): void {
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
}

function* jsonRows(text: string): Generator<Outcome, void, void> {
  for (const piece of readJsonList(text)) for (const item of piece) yield jsonRow(item);
}

function jsonRow(item: JsonValue): Outcome {
  if (!isJsonObject(item))
    return {
      error: new InvalidInputError('not_an_item', 'This is no object. Send a list of objects with a sku each.'),
    };
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
  if (value instanceof JsonNumber) return value.decimal;
  if (typeof value === 'boolean' && (column === 'stock_status' || column === 'enabled')) return String(value);
  if (typeof value === 'string') return value;
  throw new InvalidInputError('not_text', `${column} has to be a text or a number.`, column);
}

function skuOf(item: JsonObject): string | null {
  const sku = item.sku;
  return typeof sku === 'string' ? sku : sku instanceof JsonNumber ? sku.source : null;
}

function isColumn(name: string): name is Column {
  return (COLUMNS as readonly string[]).includes(name);
}
