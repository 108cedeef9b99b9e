/**
 * Requests that cannot be given to a route: a broken address or body, a body that is no JSON. Express would answer them
 * with a page that shows a stack trace, before anybody asks for a permission; what is not read would count as left out.
 */
import type { IncomingMessage } from 'node:http';
import { ShelfwireError } from '../../core/errors';
import { mediaType } from '../http/body';

export interface Unreadable {
  status: number;
  code: string;
  message: string;
}

/** By the type of body-parser's error. */
const BODIES: Record<string, [code: string, message: string]> = {
  'entity.parse.failed': ['malformed_json', 'The body is not JSON. Nothing was changed.'],
  'entity.too.large': ['too_large', 'The body is larger than Node-RED takes (apiMaxLength). Nothing was changed.'],
  'encoding.unsupported': ['unknown_encoding', 'The Content-Encoding of the body is not known. Nothing was changed.'],
  'charset.unsupported': ['unknown_charset', 'The body is not in UTF-8. Nothing was changed.'],
};
/** What was thrown before a route was reached; null = it is no fault of the request. */
export function unreadable(thrown: unknown): Unreadable | null {
  if (thrown instanceof URIError)
    return {
      status: 400,
      code: 'malformed_path',
      message: 'The address holds an escape (%..) that is not UTF-8. Mend it.',
    };
  const { status, type } = thrown as { status?: unknown; type?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 499) return null;
  const [code, message] = BODIES[String(type)] ?? ['bad_request', 'The request cannot be read. Nothing was changed.'];
  return { status, code, message };
}

/** @throws ShelfwireError `wrong_type` for a body that Node-RED has not read as JSON */
export async function requireJson(req: IncomingMessage & { body?: unknown }): Promise<void> {
  if (mediaType(req) === 'application/json' || (await isEmpty(req))) return;
  throw new ShelfwireError(
    'wrong_type',
    'The body is read as JSON only. Send it with "Content-Type: application/json". Nothing was changed.',
  );
}

/** Over HTTP/2, and through a proxy, a request without a body may come as one of unknown length, of which nothing follows. */
async function isEmpty(req: IncomingMessage & { body?: unknown }): Promise<boolean> {
  const { 'content-length': length, 'transfer-encoding': chunked } = req.headers;
  if (chunked === undefined) return Number(length ?? 0) === 0;
  // Node-RED has read it as a form.
  if (Object.keys(req.body ?? {}).length > 0) return false;
  // Not destroyed, or nobody could answer it.
  for await (const _ of req.iterator({ destroyOnReturn: false })) return false;
  return true;
}
