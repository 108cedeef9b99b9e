/**
 * A JSON list read piece by piece, digits kept: a list of 39,184 products parsed in one go would hold everybody else up.
 */
import { InvalidInputError } from '../../core/errors';
import { type JsonValue, parseExactJson } from '../../core/stock/exact-json';

const BLANK = /^[\s\uFEFF]*$/;

/**
 * Pieces of at most `size` items. What is no list is one piece with the one value.
 * @throws InvalidInputError as parseExactJson, naming the items among which the mistake is
 */
export function* readJsonList(text: string, size = 500): Generator<JsonValue[], void, void> {
  const open = /^[\s\uFEFF]*\[/.exec(text);
  if (!open) {
    yield [parseExactJson(text)];
    return;
  }
  let depth = 0;
  let count = 0;
  let read = 0;
  let from = open[0].length;
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) at = endOfString(text, at);
    else if (code === 91 || code === 123) depth += 1;
    else if (code === 93 || code === 125) {
      if (depth === 0) break;
      depth -= 1;
    } else if (code === 44 && depth === 0 && ++count === size) {
      yield parsePiece(text.slice(from, at), read);
      read += count;
      count = 0;
      from = at + 1;
    }
  }
  if (text[at] !== ']' || !BLANK.test(text.slice(at + 1)))
    throw new InvalidInputError('malformed_json', 'The body is not valid JSON: the list does not end where it should.');
  const last = text.slice(from, at);
  if (read > 0 || !BLANK.test(last)) yield parsePiece(last, read);
}

function parsePiece(piece: string, before: number): JsonValue[] {
  try {
    // A piece that is empty stands between two commas, which a list around it would hide.
    return parseExactJson(BLANK.test(piece) ? '' : `[${piece}]`) as JsonValue[];
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError) || thrown.code !== 'malformed_json') throw thrown;
    throw new InvalidInputError('malformed_json', `The body is not valid JSON: look behind item ${before + 1}.`);
  }
}

/** Position of the quote that closes the string opened at `start`; the text's length when none does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 92) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}
