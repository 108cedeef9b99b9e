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
  it('writes what it read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e15 }), (instant) => parseInstant(formatInstant(instant)) === instant),
    );
  });
  it('agrees with the zone in every hour of a year', () => {
    for (let ms = Date.UTC(2025, 0, 1); ms < Date.UTC(2026, 0, 1); ms += 3_600_000) {
      const wall = new Date(ms).toLocaleString('sv-SE', { timeZone: 'America/New_York' });
      const read = parseInstant(wall, 'America/New_York') / 1000;
      assert.ok(read === ms || read === ms - 3_600_000, wall);
    }
  });
});
