import assert from 'node:assert/strict';
import { type Budgets, type Count, explain, type Grown, grownIn, readBudgets, recordIn } from './budget';
import { PATHS } from './paths';
import { countWork } from './run';

const TIMEOUT = 120_000;
const short = (grown: Grown[]): string[] => grown.map(({ path, count }) => `${path}: ${count}`);

describe('work of the hot paths', () => {
  it('is not more than its budget (test/budget/budgets.json)', async function () {
    this.timeout(TIMEOUT);
    const budgets = readBudgets();
    assert.deepEqual(
      Object.keys(budgets.paths),
      PATHS.map(({ id }) => id),
    );
    const { measured } = await countWork([]);
    const grown = grownIn(budgets, measured);
    if (grown.length > 0) assert.fail(explain(budgets, grown));
  });

  it('is found to have grown when every write of the ledger runs one statement more', async function () {
    this.timeout(TIMEOUT);
    const { measured } = await countWork([
      '--only',
      'record-known,record-new,push-items',
      '--slower',
      'a statement more',
    ]);
    const grown = short(grownIn(readBudgets(), measured));
    for (const path of ['record-known', 'record-new', 'push-items'])
      assert.ok(grown.includes(`${path}: statements`), `${path}: ${JSON.stringify(measured[path])}`);
  });

  it('is found to have grown when an event is copied once more on its way', async function () {
    this.timeout(TIMEOUT);
    const { measured } = await countWork(['--only', 'webhook,scanner', '--slower', 'a copy more']);
    assert.deepEqual(short(grownIn(readBudgets(), measured)), ['webhook: heap bytes', 'scanner: heap bytes']);
  });

  it('is found to have grown when a push that has nothing to do reads item by item', async function () {
    this.timeout(TIMEOUT);
    const { measured } = await countWork(['--only', 'push-nothing', '--slower', 'a scan more']);
    assert.ok(
      short(grownIn(readBudgets(), measured)).includes('push-nothing: pages visited'),
      JSON.stringify(measured),
    );
  });
});

describe('budgets', () => {
  const path = { id: 'a', title: 'something is done', per: 'item' as const, code: 'a.ts' };
  const tolerance = { statements: 0.1 } as Record<Count, number>;
  const empty: Budgets = { tolerance, node: 'v24', paths: {}, grown: [] };
  const ten = recordIn(empty, [path], { a: { statements: 10 } }, '');

  it('let grow within the tolerance, and tell what grew beyond, by how much and where', () => {
    assert.deepEqual(grownIn(ten, { a: { statements: 11 } }), []);
    const grown = grownIn(ten, { a: { statements: 12 } });
    assert.deepEqual(grown, [{ path: 'a', count: 'statements', measured: 10, now: 12, allowed: 11 }]);
    assert.match(
      explain(ten, grown),
      /a \(something is done\): statements for each item: 12, \+20 %; it was 10 and may be 11\.[\s\S]*a\.ts[\s\S]*--only a --why/,
    );
  });
  it('are not raised without a reason, which is kept; less work is taken over as it is', () => {
    assert.throws(() => recordIn(ten, [path], { a: { statements: 12 } }, ' '), /say why with --reason/);
    const raised = recordIn(ten, [path], { a: { statements: 12 } }, 'It is safer.');
    assert.deepEqual(raised.grown, ['a, statements: 10 to 12. It is safer.']);
    assert.equal(recordIn(raised, [path], { a: { statements: 5 } }, '').paths.a!.counts.statements!.allowed, 5.5);
  });
  it('of what is not counted at the moment stay, and those of what is gone go', () => {
    assert.deepEqual(recordIn(ten, [path], {}, '').paths, ten.paths);
    assert.deepEqual(recordIn(ten, [], {}, '').paths, {});
  });
  it('fail where a figure has none, or is not counted any more: nothing would be guarded', () => {
    assert.throws(() => grownIn(ten, { a: { statements: 1, messages: 1 } }), /a has no budget of messages/);
    assert.throws(() => grownIn(ten, { a: {} }), /statements was not counted/);
    assert.throws(() => grownIn(ten, { b: { statements: 1 } }), /b has no budget/);
  });
});
