/**
 * A big ledger for measurements: every item of every outlet was told once, pushed and confirmed. Four million of them
 * through the product would take an hour, so the rows are written by SQL; what they have to be is told by
 * big-ledger.test.ts, which takes the product's own way and compares every row of every table.
 */
import { DatabaseSync } from 'node:sqlite';
import { deflateRawSync } from 'node:zlib';
import type { LedgerKind, OutletDefinition } from '../../core/ledger/ledger';
import { openDirect } from '../../core/ledger/sqlite/direct';
import { parseInstant } from '../../core/stock/time';

export interface Size {
  outlets: number;
  /** Of each outlet. */
  items: number;
}

export interface BigLedgerOptions extends Size {
  file: string;
  kind: LedgerKind;
  /** Milliseconds since 1970: when everything was told, sent and confirmed. */
  now: number;
  /** The address of the platform, without a slash at its end. */
  platform: string;
}

export const OCCURRED_AT = '2026-01-10T10:00:00Z';
export const SENDER = 'paradigm';
/** Items of one request, as the bundled flow cuts. */
export const CHUNK = 500;

export const storeOf = (outlet: number): string => String(outlet + 1);
export const skuOf = (item: number): string => `SKU-${String(item).padStart(6, '0')}`;
export const quantityOf = (item: number): string => String(1 + (item % 50));
export const priceOf = (item: number): string => `${1 + (item % 97)}.${1 + (item % 9)}5`;
export const eventIdOf = (outlet: number, item: number): string => `seed-${storeOf(outlet)}-${item}`;
export const bodyOf = (items: readonly number[]): string =>
  `[${items.map((n) => `{"sku":"${skuOf(n)}","selling_price":${Number(priceOf(n))},"stock_status":1}`).join(',')}]`;

const SKU_SQL = `'SKU-' || substr('000000' || n, -6)`;
const QUANTITY_SQL = '(1 + n % 50)';
const PRICE_SQL = `((1 + n % 97) || '.' || (1 + n % 9) || '5')`;

export const endpointOf = (platform: string, store: string): string => `${platform}/v1/inventory/${store}`;

/** As the bundled flow's outlets are. */
export const definitionOf = (platform: string, outlet: number): OutletDefinition => ({
  outlet: `pasons:${storeOf(outlet)}`,
  platform: 'pasons',
  store_id: storeOf(outlet),
  name: `Shop ${storeOf(outlet)}`,
  enabled: true,
  fields: ['selling_price', 'stock_status'],
  threshold: '0',
  endpoint: endpointOf(platform, storeOf(outlet)),
  concurrency: 2,
  timeout: 30_000,
});

export async function makeBigLedger(options: BigLedgerOptions): Promise<void> {
  await makeEmpty(options);
  const db = new DatabaseSync(options.file);
  try {
    db.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -262144;');
    const indexes = withoutIndexes(db);
    db.exec('BEGIN');
    for (let outlet = 0; outlet < options.outlets; outlet++) fill(db, options, outlet);
    sums(db, options);
    // Sorted once, each is made in a fraction of the time that its rows would take one by one.
    for (const sql of indexes) db.exec(sql);
    db.exec('COMMIT');
    db.exec('PRAGMA journal_mode = WAL');
  } finally {
    db.close();
  }
}

/** The file, its outlets and its sender, by the product. */
async function makeEmpty({ file, kind, now, outlets, platform }: BigLedgerOptions): Promise<void> {
  let ids = 0;
  const ledger = openDirect({ file, kind, clock: { now: () => now, steady: () => now, id: () => `${++ids}` } });
  await ledger.defineOutlets(
    'pasons',
    Array.from({ length: outlets }, (_, n) => definitionOf(platform, n)),
  );
  await ledger.record({ sender: SENDER, events: [] });
  await ledger.close();
}

/** @returns what makes them again */
function withoutIndexes(db: DatabaseSync): string[] {
  const found = db
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    .all() as unknown as { name: string; sql: string }[];
  for (const { name } of found) db.exec(`DROP INDEX ${name}`);
  return found.map(({ sql }) => sql);
}

