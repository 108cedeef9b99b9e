import assert from 'node:assert/strict';
import { parseHttpDate } from './http-date';

describe('times in HTTP headers', () => {
  const zone = process.env.TZ;
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('reads the three forms of RFC 9110 in GMT, wherever we are, and nothing else', () => {
    const at = Date.parse('1994-11-06T08:49:37Z');
    for (const ours of ['UTC', 'Asia/Dubai', 'America/Costa_Rica']) {
      process.env.TZ = ours;
      for (const text of [
        'Sun, 06 Nov 1994 08:49:37 GMT',
        'Sunday, 06-Nov-94 08:49:37 GMT',
        'Sun Nov  6 08:49:37 1994',
        'Sun, 06 Nov 1994 08:49:37',
        'Sun, 06 Nov 1994 12:49:37 +0400',
      ])
        assert.equal(parseHttpDate(text), at, `${text} in ${ours}`);
      for (const text of ['', '0', '-5', 'now 5', '2025', 'Sun', 'Sunny 1', '1762419000'])
        assert.equal(parseHttpDate(text), null, text);
    }
  });
});
