/**
 * Where the key of the vault comes from: Node-RED's `credentialSecret`, as for credentials of flows; where none is set, a
 * file of its own beside them, for this user only.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../core/errors';
import { Vault } from '../core/settings/vault';
import type { RED } from './red';

const FILE = 'shelfwire-secret';

/** @throws ConfigError `key_not_kept` where there is no place for the file */
export function vaultOf(red: RED, mayMake: boolean): Vault {
  const given = red.settings.credentialSecret;
  const secrets = typeof given === 'string' && given !== '' ? [given] : [];
  const { userDir } = red.settings;
  const file = userDir ? join(userDir, FILE) : null;
  if (file && existsSync(file)) secrets.push(readFileSync(file, 'utf8').trim());
  if (secrets.length === 0 && mayMake) {
    if (!file)
      throw new ConfigError(
        'There is no place to keep a key: Node-RED has no user folder. Set credentialSecret in its settings.',
        'key_not_kept',
      );
    const made = randomBytes(32).toString('base64');
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
    secrets.push(made);
  }
  return new Vault(secrets);
}
