/**
 * CSV (RFC 4180) as spreadsheets and exports write it: comma, semicolon, tab or bar between cells, quoted cells with line
 * breaks, any line end. A cell is the text that stands there; nothing is cast or trimmed. A generator, so that a reader
 * of many rows can let others work in between; a row that cannot be read costs that line, not the rest.
 */
export interface CsvRow {
  cells: string[];
  /** Line of the text where the row begins, from 1. */
  line: number;
  /** The quotes of this line do not fit together, or it is longer than any row; `cells` is empty. */
  broken?: 'quotes' | 'length';
}

/** Characters of one row: more than any article needs. */
export const MAX_ROW = 256 * 1024;
/** Characters in one step. */
const STEP = 8 * 1024;

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

/** Rows of the text; empty lines are passed over. A byte order mark is no content. Null is a step without a row. */
export function* readCsv(text: string, separator?: string): Generator<CsvRow | null, void, void> {
  const told = separator === undefined ? SEPARATOR_LINE.exec(text) : null;
  const delimiter = separator ?? told?.[1] ?? detectDelimiter(text);
  let at = told ? told[0].length : text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = told ? 2 : 1;
  let step = at + STEP;
  while (at < text.length) {
    const row = readRow(text, at, delimiter);
    let end: number;
    if (typeof row === 'string') {
      for (end = at; end < text.length && !isBreak(text, end); end++) if (end % STEP === 0) yield null;
      yield { cells: [], line, broken: row };
    } else {
      end = row.end;
      if (row.cells.length > 1 || row.cells[0] !== '' || text[at] === '"') yield { cells: row.cells, line };
      for (let i = at; i < end; i++) line += breaks(text, i);
    }
    line += breaks(text, end) || breaks(text, end + 1);
    at = afterBreak(text, end);
    if (at > step) {
      step = at + STEP;
      yield null;
    }
  }
}

/** All rows of a text that is known to be short. */
export function csvRows(text: string, separator?: string): CsvRow[] {
  return [...readCsv(text, separator)].filter((row) => row !== null);
}

/** 1 where a line ends: at LF, or at a CR that no LF follows. */
function breaks(text: string, at: number): 0 | 1 {
  const code = text.charCodeAt(at);
  return code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10) ? 1 : 0;
}

/** The cells from `start` on and where the line ends, or what is wrong: a quote that is not closed, something behind it. */
function readRow(
  text: string,
  start: number,
  delimiter: string,
): { cells: string[]; end: number } | 'quotes' | 'length' {
  const until = Math.min(text.length, start + MAX_ROW);
  const cells: string[] = [];
  let at = start;
  for (;;) {
    let end: number;
    if (text[at] === '"') {
      const closing = closingQuote(text, at, until);
      if (closing < 0) return until < text.length && text.indexOf('"', until) >= 0 ? 'length' : 'quotes';
      cells.push(text.slice(at + 1, closing).replaceAll('""', '"'));
      end = closing + 1;
      if (end < text.length && text[end] !== delimiter && !isBreak(text, end)) return 'quotes';
    } else {
      end = at;
      while (end < until && text[end] !== delimiter && !isBreak(text, end)) end += 1;
      if (end === until && until < text.length) return 'length';
      cells.push(text.slice(at, end));
    }
    if (text[end] !== delimiter) return { cells, end };
    at = end + 1;
  }
}

function closingQuote(text: string, opening: number, until: number): number {
  for (let at = text.indexOf('"', opening + 1); at >= 0 && at < until; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

function isBreak(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 10 || code === 13;
}

/** Behind the line break at `at`: LF, CR LF or CR alone. */
function afterBreak(text: string, at: number): number {
  if (at >= text.length) return text.length;
  return text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1;
}
