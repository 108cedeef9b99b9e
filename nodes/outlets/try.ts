/** What the dialog's button "Test" asks: does this shop's platform answer, with the settings as they are typed. */
import { type ConfigError, InvalidInputError, ShelfwireError } from '../../core/errors';
import { axiosClient } from '../../core/pushing/axios-client';
import { testConnection } from '../../core/pushing/test-connection';
import type { Draft, TestResult } from '../../runtime/drafts';
import { ledgerNode } from '../../runtime/ledgers';
import { numberProperty } from '../../runtime/properties';
import type { RED } from '../../runtime/red';
import { endpointOf, environmentOf } from './address';
import { readConfig } from './config';
import { deployedKey, readKeys, signingOf } from './keys';

/** Nobody waits longer before a dialog. */
const PATIENCE_MS = 30_000;

export const tryRow =
  (red: RED) =>
  async ({ def, raw, node, ask }: Draft): Promise<TestResult> => {
    try {
      const config = readConfig(def, raw);
      const row = config.rows[Number(ask.row)];
      if (!row) throw new InvalidInputError('row_missing', 'There is no such row in the table of outlets.', 'row');
      const credentials = node.credentials ?? {};
      const environment = environmentOf(red, node);
      const endpoint = endpointOf(config, row, environment);
      const key = deployedKey(config, row, credentials, readKeys(credentials.keys), environment);
      const signing = signingOf(config, row, key, environment);
      const timeout = numberProperty(def, 'timeout', { default: 30, min: 0.1, max: 600 }) * 1000;
      const { platform, fields, threshold, method } = config;
      const definition = {
        outlet: `${platform}:${row.store_id}`,
        platform,
        store_id: row.store_id,
        name: row.name,
        enabled: row.push_enabled,
        fields,
        threshold,
        endpoint,
        concurrency: 1,
        timeout: Math.min(timeout, PATIENCE_MS),
      };
      const client = axiosClient();
      try {
        return await testConnection(
          { definition, method, ...signing, succeeds: async () => undefined, slot: async () => () => undefined },
          client.request,
          isDemo(red, def.ledger),
        );
      } finally {
        client.close();
      }
    } catch (thrown) {
      if (!(thrown instanceof ShelfwireError)) throw thrown;
      const { code, message } = thrown as ConfigError;
      return { ok: false, code, message: message.charAt(0).toUpperCase() + message.slice(1) };
    }
  };

function isDemo(red: RED, ledger: unknown): boolean {
  try {
    return ledgerNode(red, ledger as string).current()?.info.kind === 'demo';
  } catch {
    // A ledger that is not deployed yet is none with simulated numbers.
    return false;
  }
}
