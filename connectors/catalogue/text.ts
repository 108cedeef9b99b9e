/** Bytes of an upload as text, and which form of catalogue they are. */
import { InvalidInputError } from '../../core/errors';
import type { Steps } from '../../core/steps';
import { decodeSteps } from '../../core/stock/decode';
import type { CatalogueForm } from './read';

export const CSV_TYPES = ['text/csv', 'application/csv', 'text/tab-separated-values', 'text/plain'];
export const JSON_TYPES = ['application/json'];

/** By its media type; without one (or as `text/plain`) by its first character. */
export function formOf(mediaType: string, text: string): CatalogueForm {
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return 'json';
  if (mediaType !== '' && mediaType !== 'text/plain') return 'csv';
  return /^[\s\uFEFF]*[[{]/.test(text) ? 'json' : 'csv';
}

/**
 * In the charset that the Content-Type or a byte order mark names (spreadsheets also write UTF-16), else UTF-8.
 * @throws InvalidInputError `unknown_charset`, `not_text`
 */
export function* decodeText(bytes: Uint8Array, contentType: string): Steps<string> {
  const named = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1];
  const charset = bom(bytes) ?? named ?? 'utf-8';
  const decoder = decoderFor(charset);
  try {
    return yield* decodeSteps(decoder, bytes);
  } catch {
    throw new InvalidInputError(
      'not_text',
      `The catalogue is not text in ${charset.slice(0, 40)}. Save it as "CSV UTF-8", or name its charset in the Content-Type.`,
    );
  }
}

function decoderFor(charset: string) {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw new InvalidInputError(
      'unknown_charset',
      `The charset ${charset.slice(0, 40)} is not known. Send the catalogue in UTF-8.`,
    );
  }
}

function bom(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  return undefined;
}
