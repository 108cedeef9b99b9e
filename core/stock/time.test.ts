import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatInstant, parseInstant } from './time';

describe('instants', () => {
  it('reads the forms senders use', () => {
    assert.equal(formatInstant(parseInstant('2025-08-01T22:30:00Z')), '2025-08-01T22:30:00.000Z');
    assert.equal(formatInstant(parseInstant('2025-08-01T22:30:00+04:00')), '2025-08-01T18:30:00.000Z');
    assert.equal(formatInstant(parseInstant('2020-05-30 12:45:03', 'Asia/Dubai')), '2020-05-30T08:45:03.000Z');
    assert.equal(formatInstant(parseInstant('2025-08-01T22:30:00.123456Z')), '2025-08-01T22:30:00.123456Z');
  });
  it('reads times around a change of the clock', () => {
    assert.equal(formatInstant(parseInstant('2025-03-30 01:59:59', 'Europe/Berlin')), '2025-03-30T00:59:59.000Z');
    assert.equal(formatInstant(parseInstant('2025-03-30 03:00:00', 'Europe/Berlin')), '2025-03-30T01:00:00.000Z');
    assert.equal(formatInstant(parseInstant('2025-10-26 02:30:00', 'Europe/Berlin')), '2025-10-26T00:30:00.000Z');
    assert.equal(formatInstant(parseInstant('2025-10-26 03:00:00', 'Europe/Berlin')), '2025-10-26T02:00:00.000Z');
  });
  it('refuses what is no time', () => {
    for (const text of [
      '',
      'now',
      '2025-02-30T00:00:00Z',
      '2025-13-01',
      '2025-08-01T24:01:00Z',
      '2025-08-01T22:30:00',
    ]) {
      assert.throws(() => parseInstant(text), { name: 'InvalidInputError' }, text);
    }
  });
  it('reads no time that a number could not hold, nor one that would become another year', () => {
    for (const text of [
      '0001-01-01T00:00:00Z',
      '0001-01-01T00:00:00',
      '0099-12-31',
      '1000-01-01T00:00:00Z',
      '1601-01-01T00:00:00Z',
      '1601-01-01 00:00:00',
      '1699-12-31T23:59:59Z',
      '2255-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
    ])
      assert.throws(() => parseInstant(text, 'Asia/Dubai'), { code: 'not_a_time' }, text);
    for (const text of ['1700-01-01T00:00:00+14:00', '1899-12-30T00:00:00Z', '2254-12-31T23:59:59-12:00'])
      assert.ok(Number.isSafeInteger(parseInstant(text)), text);
  });
  it('writes what it read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e15 }), (instant) => parseInstant(formatInstant(instant)) === instant),
    );
  });
  it('writes what Date writes, in every order, and reads it with and without milliseconds', () => {
    const ms = fc.integer({ min: Date.UTC(1, 0), max: Date.UTC(2254, 11, 31) });
    fc.assert(
      fc.property(ms, (one) => {
        const text = new Date(one).toISOString();
        assert.equal(formatInstant(one * 1000), text);
        assert.equal(parseInstant(text), one * 1000);
        assert.equal(parseInstant(`${text.slice(0, -5)}Z`), Math.floor(one / 1000) * 1_000_000);
        assert.equal(parseInstant(text.replace('Z', '+00:00')), one * 1000);
      }),
      { numRuns: 1_000 },
    );
  });
  it('reads each day that there is and refuses the others', () => {
    for (let month = 0; month <= 13; month++)
      for (let day = 0; day <= 32; day++) {
        const text = `2024-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T12:00:00.000Z`;
        const real = new Date(Date.UTC(2024, month - 1, day, 12)).toISOString() === text;
        if (real) assert.equal(formatInstant(parseInstant(text)), text);
        else assert.throws(() => parseInstant(text), { code: 'not_a_time' }, text);
      }
  });
  it('agrees with the zone in every hour of a year', () => {
    for (let ms = Date.UTC(2025, 0, 1); ms < Date.UTC(2026, 0, 1); ms += 3_600_000) {
      const wall = new Date(ms).toLocaleString('sv-SE', { timeZone: 'America/New_York' });
      const read = parseInstant(wall, 'America/New_York') / 1000;
      assert.ok(read === ms || read === ms - 3_600_000, wall);
    }
  });
});
