/** paradigm in: receives Paradigm's webhook and sends its stock events into the flow; record stock answers. */
import { PARADIGM_EVENTS, PARADIGM_SOURCE, readParadigm } from '../../connectors/paradigm/webhook';
import { storeMap } from '../../connectors/store-map';
import { ConfigError } from '../../core/errors';
import { expand } from '../../runtime/env';
import { registerWebhook } from '../../runtime/http/webhook';
import type { RED } from '../../runtime/red';
import { offerStoreMap } from '../../runtime/store-maps';
import { timeZoneOf } from '../../runtime/time-zone';

export = function register(red: RED): void {
  registerWebhook(red, {
    type: 'shelfwire-paradigm-in',
    path: '/webhook/paradigm/inventory',
    delivery(red, node, def, path) {
      const filled = (text: string) => expand(red, node, text);
      const options = {
        events: eventsOf(def.events),
        stores: storeMap(def.storeMap, filled),
        defaultStore: filled(String(def.defaultStore ?? '')),
        priceScope: scopeOf(def.priceScope),
        timeZone: timeZoneOf(red, node, def.timeZone),
      };
      offerStoreMap(node, PARADIGM_SOURCE, path, options.stores);
      return { sender: PARADIGM_SOURCE, read: (bytes) => readParadigm(bytes, options) };
    },
  });
};

function eventsOf(property: unknown): Set<string> {
  const list = property === undefined || property === '' ? [] : property;
  if (!Array.isArray(list) || !list.every((name) => (PARADIGM_EVENTS as readonly unknown[]).includes(name)))
    throw new ConfigError(`The property "events" must be a list of ${PARADIGM_EVENTS.join(', ')}.`);
  return new Set<string>(list);
}

function scopeOf(property: unknown): 'all' | 'default' {
  const scope = property || 'all';
  if (scope !== 'all' && scope !== 'default')
    throw new ConfigError('The property "priceScope" must be all or default.');
  return scope;
}
