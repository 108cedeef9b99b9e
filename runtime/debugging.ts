/** The one debug log of the process: the push writes into it, the sidebar reads it. */
import { DebugLog } from '../core/pushing/debug-log';
import type { HttpClient } from '../core/pushing/http';
import { outletByKey } from './outlets';
import { shared } from './shared';

export const debugLog = (): DebugLog => shared('debug-log', () => new DebugLog(Date.now));

/** Requests of this outlet are written down while somebody debugs it. */
export function watched(outlet: string, http: HttpClient): HttpClient {
  return debugLog().watch(outlet, http, () => outletByKey(outlet)?.secrets() ?? []);
}
