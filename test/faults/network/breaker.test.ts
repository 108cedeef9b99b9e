/** A platform that is down is asked now and then, not hammered; the others go on; it recovers by itself. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { answerWell, FaultServer, respond, WELL } from '../../support/fault-server';
import { ITEMS, Line, OUTLET } from './line';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const down =
  (headers: Record<string, string> = {}, status = '503 Service Unavailable') =>
  (socket: Socket) =>
    respond(socket, status, headers, '{"message":"down"}');

describe('network: the circuit breaker', function () {
  this.timeout(60_000);
  let platform: FaultServer;
  let line: Line;
  beforeEach(async () => {
    platform = await FaultServer.start();
  });
  afterEach(async () => {
    await line.close();
    await platform.stop();
  });

  /** Nothing is looked at more often than once in half a second, as changed stock does. @returns seconds at which requests came */
  async function live(ms: number): Promise<number[]> {
    const at: number[] = [];
    for (let passed = 0; passed < ms; passed += 500) {
      const before = platform.requests.length;
      await line.pump();
      for (let n = before; n < platform.requests.length; n++) at.push(passed / SECOND);
      line.advance(500);
    }
    return at;
  }

  it('is asked after 1 s, doubling to 60 s, with one request each, and drains by itself', async () => {
    platform.behaviour = { request: down() };
    line = new Line(platform.url(), 10_000);
    await line.open(3_000);
    const asked = await live(20 * MINUTE);
    assert.deepEqual(asked.slice(0, 9), [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    const gaps = asked.slice(6).map((at, index, all) => at - (all[index - 1] ?? at - 60));
    assert.ok(
      gaps.every((gap) => gap >= 60 && gap <= 61),
      `${gaps}`,
    );
    assert.deepEqual(await line.states(), { waiting: 3_000 });
    platform.behaviour = WELL;
    await live(MINUTE + SECOND);
    assert.deepEqual(await line.states(), { in_sync: 3_000 });
    assert.equal((await line.outlet()).connected, true);
  });

  for (const seconds of [90, 7_200]) {
    it(`Retry-After of ${seconds} s wins`, async () => {
      platform.behaviour = { request: down({ 'Retry-After': String(seconds) }) };
      line = new Line(platform.url(), 10_000);
      await line.open();
      const asked = await live((seconds + 5) * SECOND);
      assert.equal(asked.length, 2, `${asked}`);
      assert.ok(asked[1]! >= seconds);
    });
  }

  for (const hold of [true, false]) {
    it(`also that of a gateway that gave up waiting (${hold ? 'a retry holds the message' : 'nobody tries again'})`, async () => {
      platform.behaviour = { request: down({ 'Retry-After': '15' }, '504 Gateway Timeout') };
      line = new Line(platform.url(), 10_000);
      await line.open();
      const [late] = (await line.take(hold)).failed;
      assert.deepEqual([late?.error.code, late?.error.retryAfter], ['gateway_timeout', 15]);
      platform.behaviour = WELL;
      assert.deepEqual(await live(15 * SECOND), []);
      if (hold) assert.ok((await line.send(late!, true)).accepted);
      else await line.pump();
      assert.deepEqual(await line.states(), { in_sync: ITEMS });
      assert.equal(platform.requests[1]?.headers['idempotency-key'], platform.requests[0]?.headers['idempotency-key']);
    });
  }

  it('leaves the other outlets of this account and of others alone', async () => {
    platform.behaviour = { request: () => {} };
    const well = await FaultServer.start();
    line = new Line(
      [
        { store_id: '1', endpoint: platform.url() },
        { store_id: '2', endpoint: well.url() },
        { store_id: '3', endpoint: well.url('localhost') },
      ],
      300,
    );
    try {
      await line.open(1_500);
      await live(120 * SECOND);
      for (const id of ['pasons:2', 'pasons:3']) {
        assert.deepEqual(await line.states(id), { in_sync: 1_500 });
        assert.equal((await line.outlet(id)).reach, 'ok');
      }
      assert.deepEqual(await line.states(), { waiting: 1_500 });
      assert.equal(well.requests.length, 4);
      assert.ok(platform.requests.length < 12, `${platform.requests.length} requests`);
    } finally {
      await well.stop();
    }
  });

  it('survives a restart', async () => {
    platform.behaviour = { request: down({ 'Retry-After': '600' }) };
    line = new Line(platform.url(), 10_000);
    await line.open();
    await live(10 * SECOND);
    const { not_before, reach_message } = await line.outlet();
    await line.restart();
    assert.deepEqual(
      [(await line.outlet()).not_before, (await line.outlet()).reach_message],
      [not_before, reach_message],
    );
    platform.behaviour = WELL;
    assert.deepEqual(await live(580 * SECOND), []);
    await live(20 * SECOND);
    assert.deepEqual(await line.states(), { in_sync: ITEMS });
  });

  it('what a platform asks for holds for every message on its way, and each push goes on afterwards', async () => {
    platform.behaviour = { request: down({ 'Retry-After': '30' }, '429 Too Many Requests') };
    line = new Line(platform.url(), 10_000);
    await line.open(2_000);
    const [first, second] = [await line.lend(), await line.lend()];
    const [held] = (await line.send(first!, true)).failed;
    assert.equal(held?.error.retryAfter, 30);
    const [sentAway] = (await line.send(second!, true)).failed;
    assert.equal(sentAway?.error.code, 'asked_to_wait');
    assert.match(sentAway.error.message, /asked to be left alone.*Nothing is lost/);
    assert.equal(platform.requests.length, 1);
    assert.deepEqual(await line.states(), { sending: 1_000, waiting: 1_000 });
    assert.equal((await line.outlet()).connected, false);
    // The retry's own message, and the rest of its push after it.
    platform.behaviour = WELL;
    line.advance(30 * SECOND);
    assert.ok((await line.send(held, true)).accepted);
    await line.pump();
    assert.deepEqual(await line.states(), { in_sync: 2_000 });
    const [push, ...more] = (await line.ledger.pushes({})).pushes;
    assert.equal(more.length, 0);
    assert.deepEqual([push?.status, push?.item_count, push?.confirmed], ['success', 2_000, 2_000]);
  });

  for (const hold of [true, false]) {
    const how = hold ? 'a retry holds the message' : 'nobody tries again';
    it(`what a platform asks for outlives the good answer to a request that had left before (${how})`, async () => {
      const answers = [down({ 'Retry-After': '30' }, '429 Too Many Requests')];
      platform.behaviour = {
        request: (socket) => (answers.shift() ?? ((late: Socket) => setTimeout(() => answerWell(late), 200)))(socket),
      };
      line = new Line(platform.url(), 10_000);
      await line.open(4_000);
      const lent = [await line.lend(), await line.lend()];
      const [limited, good] = await Promise.all(lent.map((each) => line.send(each!, hold)));
      assert.deepEqual([limited?.failed[0]?.error.code, good?.accepted?.items.length], ['rate_limited', 1_000]);
      platform.behaviour = WELL;
      assert.deepEqual(await live(30 * SECOND), []);
      if (hold) assert.ok((await line.send(limited!.failed[0]!, true)).accepted);
      await line.pump();
      assert.deepEqual(await line.states(), { in_sync: 4_000 });
    });
  }

  it('messages that a flow sends back at once, again and again, become a probe', async () => {
    platform.behaviour = { request: down() };
    line = new Line(platform.url(), 10_000);
    await line.open(2_000);
    let parts = [(await line.take(true)).failed[0]!, (await line.take(true)).failed[0]!];
    for (let round = 0; round < 500 && parts.length > 0; round++) {
      const results = await Promise.all(parts.map((part) => line.send(part, true)));
      parts = results.flatMap(({ failed }) => failed).filter(({ error }) => error.retryable);
    }
    assert.deepEqual(parts, [], 'messages go round for ever');
    assert.ok(platform.requests.length <= 33, `${platform.requests.length} requests`);
    assert.equal((await line.outlet()).reach, 'not_reachable');
    const before = platform.requests.length;
    // Also while it is probed.
    for (let second = 0; second < 60; second += 0.5) {
      line.advance(500);
      for (let lent = await line.lend(); lent; lent = await line.lend()) {
        for (let part = (await line.send(lent, true)).failed[0]; part?.error.retryable; )
          part = (await line.send(part, true)).failed[0];
      }
    }
    assert.ok(platform.requests.length - before <= 6, `${platform.requests.length - before} probes in a minute`);
    platform.behaviour = WELL;
    line.advance(61 * SECOND);
    await line.pump();
    assert.deepEqual(await line.states(), { in_sync: 2_000 });
  });

  it('while it is open, only one message at a time is sent, and none before its time', async () => {
    line = new Line(platform.url(), 10_000);
    await line.open(3_000);
    const lent = [await line.lend(), await line.lend(), await line.lend()];
    platform.behaviour = { request: down() };
    await line.send(lent[0]!, false);
    const early = (await line.send(lent[1]!, true)).failed[0];
    assert.equal(early?.error.code, 'outlet_not_reachable');
    assert.equal(early.error.retryable, false);
    assert.equal(platform.requests.length, 1);
    line.advance(SECOND);
    platform.behaviour = { request: (socket) => void setTimeout(() => answerWell(socket), 100) };
    const [probe, beside] = await Promise.all([line.send(lent[2]!, true), line.lend()]);
    assert.ok(probe.accepted);
    assert.equal(beside, null);
    await line.pump();
    assert.deepEqual(await line.states(OUTLET), { in_sync: 3_000 });
  });
});
