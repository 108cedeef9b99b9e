/** What all reading shares: times as text, sizes of pages. */
import { formatInstant } from '../../stock/time';

const MAX_PAGE = 1000;

/** @param ms since 1970 */
export const iso = (ms: unknown): string => formatInstant((ms as number) * 1000);
export const isoOrNull = (ms: unknown): string | null => (ms === null || ms === undefined ? null : iso(ms));
export const pageSize = (limit: number | undefined, usual: number): number =>
  Math.min(MAX_PAGE, Math.max(1, Math.floor(limit ?? usual)));
