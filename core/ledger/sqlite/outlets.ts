/** Declaring, pausing and summing up outlets. A change of settings puts every item of the outlet where it belongs anew. */
import { hash } from 'node:crypto';
import { formatInstant } from '../../stock/time';
import type { OutletDefinition, OutletSummary, StateCounts } from '../ledger';
import { isConnected, noteGood } from './breaker';
import type { Context, Outlet } from './context';
import { endHold, HELD_BY, type Hold, isUpToDate, waitForOldRequests, wordsOf } from './hold';
import { storeOf } from './items';
import { forgetRefusals, placeAll } from './place-all';
import { endPushes, takeAlsoWhatWasHeld } from './pushes';
import { appear, factsOf, isActive } from './rows';

/** Declares the outlets of one account; those it declared before and are missing now are switched off. */
export function defineOutlets(ctx: Context, owner: string, definitions: OutletDefinition[]): void {
  const kept = new Set(definitions.map((definition) => definition.outlet));
  for (const outlet of ctx.outletsByKey.values()) {
    if (outlet.owner === owner && !kept.has(outlet.key) && outlet.enabled) {
      ctx.updateOutlet(outlet, { enabled: false });
      endPushes(ctx, outlet);
      placeAll(ctx, outlet);
    }
  }
  for (const definition of definitions) define(ctx, owner, definition);
}

function define(ctx: Context, owner: string, definition: OutletDefinition): void {
  const endpoint = definition.endpoint === null ? null : endpointId(ctx, definition.endpoint);
  const known = ctx.outletsByKey.get(definition.outlet);
  if (!known) {
    insertOutlet(ctx, owner, definition, endpoint);
    return;
  }
  const before = { ...known };
  const fields = definition.fields.join(',');
  ctx.db.run('UPDATE outlets SET fields = ? WHERE id = ?', fields, known.id);
  ctx.updateOutlet(known, {
    owner,
    name: definition.name,
    enabled: definition.enabled,
    threshold: definition.threshold,
    endpoint,
    concurrency: definition.concurrency,
    timeout: definition.timeout,
  });
  known.fields = definition.fields;
  const moved = before.endpoint !== endpoint && endpoint !== null && before.endpoint !== null;
  if (moved) {
    // Refusals and outages were the other address's.
    ctx.updateOutlet(known, { reach: 'unknown', reach_message: null, failures: 0, not_before: null, isolated: null });
    noteGood(ctx, known);
    forgetRefusals(ctx, known);
  }
  // Back at an address that may still apply what was sent there before.
  if (before.endpoint !== endpoint && endpoint !== null && hasUnanswered(ctx, known, endpoint))
    waitForOldRequests(ctx, known);
  const same =
    before.endpoint === endpoint &&
    before.enabled === definition.enabled &&
    before.threshold === definition.threshold &&
    before.fields.join(',') === fields;
  if (before.enabled && !definition.enabled) endPushes(ctx, known);
  if (same) return;
  placeAll(ctx, known);
  if (!isActive(before) && isActive(known)) takeAlsoWhatWasHeld(ctx, known);
}

/** Whether a request without an answer went there within twice the timeout. */
function hasUnanswered(ctx: Context, outlet: Outlet, endpoint: number): boolean {
  const found = ctx.db.get(
    'SELECT 1 AS yes FROM chunks WHERE outlet = ? AND endpoint = ? AND unanswered_at IS NOT NULL AND unanswered_at + 2 * timeout > ? LIMIT 1',
    outlet.id,
    endpoint,
    ctx.steady(),
  );
  return found !== undefined;
}

function insertOutlet(ctx: Context, owner: string, definition: OutletDefinition, endpoint: number | null): void {
  const id = ctx.db.run(
    'INSERT INTO outlets (key, owner, platform, store_id, name, enabled, fields, threshold, endpoint, concurrency, timeout) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    definition.outlet,
    owner,
    definition.platform,
    definition.store_id,
    definition.name,
    Number(definition.enabled),
    definition.fields.join(','),
    definition.threshold,
    endpoint,
    definition.concurrency,
    definition.timeout,
  );
  const outlet: Outlet = {
    id,
    key: definition.outlet,
    owner,
    platform: definition.platform,
    store_id: definition.store_id,
    name: definition.name,
    enabled: definition.enabled,
    paused: false,
    paused_by: null,
    fields: definition.fields,
    threshold: definition.threshold,
    endpoint,
    concurrency: definition.concurrency,
    timeout: definition.timeout,
    mapping: null,
    mapping_changed: false,
    reach: 'unknown',
    reach_message: null,
    failures: 0,
    not_before: null,
    last_success_at: null,
    lost_leases: 0,
    isolated: null,
  };
  ctx.cacheOutlet(outlet);
  if (ctx.hold) {
    ctx.updateOutlet(outlet, { paused: true, paused_by: HELD_BY });
    waitForOldRequests(ctx, outlet);
  }
  const store = storeOf(ctx, definition.store_id);
  for (const item of ctx.db.all(
    'SELECT id, quantity, quantity_at, price, status, status_at FROM items WHERE store = ?',
    store,
  )) {
    appear(ctx, outlet, item.id as number, factsOf(item));
  }
}

