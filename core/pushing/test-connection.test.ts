import assert from 'node:assert/strict';
import type { HttpFault, HttpResult } from './http';
import type { PushTarget } from './target';
import { testConnection } from './test-connection';

const target = (endpoint: string | null): PushTarget => ({
  definition: {
    outlet: 'pasons:1',
    platform: 'pasons',
    store_id: '1',
    name: 'Shop',
    enabled: true,
    fields: ['selling_price', 'stock_status'],
    threshold: '0',
    endpoint,
    concurrency: 2,
    timeout: 1000,
  },
  method: 'POST',
  headers: () => ({ 'X-API-Key': 'k' }),
  secrets: () => ['k'],
  succeeds: async () => undefined,
  slot: async () => () => {},
});
const answer = (statusCode: number, body = '{}', duration_ms = 5): HttpResult => ({
  answered: true,
  statusCode,
  statusText: '',
  headers: {},
  body: Buffer.from(body),
  duration_ms,
});

describe('testing a connection', () => {
  const cases: [string, HttpResult, boolean, string][] = [
    ['a good answer', answer(200, '[]'), true, 'ok'],
    ['a platform that only takes pushes', answer(405), true, 'ok'],
    ['a wrong key', answer(401), false, 'key_refused'],
    ['a wrong path', answer(404), false, 'not_found'],
    ['a redirect', answer(302, ''), false, 'redirect'],
    ['an error of the platform', answer(503), false, 'platform_error'],
    ['a web page', answer(200, '<!doctype html><html></html>'), false, 'not_an_api'],
    ['a greeting of some other program', answer(200, 'hello'), false, 'not_json'],
    ['a slow one', answer(200, '{}', 9000), true, 'slow'],
    ...(['name_not_found', 'connection_refused', 'tls', 'timeout', 'connection_lost'] as HttpFault[]).map(
      (fault): [string, HttpResult, boolean, string] => [
        fault,
        { answered: false, sent: false, fault, detail: '', statusCode: null, duration_ms: 1 },
        false,
        fault,
      ],
    ),
  ];
  for (const [name, result, ok, code] of cases) {
    it(name, async () => {
      let method = '';
      const test = await testConnection(
        target('http://127.0.0.1:9/x'),
        async (request) => {
          method = request.method;
          assert.equal(request.body, undefined);
          return result;
        },
        false,
      );
      assert.deepEqual([test.ok, test.code, method], [ok, code, 'GET']);
      assert.ok(test.message.length > 10);
    });
  }
  it('an address with a variable that is not set', async () => {
    const test = await testConnection(target(null), async () => assert.fail('nothing may be sent'), false);
    assert.equal(test.code, 'no_endpoint');
  });
});
