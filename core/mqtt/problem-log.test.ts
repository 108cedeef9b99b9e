import assert from 'node:assert/strict';
import { ProblemLog } from './problem-log';

describe('problem log', () => {
  it('shows each problem once, then again after ten minutes with a count, and stays small', () => {
    let now = 0;
    const shown: string[] = [];
    const log = new ProblemLog(
      () => now,
      ({ message }) => shown.push(message),
    );
    const report = (key: string) => log.report({ key, code: 'c', message: key });
    for (let i = 0; i < 5; i++) report('a');
    report('b');
    assert.deepEqual(shown, ['a', 'b']);
    now = 600_000;
    report('a');
    assert.deepEqual(shown.slice(2), ['a (4 times more before)']);
    for (let i = 0; i < 600; i++) report(`k${i}`);
    report('a');
    assert.equal(shown.at(-1), 'a');
  });
});
