import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addDecimal, canonicalDecimal, compareDecimal, isDecimal, negateDecimal, normalDecimal } from './decimal';

const decimal = fc
  .tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.nat(6))
  .map(([units, scale]) => (scale === 0 ? `${units}` : `${units}.${'7'.repeat(scale)}`));

describe('decimals', () => {
  it('keeps digits', () => {
    assert.equal(canonicalDecimal('12.40'), '12.4');
    assert.equal(canonicalDecimal('-0.00'), '0');
    assert.equal(canonicalDecimal('1.000000000000000005'), '1.000000000000000005');
    assert.equal(canonicalDecimal('100'), '100');
    assert.equal(normalDecimal('+030.50'), '30.50');
    assert.equal(addDecimal('12.40', '-0.005'), '12.395');
    assert.equal(addDecimal('0.1', '0.2'), '0.3');
  });
  it('what needs no change comes out as what is spelled otherwise does', () => {
    const spelled = (text: string) => (text.startsWith('-') ? `-0${text.slice(1)}` : `+0${text}`);
    const zeros = fc
      .tuple(decimal, fc.nat(3))
      .map(([text, more]) => (text.includes('.') ? text + '0'.repeat(more) : text));
    fc.assert(
      fc.property(fc.oneof(zeros, fc.constantFrom('0', '-0', '0.0', '-0.0', '0.50', '-0.5', '00', '007')), (text) => {
        assert.equal(canonicalDecimal(text), canonicalDecimal(spelled(text)));
        assert.equal(normalDecimal(text), normalDecimal(spelled(text)));
      }),
    );
  });
  it('refuses what is no plain decimal', () => {
    for (const text of ['', ' 1', '1 ', '1e3', '.5', '5.', '1,5', 'NaN', '--1', '٣', '9'.repeat(43)]) {
      assert.equal(isDecimal(text), false, text);
    }
  });
  it('adding and taking away gives the same value', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => compareDecimal(addDecimal(addDecimal(a, b), negateDecimal(b)), a) === 0),
    );
  });
  it('equal values have one canonical text', () => {
    fc.assert(
      fc.property(
        decimal,
        decimal,
        (a, b) => (compareDecimal(a, b) === 0) === (canonicalDecimal(a) === canonicalDecimal(b)),
      ),
    );
  });
});
