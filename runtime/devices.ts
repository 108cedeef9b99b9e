/** Devices that the sidebar made or changed: where they are stored. The passwords themselves are in no ledger. */

import type { Ledger } from '../core/ledger/ledger';
import type { StoredDevice } from '../core/mqtt/stored-devices';
import { openLedgers } from './ledgers';

export const placeOf = (broker: string, account = ''): string => `device:${broker}:${account}`;

/** @returns null while no ledger is open */
export async function readDevices(broker: string): Promise<StoredDevice[] | null> {
  const ledgers = openLedgers();
  if (ledgers.length === 0) return null;
  const found = new Map<string, StoredDevice>();
  for (const ledger of ledgers) {
    for (const [account, text] of await ledger.settingsOf(placeOf(broker))) {
      try {
        if (!found.has(account)) found.set(account, JSON.parse(text) as StoredDevice);
      } catch {
        // Not written by us.
      }
    }
  }
  return [...found.values()];
}

/** The ledger that has the device, else the first. */
export async function ledgerOfDevice(broker: string, account: string): Promise<Ledger | null> {
  const ledgers = openLedgers();
  for (const ledger of ledgers) if (await ledger.getSetting(placeOf(broker, account))) return ledger;
  return ledgers[0] ?? null;
}
