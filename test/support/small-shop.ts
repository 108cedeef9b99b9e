/** Parts of the smallest flows: a ledger, one outlet that nobody answers for, events at the press of a button. */
import type { StockEvent } from '../../core/stock/event';
import type { FlowEntry } from './node-red';

export const TAB: FlowEntry = { id: 'tab', type: 'tab', label: 'test' };

export const LEDGER: FlowEntry = {
  id: 'ledger',
  type: 'shelfwire-ledger',
  file: 'ledger.db',
  keepDays: 90,
  healthPath: '/health',
  version: 1,
};

/** Outlets node `outlets` with store `1`; its platform is a port where nobody listens. */
export function oneOutlet(name: string): FlowEntry {
  return {
    id: 'outlets',
    type: 'shelfwire-outlets',
    ledger: 'ledger',
    platform: 'pasons',
    endpoint: 'http://127.0.0.1:9/{store_id}',
    auth: 'none',
    fields: ['selling_price', 'stock_status'],
    rows: [{ store_id: '1', name, push_enabled: true, auto: true, endpoint: '', keyRef: '' }],
    version: 1,
  };
}

/** An inject node in front of `record`: at the start, or when its button is pressed. */
export function injectEvents(id: string, events: Partial<StockEvent>[], once = false): FlowEntry {
  return {
    id,
    type: 'inject',
    z: 'tab',
    x: 100,
    y: 40,
    once,
    onceDelay: 0.1,
    props: [{ p: 'payload' }],
    payloadType: 'json',
    payload: JSON.stringify(events),
    wires: [['record']],
  };
}

export function recordStock(codes: 'as-is' | 'look-up' = 'as-is'): FlowEntry {
  return {
    id: 'record',
    type: 'shelfwire-record-stock',
    z: 'tab',
    x: 300,
    y: 40,
    ledger: 'ledger',
    reply: true,
    codes,
    maxFuture: 300,
    wires: [[], []],
    version: 1,
  };
}

/** Three pieces of an item, and what else is said of it. */
export const event = (sku: string, more: Partial<StockEvent> = {}): StockEvent => ({
  store_id: '1',
  sku,
  quantity: '3',
  occurred_at: '2025-08-01T22:30:00Z',
  ...more,
});
