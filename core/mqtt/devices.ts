/**
 * What is known of the in-store devices: when each was heard last, whether it is silent, dead or has a wrong clock.
 * Bounded; saved and restored by `device-memory.ts`. The time that Shelfwire itself was down is no silence of a device.
 */
import type { Instant } from '../stock/time';

export interface DeviceIdentity {
  id: string;
  store_id: string;
  name?: string;
  /** It may not connect, so nobody waits for it. */
  disabled?: boolean;
}

export type Clock = 'ok' | 'ahead' | 'behind' | 'unknown';

export interface DeviceState {
  id: string;
  store_id: string;
  name: string;
  /** Open connections; null where the broker does not tell (external). */
  connections: number | null;
  /** Messages so far. */
  messages: number;
  /** ISO time of the last message, null = none yet. */
  last_seen: string | null;
  /** Median of the last gaps between messages, seconds. */
  usual_gap_s: number | null;
  /** Not heard for three times its usual gap, at least 15 minutes. */
  silent: boolean;
  disabled: boolean;
  /** Its will was published, or it said that it is going offline, or its connection broke and did not come back. */
  dead: boolean;
  clock: Clock;
  /** Seconds by which its clock is ahead (negative: behind) of ours. */
  clock_offset_s: number | null;
  /** What it published last on its status topic. */
  status: string | null;
  status_at: string | null;
}

interface Device {
  identity: DeviceIdentity;
  /** Whether somebody configured it (then it is never evicted). */
  known: boolean;
  connections: number | null;
  messages: number;
  /** From when its silence counts. */
  heardFrom: number;
  lastSeen: number | null;
  gaps: number[];
  /** Their median, once somebody asked for it; undefined = not since the last message. */
  gap: number | null | undefined;
  lags: number[];
  /** Said (or its will said) that it is offline, or its connection broke. */
  offline: boolean;
  status: string | null;
  statusAt: number | null;
}

/** A device as it is kept over a restart. */
export interface SavedDevice extends Omit<Device, 'connections' | 'gap'> {}

export interface SavedDevices {
  at: number;
  devices: SavedDevice[];
}

const GAPS = 32;
/** Of them, what is kept over a restart. */
const SAVED_GAPS = 8;
const LAGS = 8;
const MIN_SILENCE_MS = 15 * 60_000;
const AHEAD_MS = 60_000;
/** A device that was offline sends old events late, so only a lag that never shrinks is its clock. */
const BEHIND_MS = 10 * 60_000;
const STATUS_CHARACTERS = 200;
const OFFLINE = /\b(offline|dead|lost|disconnected|down)\b/i;

export class DeviceRegistry {
  private readonly devices = new Map<string, Device>();
  private readonly now: () => number;
  private readonly limit: number;
  /** Goes up with everything that is worth saving. */
  changes = 0;

  /** @param limit devices that are remembered; the one not heard for longest goes first */
  constructor(now: () => number, limit = 10_000) {
    this.now = now;
    this.limit = limit;
  }

  /** Declares the configured devices; those of before that are missing now are forgotten. */
  configure(identities: readonly DeviceIdentity[]): void {
    const keys = new Set(identities.map(keyOf));
    for (const [key, device] of this.devices) if (device.known && !keys.has(key)) this.devices.delete(key);
    for (const identity of identities) {
      const device = this.get(identity);
      device.identity = identity;
      device.known = true;
      device.connections ??= 0;
    }
  }

  connected(identity: DeviceIdentity): void {
    const device = this.touched(identity);
    device.connections = (device.connections ?? 0) + 1;
    device.offline = false;
  }

  /** @param goodbye the device took its leave (DISCONNECT) */
  disconnected(identity: DeviceIdentity, goodbye: boolean): void {
    const device = this.touched(identity);
    device.connections = Math.max(0, (device.connections ?? 1) - 1);
    if (device.connections === 0 && !goodbye) device.offline = true;
  }

  /** @param occurredAt the newest source time in the message, null when it had none */
  message(identity: DeviceIdentity, occurredAt: Instant | null): void {
    const device = this.touched(identity);
    const now = this.now();
    if (device.lastSeen !== null) push(device.gaps, Math.max(0, now - device.lastSeen), GAPS);
    device.gap = undefined;
    device.messages += 1;
    device.lastSeen = now;
    device.heardFrom = now;
    device.offline = false;
    if (occurredAt !== null) push(device.lags, now - occurredAt / 1000, LAGS);
  }

  /** A message on the device's status topic: text, or JSON with `status`. Wills come here too. */
  status(identity: DeviceIdentity, payload: Buffer): void {
    const device = this.touched(identity);
    device.status = readStatus(payload);
    device.statusAt = this.now();
    device.offline = OFFLINE.test(device.status);
  }

  list(): DeviceState[] {
    const now = this.now();
    return [...this.devices.values()].map((device) => describe(device, now));
  }

