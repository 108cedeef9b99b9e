import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { event, outlet, START, sendAll } from '../../../test/conformance/bench';
import { contentOf } from '../../../test/support/ledger-content';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import type { Ledger } from '../ledger';
import { check } from './care';
import { openDirect } from './direct';
import { salvage } from './salvage';

const PAGE = 4096;
const ITEMS = 800;

describe('sqlite: what can be read of a damaged ledger', () => {
  let folder: TempFolder;
  let file: string;
  let sound: string;
  let now = START;
  const clock = { now: () => now, steady: () => now, id: () => `${Math.random()}` };
  const open = (name = file): Ledger => openDirect({ file: name, kind: 'live', clock });

  before(async () => {
    folder = tempFolder('salvage');
    sound = join(folder.path, 'sound.db');
    const ledger = open(sound);
    await ledger.defineOutlets('pasons', [outlet()]);
    await ledger.setSetting('device-accounts', '{"scanner-1":1}');
    await ledger.link([{ source: 'barcode', code: '934', sku: 'S1' }]);
    for (let from = 0; from < ITEMS; from += 400) {
      const events = Array.from({ length: 400 }, (_, n) =>
        event({ sku: `S${from + n}`, event_id: `e${from + n}`, quantity: `${from + n}`, selling_price: '1.30' }),
      );
      await ledger.record({ sender: 't', events });
    }
    await ledger.record({
      sender: 't',
      events: [event({ sku: 'x', quantity: 'a lot' })],
      raw: { bytes: Buffer.from('x') },
    });
    await sendAll(ledger);
    await ledger.close();
  });
  after(() => folder.remove());
  beforeEach(() => {
    file = join(folder.path, `ledger-${Math.random()}.db`);
    copyFileSync(sound, file);
  });

  const overwrite = (from: number, to: number) => {
    const bytes = readFileSync(file);
    bytes.fill(0xa5, from, to);
    writeFileSync(file, bytes);
  };
  /** SKU → quantity of all items. */
  const itemsOf = (name: string) => new Map(contentOf(name).items!.map((row) => [row.sku, row.quantity]));

  async function worksOn(held: RegExp): Promise<void> {
    const ledger = open();
    assert.equal(ledger.info.kind, 'live');
    assert.match(ledger.info.held!, held);
    await ledger.defineOutlets('pasons', [outlet()]);
    assert.equal((await ledger.outlets())[0]!.paused, true);
    // All that was lost is told anew by a sync; then everything goes on by itself.
    now += 120_000;
    for (let from = 0; from < ITEMS; from += 400) {
      const events = Array.from({ length: 400 }, (_, n) =>
        event({ sku: `S${from + n}`, quantity: '9', selling_price: '2', occurred_at: new Date(now).toISOString() }),
      );
      assert.equal((await ledger.record({ sender: 'sync', events })).accepted, 400);
    }
    await ledger.due();
    assert.equal((await ledger.outlets())[0]!.paused, false);
    assert.equal((await sendAll(ledger)).length, ITEMS);
    await ledger.close();
    assert.deepEqual(check(file), []);
  }

  it('of a sound one: everything', async () => {
    const before = contentOf(file);
    const { old, lost } = salvage(file, file, 1, 'demo');
    assert.deepEqual([existsSync(old!), lost], [true, []]);
    const after = contentOf(file);
    for (const table of [
      'items',
      'events',
      'senders',
      'stores',
      'codes',
      'settings',
      'chunks',
      'pushes',
      'sends',
      'refused_inputs',
      'raw_inputs',
    ])
      assert.deepEqual(after[table], before[table], table);
    await worksOn(/what could be read of a damaged one/);
  });
  it('its beginning alone is overwritten: everything', async () => {
    overwrite(0, 100);
    assert.throws(open, { code: 'ledger_corrupt' });
    const { lost } = salvage(file, file, 1, 'live');
    assert.deepEqual([lost, itemsOf(file)], [[], itemsOf(sound)]);
    await worksOn(/damaged one/);
  });
  it('its first page is overwritten: nothing can be read, nothing is changed, the backup is named', () => {
    overwrite(0, PAGE);
    const before = readFileSync(file);
    assert.throws(() => salvage(file, file, 1, 'live'), {
      code: 'nothing_readable',
      message: /shelfwire-ledger restore BACKUP/,
    });
    assert.ok(before.equals(readFileSync(file)));
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => /salvage-|restored/.test(name)),
      [],
    );
  });
  /** False when the damage took the table of tables: then nothing was changed. */
  function salvaged(): boolean {
    const before = readFileSync(file);
    try {
      salvage(file, file, Math.random(), 'live');
      return true;
    } catch (thrown) {
      assert.equal((thrown as { code?: string }).code, 'nothing_readable');
      assert.ok(before.equals(readFileSync(file)));
      return false;
    }
  }

  it('some pages are overwritten, any: what it then has is what was there, it adds up, and it works on', async function () {
    this.timeout(60_000);
    const pages = readFileSync(sound).length / PAGE;
    const all = itemsOf(sound);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: pages - 1 }), { minLength: 1, maxLength: 4 }),
        async (damaged) => {
          copyFileSync(sound, file);
          for (const page of damaged) overwrite(page * PAGE, (page + 1) * PAGE);
          if (!salvaged()) return;
          const left = itemsOf(file);
          for (const [sku, quantity] of left) assert.equal(quantity, all.get(sku));
          assert.deepEqual(check(file), []);
          await worksOn(/damaged one/);
        },
      ),
      { numRuns: 5 },
    );
  });
  it('one leaf of the items is overwritten: only its rows are missing', () => {
    const bytes = readFileSync(sound);
    const pages = Array.from({ length: bytes.length / PAGE }, (_, page) =>
      bytes.subarray(page * PAGE, (page + 1) * PAGE),
    );
    const leaf = pages.findIndex((page) => page[0] === 0x0d && page.includes('S600'));
    overwrite(leaf * PAGE, (leaf + 1) * PAGE);
    const { lost } = salvage(file, file, 1, 'live');
    assert.deepEqual(
      lost.map((text) => text.split(' ')[0]),
      ['items'],
    );
    const left = itemsOf(file);
    assert.ok(left.size < ITEMS && left.size > ITEMS - 100 && !left.has('S600'), `${left.size} of ${ITEMS}`);
  });
  it('it was cut off: what is before the cut', async () => {
    truncateSync(file, Math.floor(readFileSync(file).length / PAGE / 2) * PAGE);
    salvage(file, file, 1, 'live');
    assert.deepEqual(check(file), []);
    await worksOn(/damaged one/);
  });
  it('its log is damaged: what was told before the damage', async () => {
    const ledger = open();
    for (let n = 0; n < 20; n++)
      await ledger.record({ sender: 'late', events: [event({ sku: `L${n}`, quantity: '1', event_id: `l${n}` })] });
    copyFileSync(file, `${file}.x`);
    const log = readFileSync(`${file}-wal`);
    await ledger.close();
    copyFileSync(`${file}.x`, file);
    log[Math.floor(log.length / 2)]! ^= 1;
    writeFileSync(`${file}-wal`, log);
    assert.throws(open, { code: 'ledger_corrupt', message: /-wal, is damaged/ });
    salvage(file, file, 1, 'live');
    const late = [...itemsOf(file).keys()].filter((sku) => String(sku).startsWith('L'));
    assert.ok(late.length > 3 && late.length < 20, `${late.length}`);
  });
  it('is taken from a file that is named, and the one in place is kept', async () => {
    const other = `${file}.other`;
    copyFileSync(sound, other);
    const { old } = salvage(file, other, 5, 'live');
    assert.equal(old, `${file}.before-restore-5`);
    assert.deepEqual(itemsOf(file), itemsOf(sound));
  });
});
