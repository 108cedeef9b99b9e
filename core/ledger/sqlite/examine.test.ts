import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { event, outlet, START } from '../../../test/conformance/bench';
import { eventually } from '../../../test/support/eventually';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import { Engine } from './engine';
import { examineLater } from './examine';

const PAGE = 4096;
const clock = { now: () => START, steady: () => START, id: () => `${Math.random()}` };

describe('sqlite: when the content of a ledger is examined', () => {
  let folder: TempFolder;
  let file: string;
  const open = () => new Engine(file, 'live', clock);
  const fill = (engine: Engine) => {
    const events = Array.from({ length: 400 }, (_, n) => event({ sku: `S${n}`, quantity: '1', selling_price: '1.30' }));
    engine.run([
      { name: 'defineOutlets', args: ['pasons', [outlet()]] },
      { name: 'record', args: [{ sender: 't', events }] },
    ]);
  };

  beforeEach(() => {
    folder = tempFolder('examine');
    file = join(folder.path, 'ledger.db');
    const engine = open();
    fill(engine);
    engine.close();
  });
  afterEach(() => folder.remove());

  it('later, when it was closed whole and nobody touched it', () => {
    for (let time = 0; time < 2; time++) {
      const engine = open();
      assert.equal(engine.examined, false);
      engine.close();
    }
  });
  it('before, when it was not closed', () => {
    const crashed = join(folder.path, 'crashed.db');
    const engine = open();
    fill(engine);
    for (const rest of ['', '-wal', '-lock']) copyFileSync(file + rest, crashed + rest);
    engine.close();
    file = crashed;
    const after = open();
    assert.equal(after.examined, true);
    after.close();
  });
  it('before, when it was touched since, also by who sets the time back', () => {
    const sound = readFileSync(file);
    writeFileSync(file, sound);
    let engine = open();
    assert.equal(engine.examined, true);
    engine.close();
    const before = new Date();
    utimesSync(file, before, before);
    engine = open();
    assert.equal(engine.examined, true);
    engine.close();
  });
  it('what remembers how it was left fits one sector: half of it on the disk keeps no ledger closed', () => {
    const lock = `${file}-lock`;
    assert.equal(statSync(lock).size, PAGE);
    const after = readFileSync(lock);
    const engine = open();
    const before = readFileSync(lock);
    engine.close();
    const differ = [...after.keys()].filter((at) => after[at] !== before[at]);
    assert.ok(differ.length > 0 && differ.at(-1)! < 512);
  });
  it('before, when it stood under another name', () => {
    const other = join(folder.path, 'other.db');
    for (const rest of ['', '-lock']) copyFileSync(file + rest, other + rest);
    file = other;
    const engine = open();
    assert.equal(engine.examined, true);
    engine.close();
  });
  it('in use, it is told when it is damaged, and then nothing is told any more', async () => {
    const engine = open();
    let damaged = 0;
    let leave = examineLater(file, () => damaged++, 0);
    const content = readFileSync(file);
    const broken = join(folder.path, 'broken.db');
    writeFileSync(broken, content.fill(0xa5, 10 * PAGE, 12 * PAGE));
    const leaveBroken = examineLater(broken, () => engine.condemn(), 0);
    await eventually(() => {
      const [reply] = engine.run([{ name: 'counts', args: [] }]).replies;
      assert.ok(reply && !reply.ok);
      assert.equal(reply.code, 'ledger_corrupt');
      assert.match(reply.message, /is damaged.*restore/);
      return true;
    }, 10_000);
    leaveBroken();
    leave();
    // What cannot be looked at is not said to be damaged.
    leave = examineLater(join(folder.path, 'none.db'), () => damaged++, 0);
    await new Promise((resolve) => setImmediate(resolve));
    leave();
    assert.equal(damaged, 0);
    engine.close();
  });
});
