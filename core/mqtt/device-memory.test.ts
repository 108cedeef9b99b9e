import assert from 'node:assert/strict';
import { DeviceMemory } from './device-memory';
import { DeviceRegistry } from './devices';

const MINUTE = 60_000;
const ME = { id: 'scanner-1', store_id: '1', name: 'Front' };

describe('device memory', () => {
  let now: number;
  let settings: Map<string, string>;
  let writes: number;
  let open: boolean;
  let broken: boolean;
  const ledger = {
    getSetting: async (name: string) => settings.get(name) ?? null,
    setSetting: async (name: string, value: string) => {
      if (broken) throw new Error('the disk is full');
      writes += 1;
      settings.set(name, value);
    },
  };

  /** A process: its registry starts empty and reads what the one before has written. */
  function startProcess(configured = [ME]): { devices: DeviceRegistry; memory: DeviceMemory } {
    const devices = new DeviceRegistry(() => now);
    devices.configure(configured);
    const memory = new DeviceMemory({ broker: 'b', devices, ledgers: () => (open ? [ledger] : []), now: () => now });
    return { devices, memory };
  }

  beforeEach(() => {
    now = Date.UTC(2026, 0, 1, 9);
    settings = new Map();
    writes = 0;
    open = true;
    broken = false;
  });

  it('shows a dead device as silent after a restart, with all that was known of it', async () => {
    const { devices, memory } = startProcess();
    for (let i = 0; i < 5; i++) {
      now += 10 * MINUTE;
      devices.message(ME, (now + 2 * MINUTE) * 1000);
    }
    devices.status(ME, Buffer.from('battery 80 %'));
    const heard = new Date(now).toISOString();
    await memory.look();
    now += 31 * MINUTE;
    await memory.look();
    assert.equal(devices.list()[0]!.silent, true);

    // Killed; an hour later another process starts.
    now += 60 * MINUTE;
    const next = startProcess();
    assert.equal(next.devices.list()[0]!.silent, false);
    await next.memory.look();
    const [state] = next.devices.list();
    assert.deepEqual(
      [state!.silent, state!.last_seen, state!.usual_gap_s, state!.messages, state!.clock, state!.status],
      [true, heard, 600, 5, 'ahead', 'battery 80 %'],
    );
    next.devices.message(ME, now * 1000);
    assert.deepEqual([next.devices.list()[0]!.silent, next.devices.list()[0]!.messages], [false, 6]);
  });

  it('shows a device whose connection broke as dead after a restart, until it comes back', async () => {
    const { devices, memory } = startProcess();
    devices.connected(ME);
    await memory.look();
    devices.disconnected(ME, false);
    await memory.look();
    const next = startProcess();
    await next.memory.look();
    assert.equal(next.devices.list()[0]!.dead, true);
    next.devices.connected(ME);
    assert.equal(next.devices.list()[0]!.dead, false);
  });

  it('does not call a device silent for the time that Shelfwire was down', async () => {
    const { devices, memory } = startProcess();
    devices.message(ME, null);
    await memory.look();
    now += 600 * MINUTE;
    const next = startProcess();
    await next.memory.look();
    assert.equal(next.devices.list()[0]!.silent, false);
    now += 16 * MINUTE;
    assert.equal(next.devices.list()[0]!.silent, true);
  });

  it('lets what was heard since the start stand', async () => {
    const { devices, memory } = startProcess();
    devices.connected(ME);
    devices.message(ME, null);
    devices.disconnected(ME, false);
    await memory.look();
    now += 60 * MINUTE;
    const next = startProcess();
    next.devices.connected(ME);
    next.devices.message(ME, null);
    await next.memory.look();
    const [state] = next.devices.list();
    assert.deepEqual(
      [state!.dead, state!.silent, state!.messages, state!.last_seen],
      [false, false, 2, new Date(now).toISOString()],
    );
  });

  it('writes once a minute, whatever arrives, and at once when a device dies or the process ends', async () => {
    const { devices, memory } = startProcess();
    for (let second = 0; second < 600; second++) {
      now += 1_000;
      for (let i = 0; i < 20; i++) devices.message(ME, null);
      await memory.look();
    }
    assert.equal(writes, 10);
    devices.connected(ME);
    devices.disconnected(ME, false);
    await memory.look();
    assert.equal(writes, 11);
    devices.message(ME, null);
    await memory.flush();
    assert.equal(writes, 12);
    await memory.flush();
    assert.equal(writes, 12);
  });

  it('reads before it writes, however late the ledger opens, and tries again when it could not write', async () => {
    const before = startProcess();
    before.devices.message(ME, null);
    await before.memory.look();
    open = false;
    const { devices, memory } = startProcess();
    devices.message(ME, null);
    await memory.flush();
    open = true;
    broken = true;
    await memory.look();
    assert.equal(devices.list()[0]!.messages, 2);
    broken = false;
    await memory.look();
    assert.equal(JSON.parse(settings.get('devices:b')!).devices[0].messages, 2);
  });

  it('forgets devices whose account is gone, and everything with the broker', async () => {
    const other = { id: 'handheld', store_id: '2' };
    const { devices, memory } = startProcess();
    devices.message(other, null);
    await memory.look();
    const next = startProcess([]);
    await next.memory.look();
    assert.deepEqual(
      next.devices.list().map(({ id }) => id),
      ['handheld'],
    );
    await next.memory.forget();
    assert.equal(settings.get('devices:b'), '');
    const last = startProcess([]);
    await last.memory.look();
    assert.deepEqual(last.devices.list(), []);
  });
});
