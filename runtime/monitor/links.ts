/**
 * Read-only links to the monitor page, for a screen where nobody logs in. A link gives the monitor's figures and nothing
 * else. Only the digest of its token is kept, so it is shown once; who made and revoked it is written down.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ShelfwireError } from '../../core/errors';
import type { Ledger } from '../../core/ledger/ledger';
import { openLedgers } from '../ledgers';
import { shared } from '../shared';

export interface MonitorLink {
  id: string;
  name: string;
  created_by: string;
  created_at: string;
  last_used_at: string | null;
}

interface Kept {
  name: string;
  /** Hex SHA-256 of the token: it is random, so nothing slower is needed. */
  digest: string;
  created_by: string;
  created_at: string;
}

/** Tells a link's token from the login of an editor. */
const MARK = 'swm_';
const PREFIX = 'monitor-link:';
const USED = 'monitor-links-used';
const WRITE_USE_EVERY_MS = 600_000;

interface State {
  /** As stored; asked of the ledger once, so that guessing costs it nothing. */
  links: Map<string, Kept>;
  used: Map<string, string>;
  writtenAt: number;
}

const states = () => shared('monitor-links', () => new WeakMap<Ledger, Promise<State>>());

function stateOf(ledger: Ledger): Promise<State> {
  let state = states().get(ledger);
  if (!state) {
    state = readState(ledger);
    states().set(ledger, state);
    state.catch(() => states().delete(ledger));
  }
  return state;
}

async function readState(ledger: Ledger): Promise<State> {
  const links = (await ledger.settingsOf(PREFIX)).map(([id, value]) => [id, JSON.parse(value) as Kept] as const);
  const used = JSON.parse((await ledger.getSetting(USED)) ?? '{}') as Record<string, string>;
  return {
    links: new Map(links),
    used: new Map(Object.entries(used)),
    writtenAt: Number.NEGATIVE_INFINITY,
  };
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The token of a link in an `Authorization` header; null when there is none, or a login's. */
export function linkToken(authorization: string | undefined): string | null {
  const found = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  return found?.startsWith(MARK) ? found : null;
}

/** @throws ShelfwireError `ledger_missing` while no ledger is open, so nothing can be said */
export async function isLink(token: string, now = Date.now()): Promise<boolean> {
  const ledgers = openLedgers();
  if (ledgers.length === 0)
    throw new ShelfwireError('ledger_missing', 'No ledger is open yet. The link is asked again by itself.', {
      retryable: true,
    });
  const given = Buffer.from(digestOf(token));
  for (const ledger of ledgers) {
    const state = await stateOf(ledger);
    for (const [id, link] of state.links) {
      if (!timingSafeEqual(given, Buffer.from(link.digest))) continue;
      noteUse(ledger, state, id, now);
      return true;
    }
  }
  return false;
}

/** Seldom written: a screen asks every few seconds. */
function noteUse(ledger: Ledger, state: State, id: string, now: number): void {
  state.used.set(id, new Date(now).toISOString());
  if (now - state.writtenAt < WRITE_USE_EVERY_MS) return;
  state.writtenAt = now;
  for (const each of state.used.keys()) if (!state.links.has(each)) state.used.delete(each);
  void ledger.setSetting(USED, JSON.stringify(Object.fromEntries(state.used))).catch(() => undefined);
}

/** @returns the token, which nobody can read again */
export async function makeLink(ledger: Ledger, name: string, by: string): Promise<{ id: string; token: string }> {
  const state = await stateOf(ledger);
  const id = randomBytes(6).toString('hex');
  const token = MARK + randomBytes(32).toString('base64url');
  const link: Kept = { name, digest: digestOf(token), created_by: by, created_at: new Date().toISOString() };
  await ledger.change({
    name: PREFIX + id,
    value: JSON.stringify(link),
    by: `user:${by}`,
    subject: `monitor:${id}`,
    what: 'monitor_link_made',
    old: null,
    new: name,
  });
  state.links.set(id, link);
  return { id, token };
}

export async function listLinks(): Promise<MonitorLink[]> {
  const found: MonitorLink[] = [];
  for (const ledger of openLedgers()) {
    const { links, used } = await stateOf(ledger);
    for (const [id, { name, created_by, created_at }] of links)
      found.push({ id, name, created_by, created_at, last_used_at: used.get(id) ?? null });
  }
  return found.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** @throws ShelfwireError `unknown_link` */
export async function revokeLink(id: string, by: string): Promise<void> {
  for (const ledger of openLedgers()) {
    const state = await stateOf(ledger);
    const link = state.links.get(id);
    if (!link) continue;
    // At once, whatever the disk does.
    state.links.delete(id);
    try {
      await ledger.change({
        name: PREFIX + id,
        value: null,
        by: `user:${by}`,
        subject: `monitor:${id}`,
        what: 'monitor_link_revoked',
        old: link.name,
        new: null,
      });
    } catch (thrown) {
      state.links.set(id, link);
      throw thrown;
    }
    return;
  }
  throw new ShelfwireError('unknown_link', 'There is no such link. It was revoked already; reload the list.');
}
