/**
 * CSV (RFC 4180) as spreadsheets and exports write it: comma, semicolon, tab or bar between cells, quoted cells with line
 * breaks, any line end. A cell is the text that stands there; nothing is cast or trimmed. A generator, so that a reader
 * of many rows can let others work in between; a row that cannot be read costs that line, not the rest.
 */
export interface CsvRow {
  cells: string[];
  /** Line of the text where the row begins, from 1. */
  line: number;
  /** The quotes of this line do not fit together; `cells` is empty. */
  broken?: true;
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** What stands between the cells of the first line: what is there most often outside of quotes, else a comma. */
export function detectDelimiter(text: string): string {
  const counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let quoted = false;
  for (const character of firstLine(text)) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && counts.has(character)) counts.set(character, counts.get(character)! + 1);
  }
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

function firstLine(text: string): string {
  const start = /[^\r\n]/.exec(text)?.index ?? 0;
  const length = /[\r\n]/.exec(text.slice(start, start + 100_000))?.index ?? 100_000;
  return text.slice(start, start + length);
}

/** The line by which spreadsheets name the delimiter of what follows. */
const SEPARATOR_LINE = /^\uFEFF?sep=([,;\t|])(?:\r\n|\r|\n)/i;

/** Rows of the text; empty lines are passed over. A byte order mark is no content. */
export function* readCsv(text: string, separator?: string): Generator<CsvRow, void, void> {
  const told = separator === undefined ? SEPARATOR_LINE.exec(text) : null;
  const delimiter = separator ?? told?.[1] ?? detectDelimiter(text);
  let at = told ? told[0].length : text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = told ? 2 : 1;
  while (at < text.length) {
    const row = readRow(text, at, delimiter);
    const end = row ? row.end : endOfLine(text, at);
    if (!row) yield { cells: [], line, broken: true };
    else if (row.cells.length > 1 || row.cells[0] !== '' || text[at] === '"') yield { cells: row.cells, line };
    const next = afterBreak(text, end);
    for (let i = at; i < next; i++) {
      const code = text.charCodeAt(i);
      if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) line += 1;
    }
    at = next;
  }
}

/** The cells from `at` on and where the line ends, or null when a quote is not closed or something stands behind it. */
function readRow(text: string, start: number, delimiter: string): { cells: string[]; end: number } | null {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    let end: number;
    if (text[at] === '"') {
      const closing = closingQuote(text, at);
      if (closing < 0) return null;
      cells.push(text.slice(at + 1, closing).replaceAll('""', '"'));
      end = closing + 1;
      if (end < text.length && text[end] !== delimiter && !isBreak(text, end)) return null;
    } else {
      end = at;
      while (end < text.length && text[end] !== delimiter && !isBreak(text, end)) end += 1;
      cells.push(text.slice(at, end));
    }
    if (text[end] !== delimiter) return { cells, end };
    at = end + 1;
  }
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

function isBreak(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 10 || code === 13;
}

function endOfLine(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isBreak(text, end)) end += 1;
  return end;
}

/** Behind the line break at `at`: LF, CR LF or CR alone. */
function afterBreak(text: string, at: number): number {
  if (at >= text.length) return text.length;
  return text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1;
}
