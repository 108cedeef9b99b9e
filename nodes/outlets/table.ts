/** The table of outlets as text: a spreadsheet's CSV in and out, and keys per shop. Also bundled into the editor. */
import { csvRows } from '../../connectors/catalogue/csv';
import type { OutletRow } from '../../core/settings/outlet-change';
import { flag } from './config';

/** A row as it is stored in the flow. */
export type TableRow = Omit<OutletRow, 'keyGiven'>;

export const COLUMNS = ['store_id', 'name', 'push_enabled', 'auto', 'endpoint', 'keyRef'] as const;

export function emptyRow(): TableRow {
  return { store_id: '', name: '', push_enabled: false, auto: true, endpoint: '', keyRef: '' };
}

export interface ReadTable {
  rows: TableRow[];
  /** Lines that say something, but have no store id or an open quote. */
  left: number;
}

/**
 * With a line of column names in any order, or without one in the order of `COLUMNS`.
 *
 * @param before rows whose cells stay where the text has no such column: a list of names switches nothing off
 */
export function readTable(text: string, before: readonly TableRow[] = []): ReadTable {
  const kept = new Map(before.map((row) => [row.store_id, row]));
  const all = csvRows(text);
  const lines = all.filter(({ broken }) => !broken).map(({ cells }) => cells.map((cell) => cell.trim()));
  let left = all.length - lines.length;
  const head = lines[0]?.map((cell) => cell.toLowerCase()) ?? [];
  const named = head.includes('store_id');
  const order: readonly string[] = named ? head : COLUMNS.map((name) => name.toLowerCase());
  const rows: TableRow[] = [];
  for (const cells of named ? lines.slice(1) : lines) {
    const cell = (name: string) => cells[order.indexOf(name.toLowerCase())];
    const store_id = cell('store_id') ?? '';
    if (store_id === '') {
      if (cells.some((each) => each !== '')) left += 1;
      continue;
    }
    const old = kept.get(store_id) ?? emptyRow();
    const [push, auto] = [cell('push_enabled'), cell('auto')];
    rows.push({
      store_id,
      name: cell('name') ?? old.name,
      push_enabled: push === undefined ? old.push_enabled : flag(push, false),
      auto: auto === undefined ? old.auto : flag(auto, true),
      endpoint: cell('endpoint') ?? old.endpoint,
      keyRef: cell('keyRef') ?? old.keyRef,
    });
  }
  return { rows, left };
}

export function rowsToCsv(rows: readonly TableRow[]): string {
  const line = (cells: readonly unknown[]) => `${cells.map((cell) => quoted(String(cell ?? ''))).join(',')}\r\n`;
  return line(COLUMNS) + rows.map((row) => line(COLUMNS.map((name) => row[name]))).join('');
}

/** A row replaces the one of the same store; new ones come after the others. */
export function mergeRows(before: readonly TableRow[], imported: readonly TableRow[]): TableRow[] {
  const byStore = new Map(before.map((row) => [row.store_id, row]));
  for (const row of imported) byStore.set(row.store_id, row);
  return [...byStore.values()];
}

/** Lines of `shop or name, key` as the JSON object that is stored as credential; '' when there is none. */
export function keysFromText(text: string): string {
  const keys = new Map<string, string>();
  for (const { cells } of csvRows(text)) {
    const [name = '', key = ''] = cells.map((cell) => cell.trim());
    if (name !== '' && key !== '') keys.set(name, key);
  }
  return keys.size === 0 ? '' : JSON.stringify(Object.fromEntries(keys));
}

/** First store that is in two rows that are switched on, or null. */
export function storeTwice(rows: readonly Partial<TableRow>[]): string | null {
  const seen = new Set<string>();
  for (const { store_id = '', push_enabled } of rows) {
    if (!push_enabled) continue;
    if (seen.has(store_id)) return store_id;
    seen.add(store_id);
  }
  return null;
}

function quoted(cell: string): string {
  return /[",;\t|\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
