/** What the dialog's button "Test" asks: one product, with the settings as they are typed. Nothing is recorded. */
import { ApiError, FIRST_PAGE } from '../../connectors/paradigm/api';
import { itemEvents } from '../../connectors/paradigm/items';
import { ShelfwireError } from '../../core/errors';
import { axiosClient } from '../../core/pushing/axios-client';
import type { HttpFault } from '../../core/pushing/http';
import { FAULTS } from '../../core/pushing/test-connection';
import type { Draft, TestResult } from '../../runtime/drafts';
import type { RED } from '../../runtime/red';
import { inSlices } from '../../runtime/slices';
import { readSettings } from './settings';

/** Nobody waits longer before a dialog. */
const PATIENCE_S = 30;

export const trySync =
  (red: RED) =>
  async ({ def, node }: Draft): Promise<TestResult> => {
    const client = axiosClient();
    try {
      const timeout = Math.min(Number(def.timeout) || PATIENCE_S, PATIENCE_S);
      // A ledger is only needed to remember what was read.
      const settings = readSettings(red, node, { ...def, size: 1, timeout, ledger: '' }, client.request);
      const page = await settings.api.page(FIRST_PAGE, null, new AbortController().signal);
      const { events, refusals } = await inSlices(itemEvents(page.items, new Date(page.asOf).toISOString(), settings));
      const [refusal] = refusals;
      if (refusal)
        return { ok: false, code: 'sync_refused', message: refusal.message, values: { reason: refusal.message } };
      const [event] = events;
      if (!event) return { ok: true, code: 'sync_empty', message: 'Connected, but there is no product to read.' };
      const { sku, store_id, quantity = '–', selling_price = '–' } = event;
      return {
        ok: true,
        code: 'sync_read',
        message: `Connected. Read SKU ${sku} of store ${store_id}: quantity ${quantity}, price ${selling_price}.`,
        values: { sku, store: store_id, quantity, price: selling_price },
      };
    } catch (thrown) {
      if (!(thrown instanceof ShelfwireError)) throw thrown;
      const { code, message } = thrown;
      if (thrown instanceof ApiError && Object.hasOwn(FAULTS, code))
        return { ok: false, code, message: FAULTS[code as HttpFault] };
      if (/^http_5/.test(code)) return { ok: false, code: 'platform_error', message };
      if (code === 'http_404') return { ok: false, code: 'not_found', message };
      return { ok: false, code: code === 'key_refused' ? 'sync_key_refused' : code, message };
    } finally {
      client.close();
    }
  };
