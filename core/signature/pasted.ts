/**
 * A request as somebody copied it: headers from a log, from `curl -v`, from a curl command or as a JSON object, and a body
 * that copying may have changed. Nothing of it is trusted; it is only used to explain.
 */
export interface PastedHeaders {
  /** Names in lower case, as Node has them. */
  headers: Record<string, string>;
  /** The names as they were written, by lower case. */
  written: Record<string, string>;
  method: string | null;
  /** Path and query. */
  target: string | null;
}

const REQUEST_LINE = /^(GET|POST|PUT|PATCH|DELETE)\s+(\S+)(?:\s+HTTP\/[\d.]+)?$/i;
const HEADER_LINE = /^:?(?!https?:\/\/)([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/;
const CURL_OPTION = /^(?:-H|--header)[\s=]*(["'])(.*)\1$/;

export function parsePasted(text: string): PastedHeaders {
  const found: PastedHeaders = { headers: {}, written: {}, method: null, target: null };
  const add = (name: string, value: string) => {
    const key = name.toLowerCase();
    const before = Object.hasOwn(found.headers, key) ? `${found.headers[key]}, ` : '';
    Object.defineProperty(found.headers, key, { value: before + value, enumerable: true, configurable: true });
    Object.defineProperty(found.written, key, { value: name, enumerable: true, configurable: true });
  };
  const object = asObject(text);
  if (object) {
    for (const [name, value] of Object.entries(object))
      add(name, Array.isArray(value) ? value.join(', ') : String(value));
    return found;
  }
  for (const written of text.split(/\r?\n/)) {
    // What `curl -v` puts in front of a line that was sent, and the backslash at a command's line end.
    const line = written
      .replace(/^\s*>\s?/, '')
      .replace(/\\\s*$/, '')
      .trim();
    const request = REQUEST_LINE.exec(line);
    if (request) {
      found.method = request[1]!.toUpperCase();
      found.target = targetOf(request[2]!);
      continue;
    }
    const option = CURL_OPTION.exec(line);
    const header = HEADER_LINE.exec(option ? option[2]! : line);
    if (!header) continue;
    if (line.startsWith(':')) {
      if (header[1] === 'path') found.target = targetOf(header[2]!);
      if (header[1] === 'method') found.method = header[2]!.toUpperCase();
    } else add(header[1]!, header[2]!.trim());
  }
  return found;
}

function asObject(text: string): Record<string, unknown> | null {
  if (!text.trim().startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const targetOf = (text: string): string => text.replace(/^https?:\/\/[^/?#]*/i, '') || '/';

/** How a body may have looked before it was copied. */
export type BodyChange =
  | 'newline_added'
  | 'newline_removed'
  | 'blanks_removed'
  | 'crlf'
  | 'json_compact'
  | 'json_spaced'
  | 'json_pretty'
  | 'json_escaped'
  | 'bom';

/** The body in the forms from which copying makes the pasted one, likeliest first; without the pasted one itself. */
export function nearBodies(text: string): { change: BodyChange; text: string }[] {
  const found: { change: BodyChange; text: string }[] = [];
  const seen = new Set([text]);
  const add = (change: BodyChange, body: string) => {
    if (seen.has(body)) return;
    seen.add(body);
    found.push({ change, text: body });
  };
  const bare = text.replace(/[\r\n]+$/, '');
  add('newline_removed', bare);
  add('newline_added', `${bare}\n`);
  const windows = bare.replace(/\r?\n/g, '\r\n');
  add('crlf', windows);
  add('crlf', `${windows}\r\n`);
  add('blanks_removed', text.trim());
  const tokens = jsonTokens(text);
  if (tokens) {
    const layouts: [BodyChange, string][] = [
      ['json_compact', tokens.join('')],
      ['json_spaced', tokens.map((token) => (token === ',' || token === ':' ? `${token} ` : token)).join('')],
      ['json_pretty', indented(tokens, '  ')],
      ['json_pretty', indented(tokens, '    ')],
      ['json_pretty', indented(tokens, '\t')],
    ];
    for (const [change, body] of layouts) {
      add(change, body);
      add(change, `${body}\n`);
      add(change, body.replace(/\n/g, '\r\n'));
    }
    for (const body of [text, ...layouts.map(([, layout]) => layout)]) {
      const plain = unescaped(body);
      for (const other of [plain, escaped(plain), plain.replaceAll('/', '\\/'), escaped(plain).replaceAll('/', '\\/')])
        add('json_escaped', other);
    }
  }
  add('bom', `\uFEFF${text}`);
  return found;
}

/** The pieces of a JSON text as they are written, digits and escapes untouched; null when it is no JSON. */
function jsonTokens(text: string): string[] | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  return text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g);
}

/** As JSON.stringify and Python's json.dumps indent. */
function indented(tokens: string[], by: string): string {
  let out = '';
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    const opened = before === '{' || before === '[';
    if (token === '}' || token === ']') {
      depth -= 1;
      out += opened ? token : `\n${by.repeat(depth)}${token}`;
      continue;
    }
    if (opened || before === ',') out += `\n${by.repeat(depth)}`;
    out += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
  }
  return out;
}

const escaped = (text: string): string =>
  text.replace(/[\u0080-\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Takes back only the escapes that senders differ in: letters beyond ASCII and slashes. */
const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (all, code: string | undefined, other: string | undefined) => {
    if (other === '/') return '/';
    const unit = code === undefined ? 0 : Number.parseInt(code, 16);
    return unit >= 0x80 ? String.fromCharCode(unit) : all;
  });
