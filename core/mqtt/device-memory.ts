/**
 * Keeps what is known of the devices over a restart, in the ledger's settings: written at most once a minute, sooner only
 * when a device falls silent, dies or comes back. Messages themselves write nothing here.
 */
import type { Ledger } from '../ledger/ledger';
import type { DeviceRegistry, SavedDevices } from './devices';

export interface DeviceMemoryOptions {
  /** The broker's id: what is saved stands under it. */
  broker: string;
  devices: DeviceRegistry;
  /** The ledgers that are open by now. Each gets a copy: which is opened first at the next start is not known. */
  ledgers: () => Pick<Ledger, 'getSetting' | 'setSetting'>[];
  now: () => number;
}

const EVERY_MS = 60_000;

export class DeviceMemory {
  private readonly options: DeviceMemoryOptions;
  private readonly name: string;
  /** What the process before knew has been read. */
  restored = false;
  private savedAt = Number.NEGATIVE_INFINITY;
  private savedChanges = 0;
  private savedStates = '';
  private busy: Promise<void> | null = null;

  constructor(options: DeviceMemoryOptions) {
    this.options = options;
    this.name = `devices:${options.broker}`;
  }

  /** To be called every few seconds. Never rejects: what could not be saved is saved the next time. */
  look(): Promise<void> {
    this.busy ??= this.work(false).finally(() => {
      this.busy = null;
    });
    return this.busy;
  }

  /** Saves what is not saved yet, before the process ends. */
  async flush(): Promise<void> {
    await this.busy;
    await this.work(true);
  }

  /** The broker was deleted. */
  async forget(): Promise<void> {
    await this.busy;
    for (const ledger of this.options.ledgers()) await ledger.setSetting(this.name, '').catch(() => undefined);
  }

  private async work(atOnce: boolean): Promise<void> {
    const { devices, ledgers, now } = this.options;
    const open = ledgers();
    if (open.length === 0) return;
    try {
      // Never write before reading: it would replace what the process before knew.
      if (!this.restored) await this.restore(open);
      const { changes } = devices;
      const states = statesOf(devices);
      const due = changes !== this.savedChanges && (atOnce || now() - this.savedAt >= EVERY_MS);
      if (!due && states === this.savedStates) return;
      const text = JSON.stringify(devices.save());
      for (const ledger of open) await ledger.setSetting(this.name, text);
      this.savedAt = now();
      this.savedChanges = changes;
      this.savedStates = states;
    } catch {
      // The ledger tells its own troubles; devices go on being watched in memory.
    }
  }

  private async restore(open: Pick<Ledger, 'getSetting'>[]): Promise<void> {
    const texts = await Promise.all(open.map((ledger) => ledger.getSetting(this.name)));
    const saved = texts.filter(Boolean).map((text) => JSON.parse(text!) as SavedDevices);
    saved.sort((a, b) => b.at - a.at);
    if (saved[0]) this.options.devices.restore(saved[0]);
    this.restored = true;
  }
}

/** What of each device an operator would want to be told at once. */
function statesOf(devices: DeviceRegistry): string {
  return devices
    .list()
    .filter(({ silent, dead }) => silent || dead)
    .map(({ store_id, id, silent, dead }) => `${store_id}/${id}:${silent ? 's' : ''}${dead ? 'd' : ''}`)
    .join(' ');
}
