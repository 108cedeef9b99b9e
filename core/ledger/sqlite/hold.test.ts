import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { begin, event, outlet, START, sendAll } from '../../../test/conformance/bench';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import type { Ledger } from '../ledger';
import { backup, restore } from './care';
import { openDirect } from './direct';
import { isOtherFile, isSamePlace, placeOf } from './place';

describe('sqlite: a ledger that may be older than what the platforms have', () => {
  let folder: TempFolder;
  let file: string;
  let now = START;
  let ids = 0;
  const clock = { now: () => now, steady: () => now, id: () => `${++ids}` };
  const open = (name = file): Ledger => openDirect({ file: name, kind: 'live', clock });
  const at = (ms: number) => new Date(now + ms).toISOString();
  const tell = (ledger: Ledger, sku: string, price: string, more: Parameters<typeof event>[0] = {}) =>
    ledger.record({
      sender: 't',
      events: [event({ sku, quantity: '3', selling_price: price, occurred_at: at(0), ...more })],
    });
  const summary = async (ledger: Ledger, id = 'pasons:1') => (await ledger.outlets()).find((each) => each.id === id)!;

  beforeEach(() => {
    now = START;
    folder = tempFolder('hold');
    file = join(folder.path, 'ledger.db');
  });
  afterEach(() => folder.remove());

  /** A ledger with A and B confirmed, copied by `copy`; then a newer price of A is confirmed by the original. */
  async function outdated(copy: (from: string) => string): Promise<string> {
    const ledger = open();
    await ledger.defineOutlets('pasons', [outlet()]);
    await tell(ledger, 'A', '10');
    await tell(ledger, 'B', '20');
    await sendAll(ledger);
    const made = copy(file);
    now += 60_000;
    await tell(ledger, 'A', '12');
    await sendAll(ledger);
    await ledger.close();
    now += 60_000;
    return made;
  }
  const backedUp = (from: string): string => {
    backup(from, `${from}.copy`);
    return `${from}.copy`;
  };
  const copied = (from: string): string => {
    const to = join(folder.path, 'elsewhere.db');
    for (const rest of ['', '-wal']) copyFileSync(from + rest, to + rest);
    return to;
  };

  for (const [what, why, copy, words] of [
    ['a backup', 'backup', backedUp, /restored from a backup/],
    ['a plain copy of the file', 'copy', copied, /is a copy of another file, or was moved to another disk or machine/],
  ] as const) {
    it(`opened from ${what}: nothing is sent, and the reason is told`, async () => {
      const name = await outdated(copy);
      const ledger = open(name);
      assert.match(ledger.info.held!, words);
      await ledger.defineOutlets('pasons', [outlet()]);
      const { paused, paused_why, hold, counts } = await summary(ledger);
      assert.deepEqual([paused, counts.held, counts.in_sync], [true, 2, 0]);
      assert.deepEqual(hold, { why, since: at(0) });
      assert.match(paused_why!, words);
      assert.match(paused_why!, /nothing is sent.*goes on by itself.*Or resume it/);
      await tell(ledger, 'A', '13');
      now += 600_000;
      assert.deepEqual([await ledger.due(), await sendAll(ledger)], [[], []]);
      await ledger.close();
      // It stays so over a restart.
      const again = open(name);
      assert.equal((await summary(again)).paused, true);
      assert.match(again.info.held!, words);
      await again.close();
    });
  }

  it('a price that is back where the copy has it is sent: what was confirmed since is not known', async () => {
    const ledger = open(await outdated(backedUp));
    await ledger.defineOutlets('pasons', [outlet()]);
    // The platform shows 12 by now; the shop has returned to 10.
    await tell(ledger, 'A', '10');
    await ledger.setPaused('pasons:1', false, 'user:x');
    now += 120_000;
    assert.deepEqual((await sendAll(ledger)).map(({ sku, selling_price }) => `${sku} ${selling_price}`).sort(), [
      'A 10',
      'B 20',
    ]);
    await ledger.close();
  });
  it('goes on by itself once every item was told anew, in every field', async () => {
    const ledger = open(await outdated(backedUp));
    await ledger.defineOutlets('pasons', [outlet()]);
    now += 60_000;
    const paused = async () => {
      await ledger.due();
      return (await summary(ledger)).paused;
    };
    assert.equal(await paused(), true);
    await tell(ledger, 'A', '13');
    assert.equal(await paused(), true);
    // Later, but of a time before the opening: it may be older than what the platform has.
    await tell(ledger, 'B', '21', { occurred_at: at(-100_000) });
    assert.equal(await paused(), true);
    await ledger.record({ sender: 't', events: [event({ sku: 'B', selling_price: '22', occurred_at: at(0) })] });
    assert.equal(await paused(), true);
    await ledger.record({
      sender: 't',
      events: [event({ sku: 'B', quantity_change: '-1', occurred_at: at(1), event_id: 'move' })],
    });
    assert.equal(await paused(), true, 'a movement says nothing of what was missed before it');
    await ledger.record({ sender: 't', events: [event({ sku: 'B', stock_status: 0, occurred_at: at(2) })] });
    assert.equal(await paused(), false);
    assert.equal((await sendAll(ledger)).length, 2);
    await ledger.close();
    const after = open(`${file}.copy`);
    assert.deepEqual([(await summary(after)).paused, after.info.held], [false, null]);
    await after.close();
  });
  it('a full push that is asked for does not end it before', async () => {
    const ledger = open(await outdated(backedUp));
    await ledger.defineOutlets('pasons', [outlet()]);
    await ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'manual', created_by: 'user:x' });
    now += 120_000;
    assert.equal(await ledger.take('pasons:1', 10), null);
    await ledger.close();
  });
  it('an outlet that the copy does not know is held too, and each goes on for itself', async () => {
    const ledger = open(await outdated(backedUp));
    const second = outlet({
      outlet: 'pasons:2',
      store_id: '2',
      name: 'Branch 2',
      endpoint: 'http://127.0.0.1:9/v1/inventory/2',
    });
    await ledger.defineOutlets('pasons', [outlet(), second]);
    assert.equal((await summary(ledger, 'pasons:2')).paused, true);
    await tell(ledger, 'A', '10', { store_id: '2' });
    await ledger.due();
    assert.deepEqual([(await summary(ledger, 'pasons:2')).paused, (await summary(ledger)).paused], [false, true]);
    await ledger.setPaused('pasons:1', false, 'user:x');
    const third = outlet({ outlet: 'pasons:3', store_id: '3' });
    await ledger.defineOutlets('pasons', [outlet(), second, third]);
    assert.equal((await summary(ledger, 'pasons:3')).paused, false, 'the hold has ended');
    await ledger.close();
  });
  it('a pause of a person stays one', async () => {
    const original = open();
    await original.defineOutlets('pasons', [outlet()]);
    await tell(original, 'A', '10');
    await original.setPaused('pasons:1', true, 'user:owner');
    backup(file, `${file}.copy`);
    await original.close();
    const ledger = open(`${file}.copy`);
    now += 60_000;
    await tell(ledger, 'A', '11');
    await ledger.due();
    const { paused, paused_why, hold } = await summary(ledger);
    assert.deepEqual([paused, paused_why?.includes('user:owner'), hold], [true, true, null]);
    await ledger.close();
  });
  it('a request that the original had under way is never repeated, and nothing is sent while it may still arrive', async () => {
    const original = open();
    await original.defineOutlets('pasons', [outlet()]);
    await tell(original, 'A', '10');
    await original.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'manual', created_by: 'user:x' });
    const begun = await begin(original, (await original.take('pasons:1', 10))!);
    assert.ok(begun.send);
    backup(file, `${file}.copy`);
    await original.close();
    const ledger = open(`${file}.copy`);
    await ledger.defineOutlets('pasons', [outlet()]);
    await tell(ledger, 'A', '10', { occurred_at: at(1) });
    await ledger.setPaused('pasons:1', false, 'user:x');
    now += 59_000;
    assert.deepEqual(await sendAll(ledger), []);
    now += 2_000;
    await ledger.startPush({ outlet: 'pasons:1', type: 'partial', trigger: 'manual', created_by: 'user:x' });
    const next = (await ledger.take('pasons:1', 10))!;
    assert.deepEqual([next.ticket.repeat, next.items.length], [undefined, 1]);
    await ledger.close();
  });

  describe('no false alarms', () => {
    const held = (name = file): string | null => {
      const ledger = open(name);
      const { info } = ledger;
      void ledger.close();
      return info.held;
    };
    it('opened again, moved within its disk, its folder renamed, written to, its rights changed', async () => {
      assert.equal(held(), null);
      for (let n = 0; n < 3; n++) assert.equal(held(), null);
      const moved = join(folder.path, 'moved', 'ledger.db');
      mkdirSync(join(folder.path, 'moved'));
      renameSync(file, moved);
      assert.equal(held(moved), null);
      renameSync(join(folder.path, 'moved'), join(folder.path, 'again'));
      assert.equal(held(join(folder.path, 'again', 'ledger.db')), null);
    });
    it('a whole folder that is copied is a copy; so is the file put back in its old place', async () => {
      assert.equal(held(), null);
      const twin = tempFolder('twin');
      cpSync(folder.path, twin.path, { recursive: true });
      assert.match(held(join(twin.path, 'ledger.db'))!, /is a copy/);
      twin.remove();
      const bytes = readFileSync(file);
      renameSync(file, `${file}.old`);
      writeFileSync(file, bytes);
      assert.match(held()!, /is a copy/);
    });
    it('a ledger of a version that did not look yet is taken as the original', () => {
      const direct = open();
      void direct.close();
      // As they were written: without the place.
      const { DatabaseSync } = require('node:sqlite') as typeof import('node:sqlite');
      const db = new DatabaseSync(file);
      db.exec("DELETE FROM meta WHERE key = 'place'");
      db.close();
      assert.equal(held(), null);
    });
  });

  it('tells places apart with and without a known birth', () => {
    writeFileSync(file, 'x');
    assert.match(placeOf(file)!, /^\d+:\d*$/);
    assert.equal(placeOf(join(folder.path, 'none')), null);
    for (const [before, after, same, lasting, other] of [
      ['1:5', '1:5', true, true, false],
      // Another number, the same birth: a file system that numbers anew, or (where copies keep it) a copy.
      ['1:5', '2:5', false, true, false],
      ['1:5', '1:6', false, false, true],
      ['1:', '1:', true, true, false],
      ['1:', '2:', false, false, false],
      ['1:5', '1:', true, true, false],
    ] as const) {
      assert.equal(isSamePlace(before, after, false), same, `${before} ${after}`);
      assert.equal(isSamePlace(before, after, true), lasting, `${before} ${after} lasting`);
      assert.equal(isOtherFile(before, after), other, `${before} ${after} other`);
    }
  });

  it('restore keeps what was there with its log, and refuses what is not sound', async () => {
    const ledger = open();
    await ledger.defineOutlets('pasons', [outlet()]);
    await tell(ledger, 'A', '10');
    const raw = copied(file);
    await ledger.close();
    // A plain copy with its log is as good as a backup.
    const kept = restore(file, raw, 7)!;
    assert.equal(kept, `${file}.before-restore-7`);
    const restored = open();
    assert.match(restored.info.held!, /restored from a backup/);
    assert.equal((await restored.counts()).accepted, 1);
    await restored.close();
    writeFileSync(raw, readFileSync(raw).fill(7, 4096, 3 * 4096));
    const before = readFileSync(file);
    assert.throws(() => restore(file, raw, 8), { code: 'backup_damaged' });
    assert.ok(before.equals(readFileSync(file)));
  });
});
