/** The bundled flow for tests that need it with other shops than `1`, `2`, `3`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FlowEntry, ROOT } from './node-red';

export interface BundledFlow {
  flows: FlowEntry[];
  credentials: Record<string, Record<string, string>>;
}

/** As in the repository. */
export function bundledFlow(): BundledFlow {
  const read = (file: string) => JSON.parse(readFileSync(join(ROOT, 'flows', file), 'utf8')) as never;
  return { flows: read('flows.json'), credentials: read('flows_cred.json') };
}

/** The entry of this type; with several, the first. */
export function entry(flow: BundledFlow, type: string): FlowEntry {
  const found = flow.flows.find((one) => one.type === type);
  if (!found) throw new Error(`the bundled flow has no ${type}`);
  return found;
}
