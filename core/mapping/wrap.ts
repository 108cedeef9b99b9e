/**
 * The body around the list of items, and the one place where a body is encoded. A wrap is JSON text that holds the text
 * `"{items}"` once, where the list goes; `{store_id}` and the other known names are replaced inside texts, any other
 * braces are text. Works on the text itself, so that a number in a wrap keeps every digit.
 */
import { ConfigError } from '../errors';
import type { Ticket } from '../pushing/ticket';

/** What may stand in a wrap's texts as `{name}`. */
export interface WrapValues {
  store_id?: string;
  outlet_name?: string;
  platform?: string;
  /** `full` or `partial`. */
  type?: string;
}
const WRAP_NAMES = ['store_id', 'outlet_name', 'platform', 'type'] as const;

const LIST = '"{items}"';
/** A JSON text, or what stands between two of them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[^"]+/g;
const PLACEHOLDER = new RegExp(`\\{(${WRAP_NAMES.join('|')})\\}`, 'g');

/** Puts variables of the environment into a text. @throws ConfigError `variable_unset` */
export type Expand = (text: string) => string;
export const asWritten: Expand = (text) => text;

/** The wrap as compact JSON text; '' = none. @throws ConfigError `wrap_invalid` */
export function parseWrap(wrap: unknown, expand: Expand = asWritten): string {
  if (wrap === undefined || wrap === null) return '';
  const json = typeof wrap === 'string' ? wrap.trim() : JSON.stringify(wrap);
  if (json === '') return '';
  try {
    JSON.parse(json);
  } catch (thrown) {
    throw new ConfigError(`The body around the list is not valid JSON: ${(thrown as Error).message}`, 'wrap_invalid');
  }
  const tokens = json.match(TOKENS) ?? [];
  const lists = tokens.filter((token, index) => token === LIST && !isName(tokens, index));
  if (lists.length !== 1)
    throw new ConfigError(
      `The body around the list must hold the text ${LIST} exactly once, where the list of items goes.`,
      'wrap_invalid',
    );
  return tokens
    .map((token) => {
      if (!token.startsWith('"')) return token.replace(/\s+/g, '');
      return token.includes('${') ? JSON.stringify(expand(JSON.parse(token) as string)) : token;
    })
    .join('');
}

/** What stands before and after the list. @throws ConfigError `wrap_invalid`, `wrap_value_missing` */
export function wrapEnds(wrap: string | undefined, values: WrapValues): [before: string, after: string] {
  if (!wrap) return ['', ''];
  const ends: [string, string] = ['', ''];
  const tokens = parseWrap(wrap).match(TOKENS) ?? [];
  let end: 0 | 1 = 0;
  for (const [index, token] of tokens.entries()) {
    const name = isName(tokens, index);
    if (token === LIST && !name) end = 1;
    else ends[end] += token.startsWith('"') && !name ? fill(token, values) : token;
  }
  return ends;
}

/** The whole body as JSON text. @throws ConfigError `wrap_invalid`, `wrap_value_missing` */
export function applyWrap(wrap: string | undefined, items: readonly unknown[], values: WrapValues = {}): string {
  const [before, after] = wrapEnds(wrap, values);
  return `${before}${JSON.stringify(items)}${after}`;
}

/** Exactly the bytes that are sent. @throws ConfigError `wrap_invalid`, `wrap_value_missing` */
export function encodeBody(items: readonly unknown[], wrap?: string, values: WrapValues = {}): Uint8Array {
  return new TextEncoder().encode(applyWrap(wrap, items, values));
}

function fill(token: string, values: WrapValues): string {
  if (!token.includes('{')) return token;
  const text = JSON.parse(token) as string;
  return JSON.stringify(
    text.replace(PLACEHOLDER, (_, name: keyof WrapValues) => {
      const value = values[name];
      if (value !== undefined) return value;
      throw new ConfigError(
        `The body around the list needs {${name}}, which this message does not have. Nothing was sent; add it to the message or take it out of the body.`,
        'wrap_value_missing',
      );
    }),
  );
}

/** True when the text at `index` is the name of a member, not a value. */
function isName(tokens: readonly string[], index: number): boolean {
  return tokens[index + 1]?.trimStart().startsWith(':') ?? false;
}

/** What a ticket says about the message for a wrap. */
export function wrapValues(ticket: Ticket): Required<WrapValues> {
  const { store_id, outlet_name, platform, type } = ticket;
  return { store_id, outlet_name, platform, type };
}
