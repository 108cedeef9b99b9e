/**
 * Makes `test/data/ledgers/schema-<n>.db`, a small ledger of the schema that this code writes, with content in every
 * table and every state: `node dist/test/support/make-ledger-fixture.js`. Run it once before a migration is added and
 * keep the file: test/conformance opens each of them. An existing one is never replaced.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDirect } from '../../core/ledger/sqlite/direct';
import { SCHEMA_VERSION } from '../../core/ledger/sqlite/migrate';
import { accepted, begin, event, NONE, OK, outlet, START } from '../conformance/bench';
import { ROOT } from './node-red';
import { tempFolder } from './temp-folder';

export const FIXTURES = join(ROOT, 'test/data/ledgers');
export const FIXTURE_NOW = START;

async function make(file: string): Promise<void> {
  let now = FIXTURE_NOW;
  let ids = 0;
  const clock = { now: () => now, steady: () => now, id: () => `${++ids}` };
  const ledger = openDirect({ file, kind: 'live', clock });
  const shops = [
    outlet(),
    outlet({ outlet: 'pasons:2', store_id: '2', name: 'Branch 2', endpoint: 'http://127.0.0.1:9/v1/inventory/2' }),
    outlet({ outlet: 'pasons:3', store_id: '3', name: 'Branch 3', endpoint: 'http://127.0.0.1:9/v1/inventory/3' }),
  ];
  await ledger.defineOutlets('pasons', shops);
  await ledger.setSetting('device-accounts', '{"scanner-1":{"store":"1"}}');
  const record = (sender: string, ...events: Parameters<typeof event>[0][]) =>
    ledger.record({ sender, events: events.map((each) => event(each)), raw: { bytes: Buffer.from('bytes') } });
  const push = (key: string) =>
    ledger.startPush({ outlet: key, type: 'partial', trigger: 'manual', created_by: 'user:fixture' });
  const send = async (key: string, limit: number) => {
    const taken = (await ledger.take(key, limit))!;
    const begun = await begin(ledger, taken, { endpoint: shops.find((shop) => shop.outlet === key)!.endpoint! });
    if (!begun.send) throw new Error('nothing was sent');
    return { chunk: begun.chunk, items: taken.ticket.entries.map(({ item }) => item) };
  };
  const full = { quantity: '5', selling_price: '12.40' };

  // Shop 1: in sync, refused, dropped by the flow, sold out and waiting, incomplete.
  await record('paradigm', { event_id: 'p1', ...full }, { event_id: 'p2', sku: 'B', ...full });
  await push('pasons:1');
  const first = await send('pasons:1', 10);
  const refusal = { item: first.items[1]!, code: 'bad_sku', message: 'unknown item' };
  await ledger.settle(first.chunk, { kind: 'accepted', refused: [refusal] }, OK);
  await record('paradigm', { event_id: 'p3', sku: 'C', ...full, selling_price: '12.400000000000000005' });
  for (let time = 0; time < 3; time++) {
    await push('pasons:1');
    const taken = (await ledger.take('pasons:1', 10))!;
    await ledger.dropped(taken.ticket, taken.ticket.entries);
  }
  await record('paradigm', { event_id: 'p4', sku: 'D', ...full });
  await record('paradigm', { event_id: 'p5', sku: 'E', quantity: '-2' });
  // Movements: after a level, and before any; a duplicate, a stale one, refused input; codes.
  await record(
    'mqtt:scanner-1',
    { event_id: 'm1', sku: 'A', quantity_change: '-5', occurred_at: new Date(START - 1000).toISOString() },
    { event_id: 'm2', sku: 'F', quantity_change: '+3', occurred_at: new Date(START - 2000).toISOString() },
  );
  await record(
    'paradigm',
    { event_id: 'p1', ...full },
    { event_id: 'p0', quantity: '9', occurred_at: '2020-01-01T00:00:00Z' },
  );
  await record('mipos', { event_id: 'x', sku: 'G', quantity: 'a lot' });
  await ledger.link([{ source: 'barcode', code: '9340957005965', sku: 'A' }]);

  // Shop 2: a request without an answer, and one that is on its way.
  await record(
    'paradigm',
    { event_id: 'q1', store_id: '2', ...full },
    { event_id: 'q2', store_id: '2', sku: 'B', ...full },
  );
  await push('pasons:2');
  const lost = await send('pasons:2', 1);
  await ledger.settle(lost.chunk, { kind: 'unknown', code: 'no_answer', message: 'none', holdUntil: null }, NONE);
  // Shop 3: one accepted before, now not reachable and paused by somebody.
  await record('paradigm', { event_id: 'r1', store_id: '3', ...full });
  await push('pasons:3');
  await ledger.settle((await send('pasons:3', 1)).chunk, accepted, OK);
  await record('paradigm', {
    event_id: 'r2',
    store_id: '3',
    selling_price: '13',
    occurred_at: new Date(START - 9000).toISOString(),
  });
  await push('pasons:3');
  const outage = {
    code: 'http_503',
    message: 'down',
    reach: 'not_reachable',
    uncertain: true,
    retryAfter: 60,
    holdUntil: null,
  } as const;
  await ledger.settle((await send('pasons:3', 1)).chunk, { kind: 'outage', ...outage }, { ...OK, statusCode: 503 });
  await ledger.setPaused('pasons:3', true, 'user:fixture');
  const written = { by: 'user:fixture', subject: 'outlet:pasons:3', what: 'push_enabled', old: 'on', new: 'off' };
  await ledger.change({ name: 'fixture', value: 'changed', ...written });
  now += 1000;
  await record('paradigm', { event_id: 'q3', store_id: '2', sku: 'C', ...full });
  await push('pasons:1');
  await send('pasons:1', 1);
  await ledger.close();
}

/** Tables that have no row. */
function emptyTables(file: string): string[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
    return tables.map(({ name }) => String(name)).filter((name) => !db.prepare(`SELECT 1 FROM ${name} LIMIT 1`).get());
  } finally {
    db.close();
  }
}

async function main(): Promise<void> {
  const target = join(FIXTURES, `schema-${SCHEMA_VERSION}.db`);
  if (existsSync(target)) throw new Error(`${target} is there already and stays as it is.`);
  const folder = tempFolder('fixture');
  try {
    const file = join(folder.path, 'ledger.db');
    await make(file);
    const empty = emptyTables(file);
    if (empty.length > 0) throw new Error(`These tables are empty: ${empty.join(', ')}.`);
    const db = new DatabaseSync(file);
    db.prepare('VACUUM INTO ?').run(target);
    db.close();
    console.log(`${target} is made.`);
  } finally {
    folder.remove();
  }
}

if (require.main === module) {
  main().catch((thrown: unknown) => {
    console.error(thrown);
    process.exitCode = 1;
  });
}
