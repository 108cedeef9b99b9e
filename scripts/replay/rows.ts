/** Reads a file of sales in the columns of UCI's "Online Retail", plain or gzip'd. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { SaleRow } from './feed';

const COLUMNS = ['InvoiceNo', 'StockCode', 'Quantity', 'InvoiceDate', 'UnitPrice', 'Country'];

export function readText(file: string): string {
  const bytes = readFileSync(file);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** @throws Error naming a column or row that is wrong */
export function readRows(csv: string): SaleRow[] {
  const [head, ...lines] = csv.split(/\r?\n/).filter((line) => line !== '');
  const names = cells(head ?? '');
  const places = COLUMNS.map((name) => {
    const place = names.indexOf(name);
    if (place < 0) throw new Error(`the file has no column ${name}`);
    return place;
  });
  return lines.map((line, number) => {
    const row = cells(line);
    const [invoice, sku, quantity, date, price, store] = places.map((place) => row[place] ?? '') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (!/^-?\d+$/.test(quantity) || !/^\d+(\.\d+)?$/.test(price) || !/^\d{4}-\d\d-\d\d \d\d:\d\d:00$/.test(date))
      throw new Error(`row ${number + 1} cannot be read: ${line.slice(0, 200)}`);
    return { invoice, sku, quantity: Number(quantity), date, price, store };
  });
}

function cells(line: string): string[] {
  const out: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === '"') {
      if (quoted && line[at + 1] === '"') cell += line[++at];
      else quoted = !quoted;
    } else if (character === ',' && !quoted) {
      out.push(cell);
      cell = '';
    } else cell += character;
  }
  out.push(cell);
  return out;
}
