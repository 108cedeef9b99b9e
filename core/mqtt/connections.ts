/**
 * The open connections of the embedded broker, and their limits. Whoever has not logged in yet can only push out others
 * who have not either; an account can only use up its own share.
 */
import type { DeviceAccount } from './accounts';

export interface ConnectionLimits {
  /** Connections that have not logged in yet; beyond, the oldest of them is closed. */
  unproven: number;
  /** Connections of one account. */
  perAccount: number;
  /** Milliseconds of silence after which a connection makes room for a new one of its account. */
  idle: number;
}

interface Connection {
  /** The CONNACK has left. */
  ready: boolean;
  heard: number;
}

export class Connections<Client extends { close(): void }> {
  private readonly limits: ConnectionLimits;
  private readonly now: () => number;
  private readonly open = new Map<Client, Connection>();
  /** Outlives the connection: its will is published when it is gone. */
  private readonly accounts = new WeakMap<Client, DeviceAccount>();
  private readonly unproven = new Set<Client>();
  private readonly byAccount = new Map<string, Set<Client>>();

  /** @param now milliseconds of a clock that is never set */
  constructor(limits: ConnectionLimits, now: () => number) {
    this.limits = limits;
    this.now = now;
  }

  add(client: Client): void {
    this.open.set(client, { ready: false, heard: this.now() });
    this.unproven.add(client);
    if (this.unproven.size <= this.limits.unproven) return;
    const [oldest] = this.unproven;
    this.unproven.delete(oldest!);
    oldest!.close();
  }

  /** Something arrived on it. */
  heard(client: Client): void {
    const connection = this.open.get(client);
    if (connection) connection.heard = this.now();
  }

  /**
   * It has logged in. A device that lost its network leaves connections behind that nobody closed: the one unheard of
   * for longest makes room.
   * @returns false when the account has too many that are in use
   */
  admit(client: Client, account: DeviceAccount): boolean {
    if (!this.open.has(client)) return false;
    let others = this.byAccount.get(account.account);
    if (!others) {
      others = new Set();
      this.byAccount.set(account.account, others);
    }
    if (others.size >= this.limits.perAccount) {
      const silent = this.longestUnheard(others);
      if (!silent) return false;
      others.delete(silent);
      silent.close();
    }
    others.add(client);
    this.unproven.delete(client);
    this.accounts.set(client, account);
    return true;
  }

  ready(client: Client): void {
    const connection = this.open.get(client);
    if (connection) connection.ready = true;
  }

  isOpen(client: Client): boolean {
    return this.open.has(client);
  }

  accountOf(client: Client): DeviceAccount | null {
    return this.accounts.get(client) ?? null;
  }

  /** @returns the account, if the connection had been accepted */
  remove(client: Client): DeviceAccount | null {
    const connection = this.open.get(client);
    this.open.delete(client);
    this.unproven.delete(client);
    const account = this.accounts.get(client);
    if (!connection || !account) return null;
    const others = this.byAccount.get(account.account);
    others?.delete(client);
    if (others?.size === 0) this.byAccount.delete(account.account);
    return connection.ready ? account : null;
  }

  /** Those that have logged in. */
  *proven(): Generator<[Client, DeviceAccount]> {
    for (const client of this.open.keys()) {
      const account = this.accounts.get(client);
      if (account) yield [client, account];
    }
  }

  private longestUnheard(clients: Set<Client>): Client | null {
    let found: Client | null = null;
    let since = this.now() - this.limits.idle;
    for (const client of clients) {
      const { heard } = this.open.get(client)!;
      if (heard > since) continue;
      since = heard;
      found = client;
    }
    return found;
  }
}
