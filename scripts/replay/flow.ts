/** The bundled flow, with a replay's stores as outlets and a platform that also gets the quantity: the stricter check. */
import { type BundledFlow, bundledFlow, entry } from '../../test/support/bundled-flow';

export function replayFlow(stores: string[], account: (store: string) => string, password: string): BundledFlow {
  const flow = bundledFlow();
  const map = stores.map((store) => ({ location: store, store_id: store }));
  entry(flow, 'shelfwire-paradigm-in').storeMap = map;
  entry(flow, 'shelfwire-mipos-in').storeMap = map;
  Object.assign(entry(flow, 'shelfwire-outlets'), {
    fields: ['selling_price', 'stock_status', 'quantity'],
    timeout: 5,
    rows: stores.map((store) => ({
      store_id: store,
      name: store,
      push_enabled: true,
      auto: true,
      endpoint: '',
      keyRef: '',
    })),
  });
  // Often and little: more requests, and more of them in the middle of something.
  Object.assign(entry(flow, 'shelfwire-changed-stock'), { linger: 0.2, limit: 100 });
  const broker = entry(flow, 'shelfwire-broker');
  broker.accounts = stores.map((store, slot) => ({ account: account(store), store_id: store, name: store, slot }));
  flow.credentials[broker.id] = Object.fromEntries(stores.map((_, slot) => [`password_${slot}`, password]));
  return flow;
}
