/** The name under which the ledger remembers what was confirmed: another mapping is another truth at the platform. */
import { createHash } from 'node:crypto';
import { canonicalMapping, type Mapping, UNMAPPED } from './table';

/** SHA-256 (hex) of the table and the wrap; `none` when nothing is mapped. */
export function fingerprint(mapping: Mapping): string {
  const text = canonicalMapping(mapping);
  return text === UNMAPPED ? UNMAPPED : createHash('sha256').update(text).digest('hex');
}
