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
    const report = (key: string) => log.report({ key, code: key, message: key });
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

  it('gives a kind of problem a hundred lines in ten minutes, whatever names somebody makes up', () => {
    let now = 0;
    const shown: string[] = [];
    const log = new ProblemLog(
      () => now,
      ({ message }) => shown.push(message),
    );
    const report = (key: string, code = 'login_refused') => log.report({ key, code, message: key });
    for (let i = 0; i < 10_000; i++) report(`n${i}`);
    assert.equal(shown.length, 100);
    assert.deepEqual(shown.slice(-2), ['n98', 'n99 Others like it are counted, not shown, for up to ten minutes.']);
    report('x', 'not_stored');
    assert.equal(shown.at(-1), 'x');
    now = 600_000;
    report('n0');
    assert.equal(shown.at(-1), 'n0 (9900 others like it were not shown)');
    report('n1');
    assert.equal(shown.at(-1), 'n1');
  });
});
