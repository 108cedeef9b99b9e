import assert from 'node:assert/strict';
import type { StockEvent } from './event';
import { deriveEventId } from './event-id';

const event: StockEvent = {
  source: 'paradigm',
  event_type: 'SALES_ORDER',
  reference_id: 'SO-12345',
  store_id: '1',
  sku: '1015AW',
  quantity: '95',
  old_quantity: '100',
  occurred_at: '2025-08-01T22:30:00.000Z',
};

describe('event ids', () => {
  it('are stable and carry the source', () => {
    assert.match(deriveEventId(event), /^paradigm:[0-9a-f]{32}$/);
    assert.equal(deriveEventId({ ...event }), deriveEventId(event));
  });

  it('differ when anything that makes an event unique differs', () => {
    const others: Partial<StockEvent>[] = [
      { event_type: 'PURCHASE_ORDER' },
      { reference_id: 'SO-12346' },
      { store_id: '2' },
      { sku: '1015AX' },
      { quantity: '94' },
      { old_quantity: '101' },
      { quantity_change: '-5' },
      { selling_price: '95' },
      { old_price: '100' },
      { occurred_at: '2025-08-01T22:30:00.001Z' },
      { source: 'mipos' },
    ];
    const ids = new Set([event, ...others.map((other) => ({ ...event, ...other }))].map(deriveEventId));
    assert.equal(ids.size, others.length + 1);
  });
});
