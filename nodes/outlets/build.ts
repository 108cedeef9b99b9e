/** One outlet out of one row: its address, its key, its place in the line. A mistake holds this shop only. */
import { ConfigError } from '../../core/errors';
import type { OutletDefinition } from '../../core/ledger/ledger';
import { isLoopbackUrl } from '../../core/pushing/addresses';
import { redactor } from '../../core/pushing/redact';
import { Account } from '../../core/pushing/slots';
import type { OutletRow, OwnKey } from '../../core/settings/outlet-change';
import { withoutSecrets } from '../../runtime/env';
import type { Outlet, TypedKey } from '../../runtime/outlets';
import { endpointOf, queryOf } from './address';
import type { OutletsConfig } from './config';
import { type Credentials, deployedKey, type Environment, type Signing, signingOf } from './keys';

export interface Settings extends OutletsConfig {
  /** Milliseconds. */
  timeout: number;
  concurrency: number;
  ratePerMinute: number;
  keys: Map<string, string>;
  succeeds: Outlet['succeeds'];
}

/** Limits of the account: they hold on when a setting of a shop changes while requests are on their way. */
export class Lines {
  private readonly account: Account;

  constructor({ ratePerMinute, concurrency }: Settings) {
    this.account = new Account(concurrency, ratePerMinute);
  }

  slotOf(key: string): Outlet['slot'] {
    return (signal, urgent) => this.account.acquire(key, signal, urgent);
  }
}

export interface Parts {
  all: Settings;
  credentials: Credentials;
  environment: Environment;
  lines: Lines;
  /** The ledger holds simulated numbers: only this machine is sent to. */
  demo: boolean;
}

const UNREADABLE =
  'the key that was entered in the sidebar cannot be read any more: credentialSecret has changed, or the ledger comes from another machine. Enter the key again.';

/** @param own a key that was entered since the deploy; null = it cannot be read */
export function buildOutlet(
  { all, credentials, environment, lines, demo }: Parts,
  row: OutletRow,
  own: TypedKey | OwnKey | null | undefined,
): Outlet {
  let signing: Signing = { headers: () => ({}), secrets: () => [] };
  let endpoint: string | null = null;
  let problem: string | null = null;
  try {
    endpoint = endpointOf(all, row, environment);
    if (own === null) throw new ConfigError(UNREADABLE, 'key_missing');
    signing = signingOf(all, row, own ?? deployedKey(all, row, credentials, all.keys, environment), environment);
  } catch (thrown) {
    endpoint = null;
    problem = `Shop ${withoutSecrets(row.name)} (${row.store_id}) is held, nothing is lost: ${(thrown as Error).message}`;
  }
  const name = redactor(signing.secrets())(withoutSecrets(row.name));
  if (demo && endpoint !== null && !isLoopbackUrl(endpoint)) {
    endpoint = null;
    problem = `Shop ${name} is held: the ledger holds simulated numbers, which are only sent to this machine. Use a live ledger for real shops.`;
  }
  const secrets = [...signing.secrets(), ...queryOf(endpoint)];
  const key = `${all.platform}:${row.store_id}`;
  const definition: OutletDefinition = {
    outlet: key,
    platform: all.platform,
    store_id: row.store_id,
    name,
    enabled: row.push_enabled,
    fields: all.fields,
    threshold: all.threshold,
    endpoint,
    concurrency: all.concurrency,
    timeout: all.timeout,
  };
  return {
    definition,
    auto: row.auto,
    method: all.method,
    answer: all.answer,
    problem: row.push_enabled ? problem : null,
    succeeds: all.succeeds,
    headers: signing.headers,
    secrets: () => secrets,
    slot: lines.slotOf(key),
  };
}
