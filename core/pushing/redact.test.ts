import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ANSWERS } from '../../connectors/pasons/profile';
import { judge, parseBody } from './answer';
import type { HttpAnswer } from './http';
import { redactor } from './redact';

describe('pushing: secrets in what a platform answers', () => {
  const SECRET = 'k&y "7" <ü>/+=?';
  const clean = redactor([SECRET, 'Other-Key']);

  it('are cut out, however they are written', () => {
    for (const written of [
      SECRET,
      encodeURIComponent(SECRET),
      encodeURIComponent(SECRET).replaceAll('%20', '+'),
      JSON.stringify(SECRET).slice(1, -1),
      Buffer.from(SECRET).toString('base64'),
      Buffer.from(SECRET).toString('base64url'),
      SECRET.toUpperCase(),
      'OTHER-KEY',
    ])
      assert.equal(clean(`a ${written} b`).replace(/=+ b$/, ' b'), 'a *** b', written);
    assert.equal(redactor([])('a key'), 'a key');
    assert.equal(redactor(['abc', ''])('abc'), 'abc');
    assert.equal(redactor(['key-1', 'key-12'])('x key-12 y'), 'x *** y');
  });

  it('are cut out before a text is shortened, wherever they stand', () => {
    fc.assert(
      fc.property(fc.nat(1_100), fc.constantFrom('json', 'text', 'html', 'item'), (before, kind) => {
        const key = 'a-rather-long-secret-key';
        const text = `${'x'.repeat(before)}${key}${'y'.repeat(20)}`;
        const body: Record<string, string> = {
          json: JSON.stringify({ message: text }),
          text,
          html: `<p>${text}</p>`,
          item: JSON.stringify({ errors: [{ sku: 'A', code: text.slice(Math.max(0, before - 90)), message: text }] }),
        };
        const bytes = Buffer.from(body[kind]!);
        const redact = redactor([key]);
        const answer: HttpAnswer = {
          answered: true,
          statusCode: 422,
          statusText: '',
          headers: {},
          body: bytes,
          duration_ms: 1,
        };
        const sent = { skus: ['A'], keys: ['A'], keyField: 'sku' };
        const told = JSON.stringify([
          parseBody(bytes, redact).summary,
          judge(answer, null, { sent, profile: ANSWERS, clean: redact, now: 0 }),
        ]);
        assert.ok(!told.includes(key.slice(0, 8)), told);
      }),
    );
  });
});
