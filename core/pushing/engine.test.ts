import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ANSWERS } from '../../connectors/pasons/profile';
import { SendingLedger } from '../../test/support/sending-ledger';
import { type PushJob, push } from './engine';
import type { HttpRequest, HttpResult } from './http';
import type { PushResult } from './result';
import type { PushTarget } from './target';
import type { Ticket } from './ticket';

const NOW = 1_754_087_400_000;

interface Item {
  sku: string;
  selling_price: number;
}

/** Answers as told; `undefined` = takes everything. */
type Script = (items: Item[], request: HttpRequest, count: number) => Partial<HttpResult> | undefined;

function harness(script: Script = () => undefined, more: Partial<PushTarget['definition']> = {}) {
  const requests: HttpRequest[] = [];
  let slots = 0;
  let sending = 0;
  const target: PushTarget = {
    definition: {
      outlet: 'pasons:1',
      platform: 'pasons',
      store_id: '1',
      name: 'Marina',
      enabled: true,
      fields: ['selling_price', 'stock_status'],
      threshold: '0',
      endpoint: 'http://127.0.0.1:1/v1/inventory/1',
      concurrency: 2,
      timeout: 30_000,
      ...more,
    },
    method: 'POST',
    headers: () => ({ 'X-API-Key': 'very-secret' }),
    secrets: () => ['very-secret'],
    succeeds: async () => undefined,
    slot: async () => {
      slots += 1;
      return () => {
        slots -= 1;
      };
    },
  };
  const http = async (request: HttpRequest): Promise<HttpResult> => {
    requests.push(request);
    const items = JSON.parse(Buffer.from(request.body!).toString()) as Item[];
    const given = script(items, request, requests.length) ?? {};
    if ('fault' in given)
      return { answered: false, sent: true, detail: 'cut', statusCode: null, duration_ms: 3, ...given } as HttpResult;
    const answer = { answered: true, statusCode: 200, statusText: 'OK', headers: {}, body: Buffer.from('{}') };
    return { ...answer, duration_ms: 3, ...given } as HttpResult;
  };
  const send = async (ledger: SendingLedger, ticket: Ticket, payload: unknown, job: Partial<PushJob> = {}) => {
    sending += 1;
    const result = await push({
      ledger: ledger.asLedger(),
      http,
      profile: ANSWERS,
      now: () => NOW,
      target,
      ticket,
      payload,
      sliced: false,
      mayHold: () => true,
      ...job,
    });
    sending -= 1;
    if (sending === 0) assert.equal(slots, 0, 'every slot is free again');
    return result;
  };
  return { requests, target, send };
}

const body = (value: unknown) => Buffer.from(JSON.stringify(value));
const skus = (count: number) => Array.from({ length: count }, (_, index) => `S${index + 1}`);
const payload = (ticket: Ticket): Item[] => ticket.entries.map(({ sku }, at) => ({ sku, selling_price: at + 0.5 }));
const codes = (result: PushResult) => result.failed.map(({ error }) => error.code);

