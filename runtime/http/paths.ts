/**
 * Paths of routes, matched as Express does by default: any letter case, with or without a trailing slash, `:name` for one
 * segment. Ours, since the raw-body middleware runs before Express has looked at the address.
 */
import { ConfigError, InvalidInputError } from '../../core/errors';

export type PathParams = Record<string, string>;

export interface PathPattern {
  /** As configured. */
  readonly text: string;
  /** Two patterns with one key are the same route. */
  readonly key: string;
  /** Number of `:name` segments: a literal path wins over one with parameters. */
  readonly params: number;
  /** @throws InvalidInputError `malformed_path` when an escape in the address is not UTF-8 */
  match(pathname: string): PathParams | null;
}

const SEGMENT = /^(?::[A-Za-z_][A-Za-z0-9_]*|[A-Za-z0-9._~!$&'()+,;=@%-]+)$/;

/** @throws ConfigError `path_invalid` */
export function pathPattern(text: string): PathPattern {
  const segments = split(text);
  const names = segments.filter((segment) => segment.startsWith(':')).map((segment) => segment.slice(1));
  if (!text.startsWith('/') || segments.length === 0 || !segments.every((segment) => SEGMENT.test(segment)))
    throw new ConfigError(
      `The path "${text}" cannot be used. Write it like /webhook/shop or /api/catalogue/:store_id.`,
      'path_invalid',
    );
  if (new Set(names).size !== names.length)
    throw new ConfigError(`The path "${text}" uses one :name twice. Name each part differently.`, 'path_invalid');
  const wanted = segments.map((segment) => (segment.startsWith(':') ? null : segment.toLowerCase()));
  return {
    text,
    key: wanted.map((segment) => `/${segment ?? ':'}`).join(''),
    params: names.length,
    match(pathname) {
      if (!pathname.startsWith('/')) return null;
      const given = split(pathname);
      if (given.length !== wanted.length) return null;
      const values: string[] = [];
      for (const [index, segment] of given.entries()) {
        const literal = wanted[index];
        if (literal === null && segment !== '') values.push(segment);
        else if (literal !== segment.toLowerCase()) return null;
      }
      return Object.fromEntries(names.map((name, index) => [name, decode(values[index] as string)]));
    },
  };
}

/** Segments of a path; one trailing slash does not count. */
function split(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new InvalidInputError('malformed_path', 'The address holds an escape (%..) that is not UTF-8. Mend it.');
  }
}

/** Path of a request line, without its query: also for `POST http://host/path`. */
export function pathnameOf(url: string | undefined): string {
  const path = (url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]/);
  return (end < 0 ? path : path.slice(0, end)) || '/';
}
