/** Device accounts of the embedded broker: who may connect, and for which store it may report. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ConfigError } from '../errors';
import { EVERY_STORE } from '../stock/event';
import { PasswordChecks } from './password-hash';
import { isTopicLevel } from './topics';

export interface DeviceAccount {
  /** The MQTT user name. */
  account: string;
  password: string;
  store_id: string;
  /** What operators call the device. */
  name: string;
  /** Of a password made in the sidebar, in place of `password`. */
  hash?: string;
  /** It may not connect. */
  disabled?: boolean;
}

/** @throws ConfigError `accounts_invalid` naming the account and the remedy */
export function checkAccounts(accounts: readonly DeviceAccount[]): void {
  const seen = new Set<string>();
  for (const { account, store_id, password, hash } of accounts) {
    if (!isTopicLevel(account))
      throw invalid(`The device account "${account}" must be named, without "/", "+" and "#".`);
    if (!isTopicLevel(store_id) || store_id === EVERY_STORE)
      throw invalid(`The device account "${account}" needs the id of its store, without "/", "+", "#" and not "*".`);
    if (password === '' && !hash)
      throw invalid(`The device account "${account}" has no password. Set one, such as \${NAME}.`);
    if (seen.has(account)) throw invalid(`The device account "${account}" is in the list twice. Remove one.`);
    seen.add(account);
  }
}

/** Of this process only, so that tags of different lengths of password compare in constant time and mean nothing elsewhere. */
const KEY = randomBytes(32);
const NOBODY = randomBytes(32);

interface Entry {
  account: DeviceAccount;
  tag: Buffer;
}

/** Compares names and passwords in constant time; the texts themselves are not kept. */
export class AccountBook {
  private readonly entries = new Map<string, Entry>();
  private readonly checks: PasswordChecks;

  constructor(accounts: readonly DeviceAccount[], checks = new PasswordChecks()) {
    this.checks = checks;
    for (const account of accounts)
      this.entries.set(account.account, { account: { ...account, password: '' }, tag: tagOf(account.password) });
    checks.keep(new Set(accounts.flatMap(({ hash }) => hash ?? [])));
  }

  /** The account; null when name or password is wrong; `busy` when that cannot be told just now. */
  authenticate(
    username: string | undefined,
    password: Buffer | undefined,
  ): DeviceAccount | null | 'busy' | Promise<DeviceAccount | null> {
    const entry = this.entries.get(username ?? '');
    const proven = timingSafeEqual(tagOf(password ?? Buffer.alloc(0)), entry?.tag ?? NOBODY);
    if (!entry || entry.account.disabled) return null;
    const { account } = entry;
    if (account.hash === undefined) return proven ? account : null;
    const right = this.checks.matches(account.hash, password ?? Buffer.alloc(0));
    if (right === null) return 'busy';
    if (typeof right === 'boolean') return right ? account : null;
    return right.then((yes) => (yes ? account : null));
  }

  /** True when a connection made under the other book may stay: same store, same password, not disabled. */
  stillGood(other: AccountBook, account: string): boolean {
    const mine = this.entries.get(account);
    const theirs = other.entries.get(account);
    return (
      !!mine &&
      !!theirs &&
      !mine.account.disabled &&
      mine.account.store_id === theirs.account.store_id &&
      mine.account.hash === theirs.account.hash &&
      mine.tag.equals(theirs.tag)
    );
  }

  list(): DeviceAccount[] {
    return [...this.entries.values()].map(({ account }) => account);
  }
}

function tagOf(password: string | Buffer): Buffer {
  return createHmac('sha256', KEY).update(password).digest();
}

function invalid(message: string): ConfigError {
  return new ConfigError(message, 'accounts_invalid');
}
