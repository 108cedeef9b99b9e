import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ANSWERS } from '../../connectors/pasons/profile';
import { type Judging, judge, parseBody } from './answer';
import type { HttpAnswer, HttpFault, HttpNoAnswer } from './http';

const NOW = Date.UTC(2025, 7, 1, 22, 30, 0);

function answered(statusCode: number, body: string, headers: Record<string, string> = {}): HttpAnswer {
  return { answered: true, statusCode, statusText: '', headers, body: Buffer.from(body), duration_ms: 5 };
}

function unanswered(fault: HttpFault, sent: boolean): HttpNoAnswer {
  return { answered: false, fault, sent, detail: 'so it is', statusCode: null, duration_ms: 5 };
}

const judging: Judging = {
  sent: { skus: ['A', 'B', 'C'], keys: ['1', '2', '3'], keyField: 'product_id' },
  profile: ANSWERS,
  now: NOW,
};

function verdict(statusCode: number, body = '', more: { success?: boolean; headers?: Record<string, string> } = {}) {
  return judge(answered(statusCode, body, more.headers), null, { ...judging, success: more.success });
}

describe('pushing: what an answer says', () => {
  it('takes a 2xx with JSON or nothing as accepted, whatever its Content-Type', () => {
    for (const [status, body] of [
      [200, ''],
      [200, '  \r\n'],
      [200, '{}'],
      [200, '\uFEFF{"ok":true}'],
      [200, '[]'],
      [200, 'null'],
      [201, '{"message":"stored"}'],
      [202, '"queued"'],
      [204, ''],
      [207, '{"errors":[]}'],
    ] as const)
      assert.deepEqual(verdict(status, body, { headers: { 'content-type': 'text/html' } }), {
        kind: 'accepted',
        refused: [],
      });
  });

  it('takes a 2xx that is no JSON for a failure of who answered, not of the items', () => {
    for (const body of ['<html><h1>Log in</h1></html>', 'OK', '{"cut":', '<?xml version="1.0"?><ok/>']) {
      const found = verdict(200, body);
      assert.equal(found.kind, 'outage');
      assert.deepEqual(
        { ...found, message: '' },
        {
          kind: 'outage',
          code: 'not_an_api',
          message: '',
          reach: 'not_reachable',
          retryable: false,
          uncertain: true,
          retryAfter: null,
        },
      );
    }
  });

  it("heeds the outlet's own word for success", () => {
    assert.equal(verdict(200, '{"ok":true}', { success: true }).kind, 'accepted');
    assert.equal(verdict(200, 'OK', { success: true }).kind, 'accepted');
    const not = verdict(200, '{"ok":false,"message":"try later"}', { success: false });
    assert.equal(not.kind === 'outage' && not.code, 'answer_not_success');
    assert.equal(verdict(200, '<html>', { success: true }).kind, 'outage');
    assert.equal(verdict(200, '{"errors":[{"sku":"A"}]}', { success: false }).kind, 'named');
  });

  const OUTAGES: [number, string, string, retryable: boolean, uncertain: boolean][] = [
    [301, 'redirect', 'not_reachable', false, false],
    [302, 'redirect', 'not_reachable', false, false],
    [307, 'redirect', 'not_reachable', false, false],
    [401, 'key_refused', 'key_refused', false, false],
    [403, 'key_refused', 'key_refused', false, false],
    [404, 'address_not_found', 'not_reachable', false, false],
    [405, 'method_refused', 'not_reachable', false, false],
    [408, 'platform_timeout', 'not_reachable', true, true],
    [425, 'too_early', 'not_reachable', true, false],
    [429, 'rate_limited', 'not_reachable', true, false],
    [500, 'platform_error', 'not_reachable', true, true],
    [501, 'platform_error', 'not_reachable', true, true],
    [502, 'platform_error', 'not_reachable', true, true],
    [503, 'platform_error', 'not_reachable', true, true],
    [599, 'platform_error', 'not_reachable', true, true],
  ];
  for (const [status, code, reach, retryable, uncertain] of OUTAGES) {
    it(`says nothing about items: ${status}`, () => {
      for (const body of ['', '{"message":"no"}', '<html>no</html>', '{"errors":[{"message":"nobody named"}]}']) {
        const found = verdict(status, body);
        assert.deepEqual(
          { ...found, message: '' },
          {
            kind: 'outage',
            code,
            message: '',
            reach,
            retryable,
            uncertain,
            retryAfter: null,
          },
        );
      }
    });
  }

  it('does not let an outage refuse items by listing them', () => {
    for (const status of [401, 408, 425, 429, 502, 503])
      assert.equal(verdict(status, '{"errors":[{"sku":"A","code":"later"}]}').kind, 'outage', String(status));
  });

  it('does not know the outcome when a gateway gave up waiting', () => {
    for (const status of [504, 524]) assert.equal(verdict(status, '{"errors":[{"sku":"A"}]}').kind, 'unknown');
  });

  it('halves for every other 4xx that names nobody', () => {
    for (const status of [400, 402, 406, 409, 410, 411, 413, 415, 418, 422, 431, 451]) {
      const found = verdict(status, '{"message":"the form is wrong"}');
      assert.equal(found.kind, 'form', String(status));
      if (found.kind === 'form') {
        assert.equal(found.code, status === 413 ? 'payload_too_large' : `http_${status}`);
        assert.match(found.message, /the form is wrong/);
      }
    }
  });

  it('reads Retry-After as seconds or as a date, at most a day', () => {
    for (const [header, seconds] of [
      ['120', 120],
      ['Fri, 01 Aug 2025 22:31:30 GMT', 90],
      ['99999999', 86_400],
      ['soon', null],
    ] as const) {
      const found = verdict(503, '', { headers: { 'retry-after': header } });
      assert.equal(found.kind === 'outage' && found.retryAfter, seconds, header);
    }
  });

  it('finds named items by SKU, mapped key or position, in any of the lists and any answer', () => {
    const lists = [
      '{"errors":[{"sku":"B","code":"gone","message":"not listed"}]}',
      '{"failed":[{"product_id":"2","code":"gone","message":"not listed"}]}',
      '{"failed":[{"product_id":2,"code":"gone","reason":"not listed"}]}',
      '{"rejected":[{"index":1,"code":"gone","error":"not listed"}]}',
      '{"errors":[{"index":"1","code":"gone","message":"not listed"},{"sku":"B","code":"again"}]}',
      '{"errors":[],"failed":[{"sku":"Z"}],"rejected":[{"sku":"B","index":0,"code":"gone","detail":"not listed"}]}',
    ];
    for (const body of lists) {
      const refused = [{ position: 1, code: 'gone', message: 'not listed' }];
      assert.deepEqual(verdict(200, body), { kind: 'accepted', refused }, body);
      for (const status of [400, 404, 409, 422, 500])
        assert.deepEqual(verdict(status, body), { kind: 'named', refused }, `${status} ${body}`);
    }
  });

  it('refuses nobody whom it cannot tie to exactly one sent item', () => {
    for (const body of [
      '{"errors":[{"sku":"Z"},{"index":3},{"index":-1},{"index":1.5},{"index":null},7,null,[]]}',
      '{"errors":{"sku":"A"}}',
      '{"data":{"errors":[{"sku":"A"}]}}',
      '[{"sku":"A","code":"x"}]',
    ]) {
      assert.deepEqual(verdict(200, body), { kind: 'accepted', refused: [] }, body);
      assert.equal(verdict(422, body).kind, 'form', body);
    }
  });

  it('takes what stands under the field of the body for what was sent there, also where it is the SKU of another item', () => {
    const sent = { skus: ['1', '2', '3'], keys: ['2', '3', '4'], keyField: 'product_id' };
    for (const [body, position] of [
      ['{"errors":[{"product_id":"2"}]}', 0],
      ['{"errors":[{"product_id":3}]}', 1],
      ['{"errors":[{"sku":"2"}]}', 1],
      ['{"errors":[{"sku":"4"}]}', 2],
      ['{"failed":["2"]}', 0],
    ] as const) {
      const found = judge(answered(200, body), null, { ...judging, sent });
      assert.deepEqual(found.kind === 'accepted' && found.refused.map((each) => each.position), [position], body);
    }
  });

  it('reads identifiers told as long numbers to the last digit', () => {
    const sent = { skus: ['93409570059651234567'], keys: ['93409570059651234567'], keyField: 'sku' };
    const found = judge(answered(200, '{"errors":[{"sku":93409570059651234567}]}'), null, { ...judging, sent });
    assert.equal(found.kind === 'accepted' && found.refused.length, 1);
  });

  it('tells a request that never left from one whose outcome is open', () => {
    for (const fault of ['name_not_found', 'connection_refused', 'timeout', 'connection_lost', 'aborted'] as const) {
      const left = judge(unanswered(fault, true), null, judging);
      assert.deepEqual(left, { kind: 'unknown', code: fault, message: 'so it is', retryAfter: null });
      const never = judge(unanswered(fault, false), null, judging);
      assert.ok(never.kind === 'outage' && never.retryable && !never.uncertain && never.reach === 'not_reachable');
    }
    for (const fault of ['tls', 'address_refused', 'bad_request'] as const) {
      const never = judge(unanswered(fault, false), null, judging);
      assert.ok(never.kind === 'outage' && !never.retryable && !never.uncertain);
    }
  });

  it('never throws and never refuses what was not sent, whatever comes back', () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((text) => `{"errors":[${text}]}`),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 699 }), body, (status, text) => {
        const found = verdict(status, text);
        const refused = 'refused' in found ? found.refused : [];
        assert.ok(refused.every(({ position }) => position >= 0 && position < 3));
        assert.equal(new Set(refused.map(({ position }) => position)).size, refused.length);
        if (found.kind === 'named') assert.ok(refused.length > 0);
        if (found.kind === 'accepted') assert.ok(status >= 200 && status < 300);
      }),
    );
  });

  it('sums an answer up in one line', () => {
    assert.equal(parseBody(Buffer.from('{"message":"all\\n good"}')).summary, 'all good');
    assert.equal(parseBody(Buffer.from('{"error":{"message":"bad key"}}')).summary, 'bad key');
    assert.equal(parseBody(Buffer.from('<html><b>Not</b> found</html>')).summary, 'Not found');
    assert.equal(parseBody(Buffer.from('x'.repeat(2000))).summary.length, 500);
    assert.equal(parseBody(Buffer.from([0xff, 0xfe])).shape, 'text');
  });
});