describe('pushing: the engine', () => {
  it('sends one request, confirms what a 2xx accepted, and says so', async () => {
    const { send, requests } = harness(() => ({ body: body({ message: 'taken' }) }));
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B']);
    const result = await send(ledger, ticket, payload(ticket));
    assert.deepEqual(ledger.states().confirmed, ['A', 'B']);
    assert.deepEqual(result.accepted?.response, { statusCode: 200, message: 'taken', duration_ms: 3 });
    assert.deepEqual(result.failed, []);
    const [request] = requests;
    assert.equal(
      Buffer.from(request!.body!).toString(),
      '[{"sku":"A","selling_price":0.5},{"sku":"B","selling_price":1.5}]',
    );
    assert.equal(request!.headers['Content-Type'], 'application/json');
    assert.match(request!.headers['Idempotency-Key']!, /^[0-9a-f]{32}$/);
    assert.equal(request!.headers['X-API-Key'], 'very-secret');
  });

  it('matches by the mapped key, never by position, and wraps the list', async () => {
    const { send, requests } = harness((_items, _request) => undefined);
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B', 'C'], {
      mapping: { fingerprint: 'f', key: 'product_id', wrap: '{"branch_id":"{store_id}","products":"{items}"}' },
    });
    ticket.entries.forEach((entry, index) => {
      entry.key = String(index + 10);
    });
    const items = [
      { product_id: 12, price: 3 },
      { product_id: '10', price: 1 },
      { product_id: 99, price: 9 },
      { product_id: 12, price: 4 },
      'nonsense',
    ];
    const result = await send(ledger, ticket, items);
    assert.equal(
      Buffer.from(requests[0]!.body!).toString(),
      '{"branch_id":"1","products":[{"product_id":12,"price":3},{"product_id":"10","price":1}]}',
    );
    assert.deepEqual(ledger.states().confirmed, ['A', 'C']);
    assert.deepEqual(
      ledger.droppedEntries.map(({ sku }) => sku),
      ['B'],
    );
    assert.deepEqual(result.foreign, [items[2], items[3], 'nonsense']);
  });

  it('gives back a message whose list was lost in the flow', async () => {
    const { send, requests } = harness();
    for (const bad of [undefined, 'text', { items: [] }, []]) {
      const ledger = new SendingLedger();
      const result = await send(ledger, ledger.ticket(['A']), bad);
      assert.deepEqual(ledger.states().waiting, ['A']);
      assert.deepEqual(codes(result), Array.isArray(bad) ? [] : ['payload_not_a_list']);
    }
    assert.equal(requests.length, 0);
  });

  it('slices a long list itself when no chunker did', async () => {
    const { send, requests } = harness();
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(skus(1201));
    await send(ledger, ticket, payload(ticket));
    assert.deepEqual(
      requests.map((r) => JSON.parse(Buffer.from(r.body!).toString()).length),
      [500, 500, 201],
    );
    assert.equal(ledger.states().confirmed.length, 1201);
    const sliced = ledger.ticket(skus(600));
    await send(ledger, sliced, payload(sliced), { sliced: true });
    assert.equal(requests.length, 4);
  });

  it('refuses only what a 2xx names', async () => {
    const answer = { errors: [{ sku: 'B', code: 'gone', message: 'not listed, key very-secret' }] };
    const { send } = harness(() => ({ body: body(answer) }));
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B']);
    const result = await send(ledger, ticket, payload(ticket));
    assert.deepEqual(ledger.states().confirmed, ['A']);
    assert.deepEqual(ledger.states().refused, ['B']);
    assert.deepEqual(result.accepted?.items, [{ sku: 'A', selling_price: 0.5 }]);
    const [failed] = result.failed;
    assert.deepEqual(failed!.refused, [{ sku: 'B', code: 'gone', message: 'not listed, key ***' }]);
    assert.deepEqual(failed!.ticket.entries, []);
    assert.equal(failed!.error.retryable, false);
    assert.ok(!JSON.stringify([result, ledger.outcomes]).includes('very-secret'), 'no secret is kept or shown');
  });

  it('sends the rest again at once when a 4xx names items', async () => {
    const { send, requests } = harness((items) =>
      items.some(({ sku }) => sku === 'B') ? { statusCode: 422, body: body({ failed: [{ index: 1 }] }) } : undefined,
    );
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B', 'C']);
    const result = await send(ledger, ticket, payload(ticket));
    assert.deepEqual(ledger.states(), { sending: [], confirmed: ['A', 'C'], refused: ['B'], waiting: [], unknown: [] });
    assert.equal(requests.length, 2);
    assert.notEqual(requests[0]!.headers['Idempotency-Key'], requests[1]!.headers['Idempotency-Key']);
    assert.deepEqual(codes(result), ['items_refused']);
  });

  it('halves a refused form until the guilty item is alone', async () => {
    const { send, requests } = harness((items) =>
      items.some(({ sku }) => sku === 'S377') ? { statusCode: 400, body: body({ message: 'bad price' }) } : undefined,
    );
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(skus(500));
    const result = await send(ledger, ticket, payload(ticket));
    assert.deepEqual(ledger.states().refused, ['S377']);
    assert.equal(ledger.states().confirmed.length, 499);
    assert.ok(requests.length <= 20, `${requests.length} requests`);
    assert.deepEqual(result.failed[0]!.refused, [{ sku: 'S377', code: 'http_400', message: 'HTTP 400: bad price' }]);
  });

  it('takes three refusals alike with nothing accepted for a fault of the form, and refuses nothing', async () => {
    const { send, requests } = harness(() => ({ statusCode: 415, body: body({ message: 'unsupported' }) }));
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(skus(500));
    const result = await send(ledger, ticket, payload(ticket));
    assert.deepEqual(ledger.states().refused, []);
    assert.equal(ledger.states().waiting.length, 500);
    assert.ok(requests.length < 30, `${requests.length} requests`);
    assert.deepEqual(codes(result), ['outlet_fault']);
    const fault = result.failed[0]!;
    assert.deepEqual([fault.items.length, fault.refused], [3, []]);
    assert.match(fault.error.message, /the platform refuses the form of our message.*Check the field mapper/);
    assert.equal(fault.error.retryable, false);
  });

  it('refuses any number of items with one answer when others of the message were accepted', async () => {
    for (const guilty of [
      [7, 8, 9],
      [0, 1, 2, 3],
      [1, 3, 5, 7],
    ]) {
      const bad = new Set(guilty.map((at) => `S${at + 1}`));
      const { send } = harness((items) =>
        items.some(({ sku }) => bad.has(sku)) ? { statusCode: 422, body: body({ message: 'not listed' }) } : undefined,
      );
      const ledger = new SendingLedger();
      const ticket = ledger.ticket(skus(10));
      const result = await send(ledger, ticket, payload(ticket));
      const { refused, confirmed, waiting } = ledger.states();
      assert.deepEqual([refused, confirmed.length, waiting], [[...bad], 10 - bad.size, []], `${guilty}`);
      assert.deepEqual(codes(result), ['items_refused']);
    }
  });

  it('keeps the lease for a retry after an outage, and lets go where nobody retries', async () => {
    for (const [held, job] of [
      [true, {}],
      [false, { mayHold: () => false }],
    ] as const) {
      const { send } = harness(() => ({ statusCode: 503, headers: { 'retry-after': '20' } }));
      const ledger = new SendingLedger();
      const ticket = ledger.ticket(['A']);
      const result = await send(ledger, ticket, payload(ticket), job);
      const { outcome } = ledger.outcomes[0]!;
      assert.equal(outcome.kind === 'outage' && outcome.holdUntil, held ? NOW + 50_000 : null);
      assert.equal(outcome.kind === 'outage' && outcome.uncertain, true);
      assert.deepEqual(ledger.states()[held ? 'sending' : 'waiting'], ['A']);
      const [failed] = result.failed;
      assert.equal(failed!.error.retryable, held);
      assert.equal(failed!.error.retryAfter, 20);
      assert.equal(failed!.error.statusCode, 503);
      assert.equal(failed!.ticket.entries.length, held ? 1 : 0);
      assert.equal(failed!.ticket.chunk, held ? 'c1' : undefined);
    }
  });

  it('gives a probe one try, and a refused key none more', async () => {
    const { send } = harness((_items, _request, count) => ({ statusCode: count === 1 ? 500 : 401 }));
    const ledger = new SendingLedger();
    const probe = ledger.ticket(['A'], { probe: true });
    const first = await send(ledger, probe, payload(probe));
    assert.equal(first.failed[0]!.error.retryable, false);
    const ticket = ledger.ticket(['B']);
    const second = await send(ledger, ticket, payload(ticket));
    assert.deepEqual(codes(second), ['key_refused']);
    assert.equal(second.failed[0]!.error.reach, 'key_refused');
    assert.deepEqual(ledger.states().waiting, ['A', 'B']);
    assert.deepEqual(ledger.states().refused, []);
  });

  it('tries the failed message again: same body, same key, and without what has a newer value', async () => {
    const { send, requests } = harness((_items, _request, count) => (count < 3 ? { statusCode: 503 } : undefined));
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B']);
    const first = await send(ledger, ticket, payload(ticket));
    const second = await send(ledger, first.failed[0]!.ticket, first.failed[0]!.items);
    assert.equal(ledger.chunks.size, 1);
    assert.deepEqual(requests[1]!.body, requests[0]!.body);
    assert.equal(requests[1]!.headers['Idempotency-Key'], requests[0]!.headers['Idempotency-Key']);
    ledger.items.get(1)!.newer = true;
    const third = await send(ledger, second.failed[0]!.ticket, second.failed[0]!.items);
    assert.deepEqual(ledger.states(), { sending: [], confirmed: ['B'], refused: [], waiting: ['A'], unknown: [] });
    assert.deepEqual(third.accepted?.items, [{ sku: 'B', selling_price: 1.5 }]);
    assert.notEqual(requests[2]!.headers['Idempotency-Key'], requests[0]!.headers['Idempotency-Key']);
  });

  it('repeats an unknown outcome with the identical body and key, whatever the flow made of the list', async () => {
    const { send, requests } = harness((_items, _request, count) =>
      count === 1 ? ({ fault: 'connection_lost' } as never) : count === 2 ? { statusCode: 503 } : undefined,
    );
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B']);
    const first = await send(ledger, ticket, payload(ticket));
    assert.deepEqual(codes(first), ['connection_lost']);
    assert.equal(first.failed[0]!.ticket.repeat, true);
    ledger.items.get(1)!.newer = true;
    const second = await send(ledger, first.failed[0]!.ticket, [{ sku: 'A', selling_price: 77 }]);
    assert.deepEqual(codes(second), ['platform_error']);
    assert.equal(second.failed[0]!.ticket.repeat, true, "an outage's answer to a repeat settles nothing");
    const third = await send(ledger, second.failed[0]!.ticket, undefined);
    assert.equal(third.accepted?.ticket.entries.length, 2);
    assert.deepEqual(ledger.states().confirmed, ['A', 'B']);
    for (const request of requests) {
      assert.deepEqual(request.body, requests[0]!.body);
      assert.equal(request.headers['Idempotency-Key'], requests[0]!.headers['Idempotency-Key']);
    }
  });

  it('knows by which key a repeated body names an item, whatever other lists are around it', async () => {
    const { send } = harness((_body, _request, count) =>
      count === 1
        ? ({ fault: 'timeout' } as never)
        : { body: body({ errors: [{ product_id: 'AE-A', code: 'gone' }] }) },
    );
    const ledger = new SendingLedger();
    const wrap = '{"channels":["web"],"products":"{items}"}';
    const ticket = ledger.ticket(['A'], { mapping: { fingerprint: 'f', key: 'product_id', wrap } });
    ticket.entries[0]!.key = 'AE-A';
    const first = await send(ledger, ticket, [{ product_id: 'AE-A', price: 1 }]);
    await send(ledger, first.failed[0]!.ticket, []);
    assert.deepEqual(ledger.states(), { sending: [], confirmed: [], refused: ['A'], waiting: [], unknown: [] });
  });

  it('does not take a refused form of a repeat for an answer, but a refusal of items for one', async () => {
    const { send } = harness((_items, _request, count) =>
      count === 1
        ? ({ fault: 'timeout' } as never)
        : count === 2
          ? { statusCode: 409, body: body({ message: 'in progress' }) }
          : { statusCode: 422, body: body({ errors: [{ sku: 'B', code: 'gone' }] }) },
    );
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B']);
    const first = await send(ledger, ticket, payload(ticket));
    const held = first.failed[0]!.ticket;
    const second = await send(ledger, held, payload(ticket));
    assert.deepEqual(codes(second), ['repeat_refused']);
    assert.deepEqual(ledger.states().unknown, ['A', 'B']);
    assert.deepEqual(ledger.states().refused, []);
    for (const entry of ledger.items.values()) Object.assign(entry, { state: 'sending', lease: 99 });
    const taken = { ...ticket, chunk: 'c1', repeat: true, entries: ticket.entries.map((e) => ({ ...e, lease: 99 })) };
    await send(ledger, taken, []);
    assert.deepEqual(ledger.states(), { sending: [], confirmed: [], refused: ['B'], waiting: ['A'], unknown: [] });
  });

  it('sends one of two copies of a message, and reports the other', async () => {
    const { send, requests } = harness();
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B']);
    const copy = structuredClone(ticket);
    const results = await Promise.all([send(ledger, ticket, payload(ticket)), send(ledger, copy, payload(copy))]);
    assert.equal(requests.length, 1);
    assert.deepEqual(results.flatMap(codes), ['lease_lost']);
    assert.deepEqual(ledger.states().confirmed, ['A', 'B']);
  });

  it('leaves out what another branch took, and sends the rest', async () => {
    const { send, requests } = harness();
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B', 'C']);
    ledger.items.get(2)!.lease = 1000;
    const result = await send(ledger, ticket, payload(ticket));
    assert.equal(requests.length, 1);
    assert.deepEqual(codes(result), ['lease_lost']);
    assert.deepEqual(result.failed[0]!.items, [{ sku: 'B', selling_price: 1.5 }]);
    assert.deepEqual(ledger.states().confirmed, ['A', 'C']);
  });

  it('stops where the ledger says so, and gives everything back', async () => {
    const { send, requests } = harness();
    const ledger = new SendingLedger();
    ledger.stop = 'paused';
    const ticket = ledger.ticket(skus(600));
    const result = await send(ledger, ticket, payload(ticket));
    assert.equal(requests.length, 0);
    assert.deepEqual(codes(result), ['paused']);
    assert.equal(ledger.states().waiting.length, 600);
    assert.equal(ledger.begun.length, 1);
  });

  it('stops at an outage: what was not tried is held for the same retry, or waits', async () => {
    for (const held of [true, false]) {
      const { send, requests } = harness((_items, _request, count) => (count === 2 ? { statusCode: 500 } : undefined));
      const ledger = new SendingLedger();
      const ticket = ledger.ticket(skus(1200));
      const result = await send(ledger, ticket, payload(ticket), { mayHold: () => held });
      assert.equal(requests.length, 2);
      assert.equal(ledger.states().confirmed.length, 500);
      assert.equal(ledger.states()[held ? 'sending' : 'waiting'].length, 700);
      assert.deepEqual(
        result.failed.map(({ ticket: { entries } }) => entries.length),
        held ? [500, 200] : [0],
      );
      if (!held) continue;
      assert.equal(result.failed[1]!.ticket.chunk, undefined);
      for (const part of result.failed) await send(ledger, part.ticket, part.items);
      assert.equal(ledger.states().confirmed.length, 1200);
    }
  });

  it('sends nothing to an outlet that is gone, off or without an address, and simulated numbers to this machine only', async () => {
    for (const [definition, kind, code] of [
      [null, 'live', 'outlet_gone'],
      [{ enabled: false }, 'live', 'outlet_off'],
      [{ endpoint: null }, 'live', 'endpoint_unset'],
      [{ endpoint: 'https://api.pasons.ae/' }, 'demo', 'demo_ledger'],
    ] as const) {
      const { send, requests, target } = harness(undefined, definition ?? {});
      const ledger = new SendingLedger(kind);
      const ticket = ledger.ticket(['A']);
      const result = await send(ledger, ticket, payload(ticket), { target: definition === null ? undefined : target });
      assert.deepEqual(codes(result), [code]);
      assert.deepEqual(ledger.states().waiting, ['A']);
      assert.equal(requests.length, 0);
      assert.equal(ledger.failures.length, kind === 'demo' ? 1 : 0);
    }
  });

  it("sends an operator's own list as it is; what it refuses says nothing about the ledger's values", async () => {
    const { send, requests } = harness(() => ({ body: body({ errors: [{ sku: 'A', code: 'gone' }] }) }));
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A', 'B'], { list: true });
    const list = [
      { sku: 'B', x: 1 },
      { sku: 'unknown', x: 2 },
      { sku: 'A', x: 3 },
    ];
    const result = await send(ledger, ticket, list);
    assert.deepEqual(JSON.parse(Buffer.from(requests[0]!.body!).toString()), list);
    assert.deepEqual(ledger.states().refused, []);
    assert.deepEqual(result.accepted?.items, [list[0], list[1]]);
    assert.deepEqual(
      result.failed[0]!.refused.map(({ sku }) => sku),
      ['A'],
    );

    const unknown = ledger.ticket([], { list: true });
    const second = await send(ledger, unknown, [{ sku: 'nobody' }]);
    assert.equal(requests.length, 2);
    assert.equal(second.accepted?.items.length, 1);
  });

  it('gives back what cannot be encoded', async () => {
    const { send, requests } = harness();
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A']);
    const result = await send(ledger, ticket, [{ sku: 'A', n: 1n }]);
    assert.equal(requests.length, 0);
    assert.deepEqual(codes(result), ['body_invalid']);
    assert.deepEqual(ledger.states().waiting, ['A']);
  });

  it('gives back what waits for a slot when the node closes', async () => {
    const { send, requests, target } = harness();
    const ledger = new SendingLedger();
    const ticket = ledger.ticket(['A']);
    const closing = { ...target, slot: () => Promise.reject(new Error('aborted')) };
    const result = await send(ledger, ticket, payload(ticket), { target: closing });
    assert.deepEqual([codes(result), requests.length, ledger.states().waiting], [['aborted'], 0, ['A']]);
  });

  it('settles every item exactly once, however guilt, outages and names are spread', async () => {
    const plan = fc.record({
      size: fc.integer({ min: 1, max: 60 }),
      guilty: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
      named: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
      limit: fc.integer({ min: 1, max: 60 }),
      outageAt: fc.option(fc.integer({ min: 1, max: 12 })),
      hold: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ size, guilty, named, limit, outageAt, hold }) => {
        const isGuilty = new Set(guilty.map((n) => `S${n}`));
        const isNamed = new Set(named.map((n) => `S${n}`));
        const { send, requests } = harness((items, _request, count) => {
          if (count === outageAt) return { statusCode: 500 };
          if (items.length > limit) return { statusCode: 413 };
          const hit = items.filter(({ sku }) => isNamed.has(sku));
          if (hit.length > 0) return { statusCode: 422, body: body({ errors: hit.map(({ sku }) => ({ sku })) }) };
          const bad = items.find(({ sku }) => isGuilty.has(sku));
          // Each guilty item has an answer of its own: no outlet fault.
          return bad ? { statusCode: 400, body: body({ message: items.length === 1 ? bad.sku : 'bad' }) } : undefined;
        });
        const ledger = new SendingLedger();
        const ticket = ledger.ticket(skus(size));
        const result = await send(ledger, ticket, payload(ticket), { mayHold: () => hold });
        let parts = result.failed.filter(({ error }) => error.retryable);
        while (parts.length > 0) {
          const again: typeof parts = [];
          for (const part of parts) {
            const next = await send(ledger, part.ticket, part.items, { mayHold: () => hold });
            again.push(...next.failed.filter(({ error }) => error.retryable));
          }
          parts = again;
        }
        const states = ledger.states();
        assert.deepEqual(states.sending, [], 'nothing is left behind');
        assert.deepEqual(states.unknown, []);
        const whole = outageAt === null || hold || requests.length < outageAt;
        if (whole) assert.deepEqual(states.waiting, []);
        for (const sku of states.refused) assert.ok(isGuilty.has(sku) || isNamed.has(sku), `${sku} is innocent`);
        for (const sku of states.confirmed) assert.ok(!isGuilty.has(sku) && !isNamed.has(sku));
        assert.equal(states.confirmed.length + states.refused.length + states.waiting.length, size);
        const confirmed = new Map<string, number>();
        for (const { chunk, outcome } of ledger.outcomes) {
          if (outcome.kind !== 'accepted') continue;
          for (const item of ledger.chunks.get(chunk)!.items) {
            const sku = ledger.items.get(item)!.sku;
            confirmed.set(sku, (confirmed.get(sku) ?? 0) + 1);
          }
        }
        assert.ok([...confirmed.values()].every((times) => times === 1));
      }),
      { numRuns: 200 },
    );
  });
});
