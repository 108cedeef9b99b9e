/** Secrets as they are entered, turned into key bytes. */
import { ConfigError } from '../errors';
import type { SecretEncoding } from './types';

/** How Standard Webhooks marks its secrets; not part of the key. Stripe's look alike, but are used as text. */
const STANDARD_PREFIX = 'whsec_';

/**
 * @param which for the message: `secret`, `previous secret`
 * @throws ConfigError `secret_missing` or `secret_invalid`; never quotes the secret
 */
export function decodeSecret(text: string, encoding: SecretEncoding, which: string): Buffer {
  if (text === '')
    throw new ConfigError(
      `The ${which} is empty, so nothing can be verified. Enter it in this node.`,
      'secret_missing',
    );
  if (encoding === 'utf8') return Buffer.from(text, 'utf8');
  const body = encoding === 'base64' && text.startsWith(STANDARD_PREFIX) ? text.slice(STANDARD_PREFIX.length) : text;
  const key = Buffer.from(body, encoding);
  // Node skips what is not of the alphabet; what does not come back the same was not in this encoding.
  const same =
    encoding === 'hex'
      ? key.toString('hex') === body.toLowerCase()
      : key.toString('base64').replace(/=+$/, '') === body.replace(/=+$/, '');
  if (!same || key.length === 0)
    throw new ConfigError(
      `The ${which} is not in ${encoding}. Copy it anew, or choose another encoding of the secret.`,
      'secret_invalid',
    );
  return key;
}
