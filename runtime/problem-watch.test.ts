import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { problem } from '../test/support/problem';
import { type ProblemChange, ProblemWatch } from './problem-watch';
import type { Problem } from './problems';

describe('problem watch', () => {
  afterEach(() => mock.timers.reset());

  it('says once what starts, grows and ends, and nothing while nothing changes', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    let found: Problem[] | Error = [];
    const watch = new ProblemWatch(async () => {
      if (found instanceof Error) throw found;
      return found;
    });
    const told: string[] = [];
    watch.onChange((changes: ProblemChange[]) => {
      told.push(changes.map(({ change, problem: { key, count } }) => `${change} ${key} ${count}`).join(', '));
    });
    const look = async (now: Problem[] | Error) => {
      found = now;
      mock.timers.tick(30_000);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    };
    await look([]);
    await look([problem('a'), problem('b', 2)]);
    await look([problem('a'), problem('b', 2)]);
    await look(new Error('the ledger is closed'));
    await look([problem('b', 5)]);
    await look([problem('b', 4)]);
    await look([]);
    assert.deepEqual(told, ['started a 1, started b 2', 'grew b 5, ended a 1', '', 'ended b 4']);
  });
  it('ends what somebody has read between two looks', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    let found: Problem[] = [];
    const watch = new ProblemWatch(async () => found);
    const told: string[] = [];
    watch.onChange((changes) => {
      for (const { change, problem: each } of changes) told.push(`${change} ${each.key}`);
    });
    found = [problem('a')];
    assert.deepEqual(await watch.read(), found);
    found = [];
    mock.timers.tick(30_000);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    assert.deepEqual(told, ['started a', 'ended a']);
  });

  it('tells of lists in the order in which they were asked for', async () => {
    const answers: ((found: Problem[]) => void)[] = [];
    const watch = new ProblemWatch(() => new Promise((resolve) => answers.push(resolve)));
    const both = [watch.read(), watch.read()];
    await Promise.resolve();
    assert.equal(answers.length, 1);
    answers[0]!([problem('a')]);
    await both[0];
    await Promise.resolve();
    answers[1]!([]);
    await both[1];
    assert.deepEqual(watch.problems, []);
  });
});
