import assert from 'node:assert/strict';
import { DebugLog } from './debug-log';
import type { HttpClient, HttpRequest } from './http';

const SECRET = 'kY/9+marked-secret';
const request: HttpRequest = {
  url: `https://pasons.example/v1?key=${encodeURIComponent(SECRET)}`,
  method: 'POST',
  headers: { 'X-API-Key': SECRET, 'Content-Type': 'application/json' },
  body: Buffer.from(`[{"sku":"A","note":"${'x'.repeat(3_990)}${SECRET}"}]`),
  timeout: 1,
};
const answering: HttpClient = async () => ({
  answered: true,
  statusCode: 401,
  statusText: 'Unauthorized',
  headers: { 'content-type': 'application/json', 'set-cookie': 'session=1', 'x-echo': SECRET },
  body: Buffer.from(`{"message":"bad key ${SECRET}"}`),
  duration_ms: 12.4,
});

describe('debug for an hour', () => {
  let now = 0;
  const log = () => new DebugLog(() => now);

  it('writes down requests and answers of one outlet, without secrets, cut short', async () => {
    const debug = log();
    let news = 0;
    debug.changed = () => {
      news += 1;
    };
    debug.start('pasons:1');
    await debug.watch('pasons:1', answering, () => [SECRET])(request);
    await debug.watch('pasons:2', answering, () => [SECRET])(request);
    const [entry, ...others] = debug.entries('pasons:1');
    assert.deepEqual(others, []);
    assert.deepEqual(debug.entries('pasons:2'), []);
    assert.equal(entry!.status, 401);
    assert.equal(entry!.answer_body, '{"message":"bad key ***"}');
    assert.ok(entry!.request_body.length <= 4_001);
    assert.equal(entry!.answer_headers['set-cookie'], '***');
    const text = JSON.stringify(entry);
    for (const form of [SECRET, SECRET.slice(0, 8), encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')])
      assert.ok(!text.includes(form), form);
    assert.equal(news, 2);
  });

  it('notes what was not answered, keeps the last 50, and is off after an hour or when told', async () => {
    const debug = log();
    now = 0;
    assert.equal(debug.start('pasons:1'), '1970-01-01T01:00:00.000Z');
    const failing: HttpClient = async () => ({
      answered: false,
      sent: false,
      fault: 'connection_refused',
      detail: 'ECONNREFUSED',
      statusCode: null,
      duration_ms: 1,
    });
    const http = debug.watch('pasons:1', failing, () => []);
    for (let n = 0; n < 60; n++) await http(request);
    assert.equal(debug.entries('pasons:1').length, 50);
    assert.deepEqual(
      [debug.entries('pasons:1')[0]!.id, debug.entries('pasons:1')[0]!.fault],
      [60, 'connection_refused'],
    );
    now = 3_600_000;
    assert.equal(debug.until('pasons:1'), null);
    await http(request);
    assert.deepEqual(debug.entries('pasons:1'), []);
    debug.start('pasons:1');
    debug.stop('pasons:1');
    await http(request);
    assert.deepEqual([debug.until('pasons:1'), debug.entries('pasons:1')], [null, []]);
  });
});