function fill(db: DatabaseSync, { items, now }: BigLedgerOptions, outlet: number): void {
  const id = outlet + 1;
  const at = parseInstant(OCCURRED_AT);
  const first = outlet * items + 1;
  const firstChunk = outlet * Math.ceil(items / CHUNK) + 1;
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${items - 1})`;
  db.exec(`INSERT INTO items (id, store, sku, version, quantity, quantity_at, level, level_at, moves, price, price_at)
    ${numbers} SELECT ${first} + n, ${id}, ${SKU_SQL}, 1, ${QUANTITY_SQL}, ${at}, ${QUANTITY_SQL}, ${at}, 0, ${PRICE_SQL}, ${at} FROM numbers`);
  db.exec(`INSERT INTO events (id, received_at, sender, event_id, item, version, outcome, occurred_at, source, quantity, selling_price)
    ${numbers} SELECT ${first} + n, ${now}, 1, 'seed-${storeOf(outlet)}-' || n, ${first} + n, 1, 0, ${at}, '${SENDER}', ${QUANTITY_SQL}, ${PRICE_SQL} FROM numbers`);
  db.exec(`INSERT INTO outlet_items (outlet, item, state, urgency, known, c_price, c_status, c_at, c_endpoint, c_chunk, s_price, s_status, s_version, s_chunk)
    ${numbers} SELECT ${id}, ${first} + n, 0, 1, 1, ${PRICE_SQL}, 1, ${now}, ${id}, ${firstChunk} + n / ${CHUNK}, ${PRICE_SQL}, 1, 1, ${firstChunk} + n / ${CHUNK} FROM numbers`);
  db.exec(`INSERT INTO sends (item, outlet, chunk, version, price, status, outcome)
    ${numbers} SELECT ${first} + n, ${id}, ${firstChunk} + n / ${CHUNK}, 1, ${PRICE_SQL}, 1, 'accepted' FROM numbers`);
  fillChunks(db, { items, now }, outlet, { first, firstChunk });
}

function fillChunks(
  db: DatabaseSync,
  { items, now }: { items: number; now: number },
  outlet: number,
  { first, firstChunk }: { first: number; firstChunk: number },
): void {
  const id = outlet + 1;
  const chunks = Math.ceil(items / CHUNK);
  db.prepare(
    `INSERT INTO pushes (seq, id, outlet, type, trigger, created_by, started_at, finished_at, bound, taking, item_count, confirmed, chunks, status, response_code, response_message)
     VALUES (?, ?, ?, 'partial', 'auto', 'auto', ?, ?, ?, 0, ?, ?, ?, 'success', 200, 'OK')`,
  ).run(id, `pseed${id}`, id, now, now, first - 1 + items, items, items, chunks);
  const insert = db.prepare(
    `INSERT INTO chunks (seq, id, push, outlet, endpoint, mapping, key_field, key, body, items, item_count, timeout, attempts, status, started_at, sent_at, finished_at, response_code, response_message, duration_ms)
     VALUES (?, ?, ?, ?, ?, 'none', 'sku', ?, ?, ?, ?, 30000, 1, 'accepted', ?, ?, ?, 200, 'OK', 5)`,
  );
  for (let chunk = 0; chunk < chunks; chunk++) {
    const from = chunk * CHUNK;
    const numbers = Array.from({ length: Math.min(CHUNK, items - from) }, (_, n) => from + n);
    const seq = firstChunk + chunk;
    const ids = JSON.stringify(numbers.map((n) => first + n));
    insert.run(seq, `cseed${seq}`, id, id, id, `seed-${seq}`, compressed(numbers), ids, numbers.length, now, now, now);
  }
}

/** Every outlet has the same bodies. */
const bodies = new Map<string, Uint8Array>();
function compressed(items: readonly number[]): Uint8Array {
  const key = `${items[0]}-${items.length}`;
  const body = bodies.get(key) ?? deflateRawSync(bodyOf(items), { level: 1 });
  bodies.set(key, body);
  return body;
}

function sums(db: DatabaseSync, { outlets, items, now }: BigLedgerOptions): void {
  const total = outlets * items;
  db.prepare(
    'INSERT INTO stores (id, store_id) SELECT id, store_id FROM outlets WHERE true ON CONFLICT DO NOTHING',
  ).run();
  db.prepare('UPDATE senders SET received = ?, accepted = ?').run(total, total);
  db.prepare("UPDATE outlets SET in_sync = ?, reach = 'ok', mapping = 'none', last_success_at = ?").run(items, now);
  db.prepare('INSERT INTO outlet_hours (outlet, hour, pushes) SELECT id, ?, 1 FROM outlets').run(
    Math.floor(now / 3_600_000),
  );
  db.prepare("INSERT INTO meta VALUES ('change', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value").run(
    String(total),
  );
  // Each message of 1,000 items had one lease, each of its requests another.
  const leases = outlets * (Math.ceil(items / CHUNK) + Math.ceil(items / 1_000));
  db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('leases', ?)").run(leases);
}
