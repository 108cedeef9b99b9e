/**
 * What is Pasons' about a push; everything else of `core/pushing` holds for any platform. Their API is not published yet
 * (seed 001), so its answers are read widely: a list of refused items by SKU, by the mapped identifier or by position.
 */
import type { NamingProfile } from '../../core/pushing/naming';

export const ANSWERS: NamingProfile = {
  lists: ['errors', 'failed', 'rejected'],
  identifiers: ['sku'],
  positions: ['index'],
  codes: ['code'],
  messages: ['message', 'error', 'reason', 'detail'],
};

/** Environment variable that holds the key of one shop: `PASONS_KEY_<store_id>`. */
export function keyVariable(platform: string, storeId: string): string {
  return `${platform}_KEY_${storeId}`.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}
