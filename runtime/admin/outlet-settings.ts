/**
 * Admin: settings of an outlet that need no deploy. What is changed is kept in the ledger, together with who changed it,
 * laid over the table of outlets, and works at once.
 */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import { axiosClient } from '../../core/pushing/axios-client';
import { testConnection } from '../../core/pushing/test-connection';
import { type OutletChange, SWITCHES, type Switch, word } from '../../core/settings/outlet-change';
import { CHANGE_PREFIX, nodeOfOutlet, type OutletsNode, outletsNodes, type Shop, type TypedKey } from '../outlets';
import { shared } from '../shared';
import { limitOf } from './find';
import { pageOfAll } from './pages';
import type { AdminRequest } from './types';

interface Found {
  node: OutletsNode;
  key: string;
  store: string;
  shop: Shop;
}

/** One change after the other: each is made from what the one before left. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const line = shared('outlet-settings-line', () => ({ last: Promise.resolve() as Promise<unknown> }));
  const done = line.last.then(work, work);
  line.last = done.catch(() => undefined);
  return done;
}

function find(key: string): Found {
  const node = nodeOfOutlet(key);
  const store = key.slice((node?.platform.length ?? 0) + 1);
  const shop = node?.shop(store);
  if (!node || !shop)
    throw new ShelfwireError(
      'unknown_outlet',
      `The outlet ${key} is not deployed, so its settings cannot be changed. Nothing was changed; reload the list.`,
    );
  return { node, key, store, shop };
}

async function store(
  { node, key }: Pick<Found, 'node' | 'key'>,
  change: OutletChange,
  user: string,
  written: { what: string; old: string | null; new: string | null },
): Promise<void> {
  const ledger = await node.ledger();
  const empty = Object.keys(change).every((name) => name === 'node');
  await ledger.change({
    name: CHANGE_PREFIX + key,
    value: empty ? null : JSON.stringify(change),
    by: `user:${user}`,
    subject: `outlet:${key}`,
    ...written,
  });
  await node.reload();
}

const changeOf = ({ node, shop }: Found): OutletChange => ({ ...shop.change, node: node.id });

export interface OutletSettings {
  id: string;
  account: string;
  auth: OutletsNode['auth'];
  push_enabled: boolean;
  auto: boolean;
  /** It is in no table. */
  added: boolean;
  closed: boolean;
  /** Its key was entered in the sidebar. */
  own_key: boolean;
  /** What differs from the table. */
  changed: string[];
}

export function settingsOf(key: string): OutletSettings | null {
  const node = nodeOfOutlet(key);
  const shop = node?.shop(key.slice(node.platform.length + 1));
  if (!node || !shop) return null;
  const { push_enabled, auto, added, closed, changed } = shop.row;
  return {
    id: key,
    account: node.id,
    auth: node.auth,
    push_enabled,
    auto,
    added,
    closed,
    own_key: shop.change?.key !== undefined,
    changed,
  };
}

const answer = (key: string): OutletSettings => settingsOf(find(key).key)!;

/** `{push_enabled?, auto?}`. */
export function change({ params, body, user }: AdminRequest): Promise<OutletSettings> {
  return inTurn(async () => {
    const wanted = SWITCHES.filter((name) => body[name] !== undefined);
    const wrong = wanted.find((name) => typeof body[name] !== 'boolean');
    if (wanted.length === 0 || wrong)
      throw new InvalidInputError(
        'setting_invalid',
        `${wrong ?? 'push_enabled or auto'} must be true or false. Nothing was changed.`,
        wrong ?? 'push_enabled',
      );
    for (const name of wanted) await setSwitch(find(params.id!), name, body[name] as boolean, user);
    return answer(params.id!);
  });
}

async function setSwitch(found: Found, name: Switch, value: boolean, user: string): Promise<void> {
  const { shop } = found;
  if (shop.row.closed)
    throw new InvalidInputError(
      'outlet_closed',
      `The branch ${shop.row.name} is closed. Nothing was changed; reopen it first.`,
      name,
    );
  if (shop.row[name] === value) return;
  const next = changeOf(found);
  const was = shop.deployed?.[name] ?? null;
  if (value === was) delete next[name];
  else next[name] = { value, was };
  await store(found, next, user, { what: name, old: word(!value), new: word(value) });
}

/** `{key, secret?}`: stored only when the platform takes it. */
export function setKey({ params, body, user }: AdminRequest): Promise<OutletSettings> {
  return inTurn(async () => {
    const found = find(params.id!);
    const typed = keyFrom(found.node, body);
    await mustBeTaken(found.node, found.store, typed, 'The key was not stored; the one before stays.');
    const key = found.node.sealKey(found.store, typed);
    await store(found, { ...changeOf(found), key }, user, { what: 'key', old: null, new: null });
    return answer(params.id!);
  });
}

