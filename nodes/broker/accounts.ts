/** The device accounts of a broker node: rows in the flow, passwords in credentials, one slot a row. */
import { ConfigError } from '../../core/errors';
import { checkAccounts, type DeviceAccount } from '../../core/mqtt/accounts';
import { expand } from '../../runtime/env';
import type { RED, RedNode } from '../../runtime/red';
import { passwordOf, SLOTS } from './slots';

/**
 * @param rows property `accounts`: `{account, store_id, name, slot}`; the password is the credential `password_<slot>`
 * @returns the accounts that can be used, and what is wrong with the others
 */
export function readAccounts(red: RED, node: RedNode, rows: unknown): { accounts: DeviceAccount[]; wrong: Error[] } {
  const accounts: DeviceAccount[] = [];
  const wrong: Error[] = [];
  if (rows !== undefined && !Array.isArray(rows))
    return { accounts, wrong: [new ConfigError('The device accounts are not a list of rows. Fill them in again.')] };
  for (const row of (rows ?? []) as Record<string, unknown>[]) {
    const account = text(row.account);
    try {
      const slot = Number(row.slot);
      if (!Number.isInteger(slot) || slot < 0 || slot >= SLOTS)
        throw new ConfigError(`Row ${account} has no place for its password. Remove the row and add it again.`);
      const password = node.credentials?.[passwordOf(slot)] ?? '';
      const read = {
        account: expand(red, node, account),
        store_id: expand(red, node, text(row.store_id)),
        name: text(row.name),
        password: expand(red, node, password),
      };
      checkAccounts([...accounts, read]);
      accounts.push(read);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      wrong.push(
        new ConfigError(`The device account "${account}" cannot connect. ${why} What it sends stays in the device.`),
      );
    }
  }
  return { accounts, wrong };
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}
