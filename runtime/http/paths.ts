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
  const key = wanted.map((segment) => `/${segment ?? ':'}`).join('');
  return {
    text,
    key,
    params: names.length,
    match(pathname) {
      // Every request is held against every route, and most have no names.
      if (names.length === 0) return pathname.replace(/\/$/, '').toLowerCase() === key ? {} : null;
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

export function firstSegment(pathname: string): string {
  return pathname.split('/', 2)[1]?.toLowerCase() ?? '';
}

/** Where Node-RED's own admin side is when it is not below a path of its own. */
const EDITORS = new Set(
  'auth comms context credentials debug diagnostics flow flows icons inject library locales login nodes plugins projects red settings shelfwire theme types vendor'.split(
    ' ',
  ),
);

/** True for a path of the editor or the admin API: no receiver may stand in front of them, they carry passwords. */
export function isEditors(red: { settings: Record<string, unknown> }, pathname: string): boolean {
  const root = red.settings.httpAdminRoot as string | false | undefined;
  if (root === false) return false;
  const own = (root ?? '/').toLowerCase().replace(/\/+$/, '');
  const path = pathname.toLowerCase();
  return own === '' ? EDITORS.has(firstSegment(path)) : path === own || path.startsWith(`${own}/`);
}
