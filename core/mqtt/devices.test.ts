import assert from 'node:assert/strict';
import { DeviceRegistry } from './devices';

const MINUTE = 60_000;
const ME = { id: 'scanner-1', store_id: '1', name: 'Front' };

describe('device registry', () => {
  let now: number;
  let registry: DeviceRegistry;
  const me = () => registry.list().find(({ id }) => id === ME.id)!;

  beforeEach(() => {
    now = Date.UTC(2026, 0, 1, 9);
    registry = new DeviceRegistry(() => now, 3);
    registry.configure([ME]);
  });

  it('calls a device silent after three times its usual gap, at least 15 minutes', () => {
    for (let i = 0; i < 10; i++) {
      registry.message(ME, null);
      now += 10 * MINUTE;
    }
    assert.equal(me().usual_gap_s, 600);
    now += 20 * MINUTE;
    assert.equal(me().silent, false);
    now += 1;
    assert.equal(me().silent, true);
    registry.message(ME, null);
    assert.equal(me().silent, false);

    const busy = { id: 'busy', store_id: '1' };
    for (let i = 0; i < 10; i++) {
      registry.message(busy, null);
      now += 1_000;
    }
    now += 14 * MINUTE;
    assert.equal(registry.list().find(({ id }) => id === 'busy')!.silent, false);
    now += MINUTE;
    assert.equal(registry.list().find(({ id }) => id === 'busy')!.silent, true);
  });

  it('calls a configured device silent that was never heard', () => {
    assert.deepEqual([me().silent, me().last_seen], [false, null]);
    now += 16 * MINUTE;
    assert.equal(me().silent, true);
  });

  it('finds a clock that is ahead at once, one that is behind when it never catches up', () => {
    registry.message(ME, now * 1000);
    assert.equal(me().clock, 'ok');
    registry.message(ME, (now + 5 * MINUTE) * 1000);
    assert.deepEqual([me().clock, me().clock_offset_s], ['ahead', 300]);
    // A backlog after an outage: old at first, then up to date.
    for (let lag = 60; lag >= 0; lag -= 10) registry.message(ME, (now - lag * MINUTE) * 1000);
    assert.equal(me().clock, 'ok');
    for (let i = 0; i < 8; i++) registry.message(ME, (now - 120 * MINUTE) * 1000);
    assert.deepEqual([me().clock, me().clock_offset_s], ['behind', -7200]);
    assert.equal(registry.counts().clock, 1);
  });

  it('reads states as text or JSON, and is dead only while it is not connected', () => {
    registry.connected(ME);
    registry.status(ME, Buffer.from('{"status":"offline"}'));
    assert.deepEqual([me().status, me().dead], ['offline', false]);
    registry.disconnected(ME, false);
    assert.equal(me().dead, true);
    assert.deepEqual(registry.counts(), { devices: 1, connected: 0, silent: 0, dead: 1, clock: 0 });
    registry.connected(ME);
    assert.deepEqual([me().dead, me().connections], [false, 1]);
    registry.disconnected(ME, true);
    registry.status(ME, Buffer.from('x'.repeat(10_000)));
    assert.deepEqual([me().dead, me().status!.length], [false, 200]);
  });

  it('remembers a bounded number, and forgets the configured last', () => {
    for (let i = 0; i < 50; i++) {
      now += 1;
      registry.message({ id: `d${i}`, store_id: '1' }, null);
    }
    assert.deepEqual(
      registry.list().map(({ id }) => id),
      ['scanner-1', 'd48', 'd49'],
    );
    registry.configure([{ id: 'scanner-9', store_id: '9' }]);
    assert.ok(!registry.list().some(({ id }) => id === 'scanner-1'));
  });
});
