/** Devices that were added or changed in the sidebar, laid over the accounts of the broker node. The newest change wins. */
import type { DeviceAccount } from './accounts';

/** As it is stored, by broker and account. */
export interface StoredDevice {
  account: string;
  store_id: string;
  name: string;
  /** It is in no broker node. */
  added: boolean;
  disabled: boolean;
  /** Of the password that was made here; null = that of the node counts. */
  hash: string | null;
  /** Of the node's password then: a deploy of another one is newer. */
  was: string | null;
}

/** @param matches whether a hash is that of a password */
export async function layDevices(
  deployed: readonly DeviceAccount[],
  stored: readonly StoredDevice[],
  matches: (hash: string, password: string) => Promise<boolean>,
): Promise<DeviceAccount[]> {
  const changes = new Map(stored.map((device) => [device.account, device]));
  const accounts: DeviceAccount[] = [];
  for (const account of deployed) {
    const change = changes.get(account.account);
    changes.delete(account.account);
    // A deploy that brings the account which was added here is newer.
    if (!change || change.added) {
      accounts.push(account);
      continue;
    }
    const { disabled, hash, was } = change;
    const newer = hash !== null && was !== null && (await matches(was, account.password));
    accounts.push({ ...account, ...(newer ? { password: '', hash } : {}), ...(disabled ? { disabled } : {}) });
  }
  for (const { account, store_id, name, added, disabled, hash } of changes.values()) {
    if (added && hash !== null)
      accounts.push({ account, store_id, name, password: '', hash, ...(disabled ? { disabled } : {}) });
  }
  return accounts;
}
