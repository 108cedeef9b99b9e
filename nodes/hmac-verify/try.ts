/** What the dialog's pane "check a request" asks: does this pasted request verify with these settings, and if not, why. */
import { ConfigError, InvalidInputError, toShelfwireError } from '../../core/errors';
import { type Explanation, explain } from '../../core/signature/explain';
import { parsePasted } from '../../core/signature/pasted';
import type { Draft } from '../../runtime/drafts';
import { type LedgerNode, ledgerNode } from '../../runtime/ledgers';
import type { RED } from '../../runtime/red';
import { timeZoneOf } from '../../runtime/time-zone';
import { readScheme, readSecrets } from './settings';

const MAX_HEADERS = 32_768;
const MAX_BODY = 262_144;

export const tryRequest =
  (red: RED, now: () => number) =>
  async ({ def, node, ask }: Draft): Promise<Explanation> => {
    const headers = text(ask.headers, 'headers', MAX_HEADERS);
    const body = text(ask.body, 'body', MAX_BODY);
    const path = text(ask.path, 'path', 2_000);
    const pasted = parsePasted(headers);
    try {
      const ledger = ledgerOf(red, def.ledger);
      const scheme = readScheme(def);
      const secrets = readSecrets(red, node, def, timeZoneOf(red, node, ledger?.timeZone));
      const target = pasted.target ?? (path || '/');
      const url = ledger?.publicUrl ? ledger.publicUrl + target : null;
      return explain(scheme, secrets, { ...pasted, target, body, url }, now);
    } catch (thrown) {
      const error = toShelfwireError(thrown);
      if (!(error instanceof ConfigError)) throw thrown;
      return { verified: false, step: 'setup', code: 'setup', values: { reason: error.message }, fix: null };
    }
  };

function ledgerOf(red: RED, id: unknown): LedgerNode | null {
  const ids: string[] = [];
  if (typeof id === 'string' && id !== '') ids.push(id);
  else red.nodes.eachNode((def) => void (def.type === 'shelfwire-ledger' && ids.push(def.id)));
  try {
    return ids.length === 1 ? ledgerNode(red, ids[0]) : null;
  } catch {
    // Not deployed yet: it has no address to tell.
    return null;
  }
}

function text(value: unknown, name: string, limit: number): string {
  const given = typeof value === 'string' ? value : '';
  if (given.length > limit)
    throw new InvalidInputError(
      `${name}_too_long`,
      `What was pasted as ${name} is longer than ${limit} characters. Nothing was checked.`,
      name,
    );
  return given;
}