/** Only whether an address is the same has to be known, and it may hold a key: its digest is kept. */
const digestOf = (url: string) => `sha256:${hash('sha256', url)}`;

function endpointId(ctx: Context, url: string): number {
  // Ledgers of version 0.1.0 have the address itself.
  const found = ctx.db.get('SELECT id, url FROM endpoints WHERE url IN (?, ?)', digestOf(url), url);
  if (!found) return ctx.db.run('INSERT INTO endpoints (url) VALUES (?)', digestOf(url));
  if (found.url === url) ctx.db.run('UPDATE endpoints SET url = ? WHERE id = ?', digestOf(url), found.id as number);
  return found.id as number;
}

export function isEndpoint(ctx: Context, id: number, url: string): boolean {
  return ctx.db.get('SELECT url FROM endpoints WHERE id = ?', id)!.url === digestOf(url);
}

/** @throws InvalidInputError `unknown_outlet`: a pause that nobody keeps must not look like one */
export function setPaused(ctx: Context, key: string, paused: boolean, by: string): void {
  const outlet = ctx.outletNamed(key);
  if (outlet.paused === paused) return;
  ctx.updateOutlet(outlet, { paused, paused_by: paused ? by : null });
  placeAll(ctx, outlet, 'AND o.state IN (1, 3)');
  if (!paused) takeAlsoWhatWasHeld(ctx, outlet);
  endHold(ctx);
}

/** Outlets that were held since the ledger may be old go on once all their items were told anew. */
export function resumeUpToDate(ctx: Context): void {
  if (ctx.hold === null) return;
  for (const outlet of ctx.outletsById.values()) {
    if (outlet.paused_by === HELD_BY && isUpToDate(ctx, outlet)) setPaused(ctx, outlet.key, false, HELD_BY);
  }
}

/** What holds the outlet, when that is the ledger's age. */
function holdOf(ctx: Context, outlet: Outlet): Hold | null {
  return outlet.paused && outlet.paused_by === HELD_BY ? ctx.hold : null;
}

function whyPaused(ctx: Context, outlet: Outlet): string | null {
  if (!outlet.paused) return null;
  const hold = holdOf(ctx, outlet);
  if (hold) return wordsOf(hold);
  return `Paused by ${outlet.paused_by ?? 'somebody'}. Nothing is sent and nothing is lost; resume it to go on.`;
}

export function summaries(ctx: Context): OutletSummary[] {
  const now = ctx.now();
  return ctx.db.all('SELECT * FROM outlets ORDER BY platform, name, store_id').map((row) => {
    const outlet = ctx.outletsById.get(row.id as number)!;
    const oldest = [0, 1].flatMap((urgency) =>
      ctx.db.all(
        'SELECT since_at FROM outlet_items WHERE outlet = ? AND state = 1 AND urgency = ? ORDER BY since LIMIT 1',
        outlet.id,
        urgency,
      ),
    );
    const since = Math.min(...oldest.map((each) => Number(each.since_at)));
    const hold = holdOf(ctx, outlet);
    const { in_sync, waiting, sending, held, refused, incomplete } = row as unknown as StateCounts;
    return {
      id: outlet.key,
      name: outlet.name,
      store_id: outlet.store_id,
      platform: outlet.platform,
      enabled: outlet.enabled,
      paused: outlet.paused,
      paused_by: outlet.paused ? outlet.paused_by : null,
      paused_why: whyPaused(ctx, outlet),
      hold: hold && { why: hold.why, since: formatInstant(hold.since * 1000) },
      connected: isActive(outlet) && isConnected(ctx, outlet),
      reach: outlet.reach,
      reach_message: outlet.reach_message,
      not_before:
        outlet.not_before !== null && outlet.not_before > ctx.steady() ? formatInstant(outlet.not_before * 1000) : null,
      counts: { in_sync, waiting, sending, held, refused, incomplete },
      oldest_waiting_s: Number.isFinite(since) ? Math.max(0, Math.round((now - since) / 1000)) : null,
      last_success_at: outlet.last_success_at === null ? null : formatInstant(outlet.last_success_at * 1000),
      mapping_changed: outlet.mapping_changed,
    };
  });
}
