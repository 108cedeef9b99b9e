/**
 * Secrets that are entered while everything runs: kept in the ledger as sealed text (AES-256-GCM), bound to what they are
 * for, under a key that is not in the ledger. A copy of the ledger tells nobody a secret.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const PURPOSE = 'shelfwire secrets 1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export class Vault {
  private readonly keys: Buffer[];

  /** @param secrets seals with the first, opens with any: so that a secret that was used before still opens */
  constructor(secrets: readonly string[]) {
    this.keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32)));
  }

  /** @param about what it is for: opened for anything else it is no secret */
  seal(text: string, about: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.keys[0]!, iv).setAAD(Buffer.from(about));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** The text, or null when it was sealed under another key, for something else, or was changed. */
  open(sealed: string, about: string): string | null {
    const bytes = Buffer.from(sealed, 'base64');
    const iv = bytes.subarray(0, IV_BYTES);
    const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
    if (tag.length < TAG_BYTES) return null;
    for (const key of this.keys) {
      const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(about)).setAuthTag(tag);
      try {
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch {
        // Of another key.
      }
    }
    return null;
  }
}
