/** Whether a browser sent a request from a page of another site, which a visitor of that site never meant to send. */
import type { IncomingHttpHeaders } from 'node:http';
import { shared } from '../shared';

/** Origins under which this program is known, where a proxy in front of it gives another Host. */
const own = () => shared('own-origins', () => new Set<string>());

export function addOwnOrigin(url: string): void {
  if (URL.canParse(url)) own().add(new URL(url).origin);
}

/** Browsers say where a request comes from, programs do not: what says nothing is not foreign. */
export function isForeign(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  return new URL(origin).host !== host && !own().has(origin);
}