  /** How many there are, and how many of them need a look. */
  counts(): { devices: number; connected: number; silent: number; dead: number; clock: number } {
    const counts = { devices: 0, connected: 0, silent: 0, dead: 0, clock: 0 };
    for (const device of this.list()) {
      counts.devices += 1;
      if (device.connections) counts.connected += 1;
      if (device.dead) counts.dead += 1;
      else if (device.silent) counts.silent += 1;
      if (device.clock === 'ahead' || device.clock === 'behind') counts.clock += 1;
    }
    return counts;
  }

  save(): SavedDevices {
    const devices = [...this.devices.values()].map(({ connections: _, gap: __, ...saved }) => ({
      ...saved,
      gaps: saved.gaps.slice(-SAVED_GAPS),
    }));
    return { at: this.now(), devices };
  }

  /** Takes over what the process before knew; what was heard since the start is newer. */
  restore({ at, devices }: SavedDevices): void {
    const now = this.now();
    for (const saved of devices) {
      // A configured one that is not any more: its account was removed.
      if (saved.known && !this.devices.has(keyOf(saved.identity))) continue;
      const device = this.get(saved.identity);
      if (device.lastSeen === null) {
        device.lastSeen = saved.lastSeen;
        device.heardFrom = now - Math.max(0, at - saved.heardFrom);
        device.offline ||= saved.offline && !device.connections;
      }
      device.messages += saved.messages;
      device.gaps = [...saved.gaps, ...device.gaps].slice(-GAPS);
      device.gap = undefined;
      device.lags = [...saved.lags, ...device.lags].slice(-LAGS);
      if (device.statusAt === null) Object.assign(device, { status: saved.status, statusAt: saved.statusAt });
    }
  }

  private touched(identity: DeviceIdentity): Device {
    this.changes += 1;
    return this.get(identity);
  }

  private get(identity: DeviceIdentity): Device {
    const key = keyOf(identity);
    let device = this.devices.get(key);
    if (!device) {
      device = {
        identity,
        known: false,
        connections: null,
        messages: 0,
        heardFrom: this.now(),
        lastSeen: null,
        gaps: [],
        gap: undefined,
        lags: [],
        offline: false,
        status: null,
        statusAt: null,
      };
      this.devices.set(key, device);
      if (this.devices.size > this.limit) this.evict(key);
    }
    return device;
  }

  private evict(except: string): void {
    let oldest: string | null = null;
    let at = Number.POSITIVE_INFINITY;
    for (const [key, device] of this.devices) {
      const seen = device.lastSeen ?? device.heardFrom;
      if (!device.known && key !== except && seen < at) {
        oldest = key;
        at = seen;
      }
    }
    if (oldest !== null) this.devices.delete(oldest);
  }
}

function describe(device: Device, now: number): DeviceState {
  if (device.gap === undefined) device.gap = median(device.gaps);
  const { gap } = device;
  const { clock, offset } = clockOf(device.lags);
  return {
    id: device.identity.id,
    store_id: device.identity.store_id,
    name: device.identity.name ?? '',
    connections: device.connections,
    messages: device.messages,
    last_seen: iso(device.lastSeen),
    usual_gap_s: gap === null ? null : Math.round(gap / 1000),
    disabled: device.identity.disabled === true,
    silent: !device.identity.disabled && now - device.heardFrom > Math.max(MIN_SILENCE_MS, 3 * (gap ?? 0)),
    dead: !device.identity.disabled && device.offline && !device.connections,
    clock,
    clock_offset_s: offset === null ? null : Math.round(offset / 1000),
    status: device.status,
    status_at: iso(device.statusAt),
  };
}

function clockOf(lags: number[]): { clock: Clock; offset: number | null } {
  if (lags.length === 0) return { clock: 'unknown', offset: null };
  const last = lags[lags.length - 1]!;
  if (last < -AHEAD_MS) return { clock: 'ahead', offset: -last };
  const least = Math.min(...lags);
  if (lags.length === LAGS && least > BEHIND_MS) return { clock: 'behind', offset: -least };
  return { clock: 'ok', offset: least === 0 ? 0 : -least };
}

function readStatus(payload: Buffer): string {
  const text = payload.subarray(0, 4 * STATUS_CHARACTERS).toString('utf8');
  let shown = text;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'string') shown = parsed;
    else if (
      typeof parsed === 'object' &&
      parsed !== null &&
      typeof (parsed as { status?: unknown }).status === 'string'
    )
      shown = (parsed as { status: string }).status;
  } catch {
    // Plain text is as good.
  }
  return shown.slice(0, STATUS_CHARACTERS);
}

function keyOf({ store_id, id }: DeviceIdentity): string {
  return JSON.stringify([store_id, id]);
}

function push(list: number[], value: number, limit: number): void {
  list.push(value);
  if (list.length > limit) list.shift();
}

function median(values: number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
