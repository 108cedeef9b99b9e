/**
 * Who looks: the link's token in the fragment of the address (which browsers never send), or the login that the editor
 * keeps in this browser. Both are looked up anew each time, so that a login or a changed link counts at once.
 */

/** The part of the path before `/shelfwire/monitor`. */
const root = location.pathname.replace(/\/shelfwire\/monitor\/?$/, '');

export const hasLink = (): boolean => location.hash.length > 1;

function login(): string | null {
  try {
    // The editor's own name for it: its path with dashes.
    const kept: unknown = JSON.parse(localStorage.getItem(`auth-tokens${root.replace(/\//g, '-')}`) ?? 'null');
    const token = (kept as { access_token?: unknown } | null)?.access_token;
    return typeof token === 'string' ? token : null;
  } catch {
    return null;
  }
}

export function authorization(): Record<string, string> {
  const token = hasLink() ? location.hash.slice(1) : login();
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}