function keyFrom(node: OutletsNode, body: Record<string, unknown>): TypedKey {
  if (node.auth === 'none')
    throw new InvalidInputError(
      'no_key_needed',
      'This account sends no key (auth is "none"). Nothing was changed; choose a kind of login in the outlets node first.',
      'key',
    );
  const { key, secret = '' } = body;
  const good = (text: unknown): text is string =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may stand in a header
    typeof text === 'string' && text.length <= 4096 && !/[\x00-\x1f\x7f]/.test(text);
  if (!good(key) || key.trim() === '' || !good(secret))
    throw new InvalidInputError('key_invalid', 'Enter the key as one line of text. Nothing was changed.', 'key');
  return { key: key.trim(), secret: secret.trim() };
}

async function mustBeTaken(node: OutletsNode, storeId: string, typed: TypedKey, otherwise: string): Promise<void> {
  const ledger = await node.ledger();
  const client = axiosClient();
  try {
    const result = await testConnection(node.tryKey(storeId, typed), client.request, ledger.info.kind === 'demo');
    if (!result.ok) throw new InvalidInputError('key_not_taken', `${result.message} ${otherwise}`, 'key');
  } finally {
    client.close();
  }
}

export function close({ params, user }: AdminRequest): Promise<OutletSettings> {
  return inTurn(async () => {
    const found = find(params.id!);
    const { shop } = found;
    if (!shop.row.closed) {
      const closed = { value: true as const, was: shop.deployed?.push_enabled ?? null };
      await store(found, { ...changeOf(found), closed }, user, { what: 'closed', old: 'open', new: 'closed' });
    }
    return answer(params.id!);
  });
}

export function reopen({ params, user }: AdminRequest): Promise<OutletSettings> {
  return inTurn(async () => {
    const found = find(params.id!);
    const { closed, ...rest } = changeOf(found);
    if (closed) await store(found, rest, user, { what: 'closed', old: 'closed', new: 'open' });
    return answer(params.id!);
  });
}

/** Back to what the table says. */
export function reset({ params, user }: AdminRequest): Promise<OutletSettings> {
  return inTurn(async () => {
    const found = find(params.id!);
    if (found.shop.row.added)
      throw new InvalidInputError(
        'outlet_added',
        'This branch is in no table, so there is nothing to go back to. Nothing was changed; close it instead.',
        'id',
      );
    const { changed } = found.shop.row;
    if (changed.length > 0)
      await store(found, { node: found.node.id }, user, { what: 'reset', old: changed.join(', '), new: null });
    return answer(params.id!);
  });
}

export interface AccountRow {
  id: string;
  name: string;
  platform: string;
  auth: OutletsNode['auth'];
}

/** To which a branch can be added. */
export async function accounts(): Promise<AccountRow[]> {
  return outletsNodes().map((node) => ({
    id: node.id,
    name: node.name || node.platform,
    platform: node.platform,
    auth: node.auth,
  }));
}

/** `{account, store_id, name, push_enabled?, key?, secret?}`: an outlet like any other, without an edit of the flow. */
export function add({ body, user }: AdminRequest): Promise<OutletSettings> {
  return inTurn(async () => {
    const node = outletsNodes().find(({ id }) => id === body.account);
    if (!node)
      throw new InvalidInputError(
        'account_unknown',
        'Choose the account that the branch belongs to. Nothing was added.',
        'account',
      );
    const { store_id, name } = body;
    if (typeof store_id !== 'string' || store_id.trim() === '' || store_id.length > 200)
      throw new InvalidInputError('store_invalid', 'Enter the store id of the branch. Nothing was added.', 'store_id');
    const key = `${node.platform}:${store_id}`;
    const there = outletsNodes()
      .filter(({ platform }) => platform === node.platform)
      .map((each) => each.shop(store_id))
      .find((shop) => shop !== undefined);
    if (there)
      throw new InvalidInputError(
        'outlet_exists',
        `Store ${store_id} is on ${node.platform} already (${there.row.name}). Nothing was added; ${there.row.closed ? 'reopen it' : 'change that one'} instead.`,
        'store_id',
      );
    const typed = body.key ? keyFrom(node, body) : null;
    // Without a key of its own the branch uses that of the account, which is not asked for here.
    if (node.tryKey(store_id, typed ?? { key: '', secret: '' }).definition.endpoint === null)
      throw new InvalidInputError(
        'endpoint_invalid',
        'The account has no common address that would fit this branch. Nothing was added; add it to the table of outlets with its own address and deploy.',
        'store_id',
      );
    if (typed) await mustBeTaken(node, store_id, typed, 'The branch was not added.');
    const shown = typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 200) : store_id;
    const change: OutletChange = {
      node: node.id,
      added: { name: shown },
      ...(body.push_enabled === true ? { push_enabled: { value: true, was: null } } : {}),
      ...(typed ? { key: node.sealKey(store_id, typed) } : {}),
    };
    await store({ node, key }, change, user, { what: 'added', old: null, new: shown });
    return answer(key);
  });
}

/** `?subject=&limit=&cursor=`: what was changed without a deploy, by whom and when, newest first. */
export async function changes({ query }: AdminRequest): Promise<unknown> {
  const page = await pageOfAll(
    { limit: limitOf(query.limit, 20), cursor: query.cursor },
    (ledger, asked) => ledger.changes({ ...(query.subject ? { subject: query.subject } : {}), ...asked }),
    ({ at }) => at,
  );
  return { changes: page.rows, cursor: page.cursor };
}
