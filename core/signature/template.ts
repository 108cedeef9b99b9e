/**
 * The template of what a sender signs. Placeholders are `{body}` (the exact bytes), `{url}` (our public address with path
 * and query), `{path}` (path and query as sent), `{method}`, `{id}`, `{timestamp}`, `{header:<name>}` and `{json:<path>}`
 * (a value of the JSON body, dots between steps: `{json:data.0.id}`). Only these names are placeholders; any other brace
 * is text, so that a JSON object can be written as it stands:
 * `{"url": "{url}", "store_id": "{json:store_id}", "now": "{json:now}"}`. `{lf}` is a line feed, which a dialog cannot hold.
 */
import { isJsonObject, JsonNumber, type JsonValue, member } from '../stock/exact-json';
import { type Rejection, reject, type SignedRequest } from './types';

const PLACEHOLDER = /\{(body|url|path|method|id|timestamp|lf|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|json:[^{}"]+)\}/g;

export interface Template {
  /** Names of the placeholders, in order: `body`, `json:store_id`. */
  names: string[];
  /** The signed bytes in pieces, so that a body is not copied; or why they cannot be made. */
  render(request: RequestValues): Uint8Array[] | Rejection;
}

/** A request with what the scheme says of time and id. */
export interface RequestValues {
  request: SignedRequest;
  /** What the body holds, where a value of it is signed; undefined = it is no JSON. */
  json: JsonValue | undefined;
  id: string | null;
  timestamp: string | null;
}

export function compileTemplate(text: string): Template {
  const pieces: { text?: Buffer; name?: string }[] = [];
  const names: string[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) pieces.push({ text: Buffer.from(text.slice(end, match.index)) });
    if (match[1] === 'lf') pieces.push({ text: Buffer.from('\n') });
    else {
      pieces.push({ name: match[1]! });
      names.push(match[1]!);
    }
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: Buffer.from(text.slice(end)) });
  return {
    names,
    render(values) {
      const out: Uint8Array[] = [];
      for (const piece of pieces) {
        const part = piece.name === undefined ? piece.text! : partOf(piece.name, values);
        if ('ok' in part) return part;
        out.push(part);
      }
      return out;
    },
  };
}

function partOf(name: string, { request, json, id, timestamp }: RequestValues): Uint8Array | Rejection {
  if (name === 'body') return request.body;
  if (name === 'method') return Buffer.from(request.method.toUpperCase());
  if (name === 'path') return Buffer.from(request.target);
  if (name === 'url') {
    if (request.url !== null) return Buffer.from(request.url);
    return reject(
      'url_unknown',
      'The sender signs our address, but the public address is not set. Set publicUrl in the ledger.',
    );
  }
  // Node reads headers as Latin-1, so this gives back the bytes that were sent.
  if (name === 'id' || name === 'timestamp') return Buffer.from((name === 'id' ? id : timestamp) ?? '', 'latin1');
  const source = readSource(name, request, json);
  return typeof source === 'string' ? Buffer.from(source, name.startsWith('header:') ? 'latin1' : 'utf8') : source;
}

/** The text at `header:<name>` or `json:<path>`. */
export function readSource(source: string, request: SignedRequest, json: JsonValue | undefined): string | Rejection {
  const name = source.slice(source.indexOf(':') + 1);
  if (source.startsWith('header:')) {
    const value = headerText(request, name);
    return value ?? reject('value_missing', `The header ${name} is missing, but it is part of what is signed.`);
  }
  if (json === undefined)
    return reject('body_not_json', `The body is not JSON, but its value ${name} is part of what is signed.`);
  let value: JsonValue | undefined = json;
  for (const step of name.split('.')) {
    if (Array.isArray(value)) value = /^\d{1,6}$/.test(step) ? value[Number(step)] : undefined;
    else value = isJsonObject(value) ? member(value, step) : undefined;
  }
  if (value instanceof JsonNumber) return value.source;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return reject('value_missing', `The body has no value ${name}, but it is part of what is signed.`);
}

export function headerText(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}
