/** mipos in: receives MiPOS' stock webhook (type 3) and sends its stock events into the flow; record stock answers 204. */
import { MIPOS_SOURCE, readMipos } from '../../connectors/mipos/webhook';
import { storeMap } from '../../connectors/store-map';
import { expand } from '../../runtime/env';
import { emptyReply } from '../../runtime/http/answers';
import { registerWebhook } from '../../runtime/http/webhook';
import type { RED } from '../../runtime/red';
import { offerStoreMap } from '../../runtime/store-maps';
import { timeZoneOf } from '../../runtime/time-zone';

export = function register(red: RED): void {
  registerWebhook(red, {
    type: 'shelfwire-mipos-in',
    path: '/webhook/mipos/stock',
    delivery(red, node, def, path) {
      const filled = (text: string) => expand(red, node, text);
      const options = {
        stores: storeMap(def.storeMap, filled),
        timeZone: timeZoneOf(red, node, def.timeZone),
        inventorySystemId: filled(String(def.inventorySystemId ?? '')).trim(),
      };
      offerStoreMap(node, MIPOS_SOURCE, path, options.stores);
      return { sender: MIPOS_SOURCE, read: (bytes) => readMipos(bytes, options), answer: emptyReply };
    },
  });
};
