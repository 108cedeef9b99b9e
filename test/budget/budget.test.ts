import assert from 'node:assert/strict';
import { type Budgets, type Count, explain, grownIn, type Measured, readBudgets, recordIn } from './budget';
import { PATHS } from './paths';
import { countWork } from './run';

const TIMEOUT = 120_000;

describe('work of the hot paths', () => {
  let sound: Measured;

  before(async function () {
    this.timeout(TIMEOUT);
    sound = (await countWork([])).measured;
  });

  it('is not more than its budget (test/budget/budgets.json)', () => {
    const budgets = readBudgets();
    assert.deepEqual(
      Object.keys(budgets.paths),
      PATHS.map(({ id }) => id),
    );
    const grown = grownIn(budgets, sound);
    if (grown.length > 0) assert.fail(explain(budgets, grown));
  });

  /** Held against the product as it is: against an older budget, what was saved since would hide what was added. */
  async function grownBy(slower: string, only: string): Promise<string[]> {
    const budgets = recordIn(readBudgets(), PATHS, sound, 'It is what the sound product does.');
    const { measured } = await countWork(['--only', only, '--slower', slower]);
    return grownIn(budgets, measured).map(({ path, count }) => `${path}: ${count}`);
  }

  it('is found to have grown when every write of the ledger runs one statement more', async function () {
    this.timeout(TIMEOUT);
    const paths = ['record-known', 'record-new', 'push-items'];
    const grown = await grownBy('a statement more', paths.join(','));
    for (const path of paths) assert.ok(grown.includes(`${path}: statements`), `${path}: ${grown.join(', ')}`);
  });

  it('is found to have grown when an event is copied once more on its way', async function () {
    this.timeout(TIMEOUT);
    const grown = await grownBy('a copy more', 'webhook,scanner');
    assert.deepEqual(grown, ['webhook: heap bytes', 'scanner: heap bytes']);
  });

  it('is found to have grown when a push that has nothing to do reads item by item', async function () {
    this.timeout(TIMEOUT);
    const grown = await grownBy('a scan more', 'push-nothing');
    assert.ok(grown.includes('push-nothing: pages visited'), grown.join(', '));
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
