import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { accepted, OK, outlet } from '../../../test/conformance/bench';
import { eventually } from '../../../test/support/eventually';
import { contentOf } from '../../../test/support/ledger-content';
import { FIXTURE_NOW, FIXTURES } from '../../../test/support/make-ledger-fixture';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import { check, examine } from './care';
import { Database } from './database';
import { openDirect } from './direct';
import { MIGRATIONS, migrate, SCHEMA_VERSION } from './migrate';

const fixtures = readdirSync(FIXTURES).filter((name) => name.endsWith('.db'));
const NEXT = SCHEMA_VERSION + 1;
const NEWEST = `schema-${SCHEMA_VERSION}.db`;

describe('sqlite: ledgers of every schema version', () => {
  let folder: TempFolder;
  let file: string;
  beforeEach(() => {
    folder = tempFolder('schema');
    file = join(folder.path, 'ledger.db');
  });
  afterEach(() => folder.remove());
  const clock = (now: number) => ({ now: () => now, steady: () => now, id: () => `${Math.random()}` });
  const copies = () => readdirSync(folder.path).filter((name) => name.includes('.before-schema-'));
  /** A step to a schema that does not exist yet. */
  const step = (sql: string): string[] => {
    const name = join(folder.path, 'next.sql');
    writeFileSync(name, sql);
    return [...MIGRATIONS, name];
  };
  const take = (steps: readonly string[], now = FIXTURE_NOW): void => {
    const db = new DatabaseSync(file);
    try {
      migrate(db, file, now, steps);
    } finally {
      db.close();
    }
  };

  it('there is a file of each', () => {
    for (let version = 1; version <= SCHEMA_VERSION; version++) assert.ok(fixtures.includes(`schema-${version}.db`));
  });

  for (const name of fixtures) {
    it(`${name} opens, and nothing of it is lost or changed`, () => {
      copyFileSync(join(FIXTURES, name), file);
      const before = contentOf(file);
      assert.ok(Object.values(before).every((rows) => rows.length > 0));
      const db = new Database(file, 'live', FIXTURE_NOW);
      assert.equal(db.info.schemaVersion, SCHEMA_VERSION);
      db.close();
      const after = contentOf(file);
      for (const [table, rows] of Object.entries(before)) {
        assert.equal(after[table]?.length, rows.length, table);
        // A later schema may have more columns.
        for (const [at, row] of rows.entries())
          assert.deepEqual({ ...after[table]![at], ...row }, after[table]![at], table);
      }
      assert.deepEqual(check(file), []);
    });

    it(`${name} works on: its items arrive, its numbers add up`, async () => {
      copyFileSync(join(FIXTURES, name), file);
      let now = FIXTURE_NOW + 3_600_000;
      const ledger = openDirect({ file, kind: 'live', clock: { ...clock(0), now: () => now, steady: () => now } });
      const shop = (n: number) =>
        outlet({
          outlet: `pasons:${n}`,
          store_id: `${n}`,
          name: `Branch ${n}`,
          endpoint: `http://127.0.0.1:9/v1/inventory/${n}`,
        });
      await ledger.defineOutlets('pasons', [shop(1), shop(2), shop(3)]);
      const { received, accepted: taken, duplicate, stale, refused } = await ledger.counts();
      assert.deepEqual([received, taken, duplicate, stale, refused], [15, 12, 1, 1, 1]);
      assert.equal((await ledger.story('1', 'A'))!.quantity, '0');
      assert.equal((await ledger.story('1', 'C'))!.selling_price, '12.400000000000000005');
      assert.equal((await ledger.story('1', 'F'))!.pending_movements, 1);
      assert.equal((await ledger.refused({})).rows.length, 1);
      assert.equal(await ledger.getSetting('device-accounts'), '{"scanner-1":{"store":"1"}}');
      assert.equal(
        (await ledger.outlets()).find(({ id }) => id === 'pasons:3')!.paused_why?.includes('user:fixture'),
        true,
      );
      // Requests without an answer are dead by now; what the flow dropped and what was refused is tried again.
      for (const { id } of await ledger.outlets()) {
        await ledger.setPaused(id, false, 'user:test');
        await ledger.retryItems(id, {});
      }
      for (let round = 0; round < 3; round++) {
        now += 600_000;
        for (const n of [1, 2, 3]) await sendAllOf(ledger, shop(n).outlet, shop(n).endpoint!);
      }
      for (const { id, counts } of await ledger.outlets())
        assert.equal(
          counts.waiting + counts.sending + counts.held + counts.refused,
          0,
          `${id} ${JSON.stringify(counts)}`,
        );
      await ledger.close();
      const report = examine(file);
      assert.deepEqual([report.problems, report.outlets.map(({ items }) => items)], [[], [6, 3, 1]]);
    });
  }

  it('is copied before a step; the copy is a ledger of the old schema, held', async () => {
    copyFileSync(join(FIXTURES, NEWEST), file);
    const before = contentOf(file);
    take(step('ALTER TABLE items ADD COLUMN colour TEXT;'));
    assert.equal(copies().length, 1);
    assert.match(copies()[0]!, new RegExp(`^ledger\\.db\\.before-schema-${NEXT}-2026-01-10T11-00-00-000Z\\.bak$`));
    const copy = contentOf(join(folder.path, copies()[0]!));
    assert.deepEqual({ ...copy, meta: [] }, { ...before, meta: [] });
    assert.throws(() => new Database(file, 'live', FIXTURE_NOW), { code: 'ledger_newer' });
    const ledger = openDirect({ file: join(folder.path, copies()[0]!), kind: 'live', clock: clock(FIXTURE_NOW) });
    assert.ok((await ledger.outlets()).every(({ paused }) => paused));
    await ledger.close();
  });
  it('keeps the last three copies', () => {
    for (let n = 0; n < 5; n++) {
      copyFileSync(join(FIXTURES, NEWEST), file);
      take(step('ALTER TABLE items ADD COLUMN colour TEXT;'), FIXTURE_NOW + n * 1000);
    }
    assert.deepEqual(
      copies().map((name) => name.slice(-12, -4)),
      ['02-000Z', '03-000Z', '04-000Z'].map((end) => `-${end}`),
    );
  });
  it('stays as it is when a step fails, and opens with the version before, again and again', () => {
    copyFileSync(join(FIXTURES, NEWEST), file);
    const before = contentOf(file);
    const steps = step("UPDATE items SET quantity = '0'; DELETE FROM events; CREATE TABLE items (a);");
    for (let time = 0; time < 2; time++) assert.throws(() => take(steps, FIXTURE_NOW + time), /already exists/);
    assert.deepEqual(contentOf(file), before);
    new Database(file, 'live', FIXTURE_NOW).close();
    assert.deepEqual(contentOf(file), before);
  });
  it('stays as it is when the process is killed within a step', async function () {
    this.timeout(30_000);
    copyFileSync(join(FIXTURES, NEWEST), file);
    new Database(file, 'live', FIXTURE_NOW).close();
    const before = contentOf(file);
    const steps = step(
      'DELETE FROM events; CREATE TABLE long AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT i, hex(randomblob(100)) AS x FROM n;',
    );
    const program = `const { DatabaseSync } = require('node:sqlite'); const { migrate } = require(${JSON.stringify(require.resolve('./migrate'))});
      const db = new DatabaseSync(${JSON.stringify(file)}); db.exec('PRAGMA cache_size = 100');
      migrate(db, ${JSON.stringify(file)}, ${FIXTURE_NOW}, ${JSON.stringify(steps)});`;
    const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    const ended = once(child, 'close');
    // What it has written is in the log, and no commit behind it.
    await eventually(
      () => (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 1_000_000,
      20_000,
      'a log',
    );
    child.kill('SIGKILL');
    await ended;
    assert.equal(copies().length, 1);
    new Database(file, 'live', FIXTURE_NOW).close();
    assert.deepEqual(contentOf(file), before);
    assert.deepEqual(check(file), []);
  });
  it('the step of every released schema is never edited', () => {
    // A file that was made by the edited text would differ from those that are out there.
    const made = new DatabaseSync(':memory:');
    made.exec(MIGRATIONS.map((each) => readFileSync(each, 'utf8')).join('\n'));
    const shape = (db: DatabaseSync) =>
      db
        .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .all()
        .map(({ sql }) => sql);
    const kept = new DatabaseSync(join(FIXTURES, `schema-${SCHEMA_VERSION}.db`), { readOnly: true });
    assert.deepEqual(shape(made), shape(kept));
    made.close();
    kept.close();
  });
});

async function sendAllOf(ledger: ReturnType<typeof openDirect>, key: string, endpoint: string): Promise<void> {
  await ledger.due();
  await ledger.startPush({ outlet: key, type: 'partial', trigger: 'manual', created_by: 'user:test' });
  for (let taken = await ledger.take(key, 100); taken; taken = await ledger.take(key, 100)) {
    const begun = await ledger.beginSend({
      ticket: taken.ticket,
      body: Buffer.from(JSON.stringify(taken.items)),
      idempotencyKey: `k${Math.random()}`,
      endpoint,
      timeout: 30_000,
      dropNewer: false,
    });
    if (begun.send) await ledger.settle(begun.chunk, accepted, OK);
  }
}
