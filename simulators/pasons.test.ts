import assert from 'node:assert/strict';
import { appendFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '../test/support/temp-folder';
import { type PasonsSimulator, startPasons } from './pasons';

describe('the simulated Pasons', () => {
  let pasons: PasonsSimulator;
  const post = (body: string, headers: Record<string, string> = {}, method = 'POST') =>
    fetch(`${pasons.url}/v1/inventory/1`, {
      method,
      headers: { 'Content-Type': 'application/json', 'X-API-Key': 'k', ...headers },
      body,
    });
  const content = () => JSON.stringify(pasons.store.content());

  beforeEach(async () => {
    pasons = await startPasons({ apiKey: 'k', versionField: 'selling_price' });
  });
  afterEach(() => pasons.stop());

  it('keeps items per store, digit by digit, bare or in an envelope, and marks every answer', async () => {
    const first = await post('[{"sku":"a","selling_price":12.40,"stock_status":1}]');
    assert.equal(first.status, 200);
    assert.equal(first.headers.get('x-shelfwire-simulated'), '1');
    await post('{"branch_id":"1","products":[{"product_id":"b","price":0.100}]}', {}, 'PUT');
    assert.equal(
      content(),
      '{"1":{"a":{"sku":"a","selling_price":12.40,"stock_status":1},"b":{"product_id":"b","price":0.100}}}',
    );
    const state = await (await fetch(`${pasons.url}/_sim/state`)).text();
    assert.match(state, /12\.40/);
  });

  it('refuses a wrong key, another type, what is no list, and too much', async () => {
    assert.equal((await post('[]', { 'X-API-Key': 'other' })).status, 401);
    assert.equal((await post('[]', { 'Content-Type': 'text/plain' })).status, 415);
    assert.equal((await post('{"a":1}')).status, 400);
    pasons.behave({ maxItems: 1 });
    assert.equal((await post('[{"sku":"a"},{"sku":"b"}]')).status, 413);
    assert.equal(content(), '{}');
  });

  it('applies once per Idempotency-Key and refuses another body under it', async () => {
    pasons.behave({ fault: 'drop-applied', times: 1 });
    await assert.rejects(post('[{"sku":"a","selling_price":2}]', { 'Idempotency-Key': 'x' }));
    await post('[{"sku":"a","selling_price":3}]');
    const again = await post('[{"sku":"a","selling_price":2}]', { 'Idempotency-Key': 'x' });
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.match(content(), /"selling_price":3/);
    assert.equal((await post('[]', { 'Idempotency-Key': 'x' })).status, 422);
    assert.deepEqual(pasons.store.reversals, []);
  });

  it('misbehaves as told over HTTP, so many times', async () => {
    const told = await fetch(`${pasons.url}/_sim/behaviour`, {
      method: 'POST',
      body: '{"fault":"429","times":2,"retryAfter":7}',
    });
    assert.equal(told.status, 200);
    const refused = await post('[{"sku":"a"}]');
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '7']);
    assert.equal((await post('[{"sku":"a"}]')).status, 429);
    assert.equal((await post('[{"sku":"a"}]')).status, 200);
    const unknown = await fetch(`${pasons.url}/_sim/behaviour`, { method: 'POST', body: '{"fualt":"429"}' });
    assert.equal(unknown.status, 400);
  });

  it('refuses single items, by name or not', async () => {
    pasons.behave({ refuse: ['b'] });
    const partly = await post('[{"sku":"a"},{"sku":"b"}]');
    assert.equal(partly.status, 200);
    assert.equal(((await partly.json()) as { errors: { sku: string }[] }).errors[0]?.sku, 'b');
    assert.equal(content(), '{"1":{"a":{"sku":"a"}}}');
    pasons.behave({ refuseStatus: 422, refuseNamed: false });
    const wholly = await post('[{"sku":"c"},{"sku":"b"}]');
    assert.equal(wholly.status, 422);
    assert.equal(Object.hasOwn((await wholly.json()) as object, 'errors'), false);
    assert.equal(content(), '{"1":{"a":{"sku":"a"}}}');
  });

  it('fails by its seed, the same way each time', async () => {
    const run = async () => {
      await fetch(`${pasons.url}/_sim/reset`, { method: 'POST' });
      pasons.behave({ failRate: 0.5, failWith: ['500', '503', '404'], seed: 7 });
      const seen: number[] = [];
      for (let count = 0; count < 20; count++) seen.push((await post('[{"sku":"a"}]')).status);
      return seen;
    };
    const first = await run();
    assert.deepEqual(await run(), first);
    assert.ok(new Set(first).size > 2);
  });

  it('notices what must never happen: a number going back, one item in two requests at once', async () => {
    await post('[{"sku":"a","selling_price":10}]');
    await post('[{"sku":"a","selling_price":9.99}]');
    assert.deepEqual(pasons.store.reversals, [{ store: '1', sku: 'a', had: '10', got: '9.99' }]);
    pasons.behave({ delay: 50 });
    await Promise.all([post('[{"sku":"a","selling_price":11}]'), post('[{"sku":"a","selling_price":12}]')]);
    assert.deepEqual(pasons.overlaps, [{ store: '1', sku: 'a' }]);
  });

  it('never applies a request later than twice the timeout', async () => {
    await pasons.stop();
    pasons = await startPasons({ timeout: 10, behaviour: { delay: 60, applies: 'last' } });
    assert.equal((await post('[{"sku":"a"}]')).status, 504);
    assert.equal(content(), '{}');
  });

  it('finds its content again after a kill, also when the last line was cut', async () => {
    const folder = tempFolder('pasons');
    try {
      const journal = join(folder.path, 'journal');
      await pasons.stop();
      pasons = await startPasons({ journal });
      await post('[{"sku":"a","selling_price":1.10}]');
      await post('[{"sku":"a","selling_price":1.20},{"sku":"b"}]');
      await pasons.stop();
      appendFileSync(journal, '["1",[{"sku":"c"');
      pasons = await startPasons({ journal });
      assert.equal(content(), '{"1":{"a":{"sku":"a","selling_price":1.20},"b":{"sku":"b"}}}');
      for (let count = 0; count < 10; count++) pasons.store.apply('1', [{ sku: 'a', text: 'x'.repeat(1_000_000) }]);
      assert.ok(statSync(journal).size < 10_000_000);
    } finally {
      folder.remove();
      assert.equal(existsSync(folder.path), false);
    }
  });
});
