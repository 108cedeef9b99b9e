/** A ledger for tests of nodes that only settle: records every call, answers what the test says. */
import { EventEmitter } from 'node:events';
import type { Ledger, LedgerEvents } from '../../core/ledger/ledger';
import type { Ticket } from '../../core/pushing/ticket';
import { forgetLedger, registerLedger } from '../../runtime/ledgers';

export interface FakeLedger {
  ledger: Ledger;
  /** Every call: the method's name and its arguments. */
  calls: [string, ...unknown[]][];
  emit<E extends keyof LedgerEvents>(event: E, ...args: Parameters<LedgerEvents[E]>): void;
  listeners(event: keyof LedgerEvents): number;
  forget(): void;
}

/** Registers the ledger under `id`, as tickets name it; call `forget` afterwards. `null`: it is nobody's open ledger. */
export function fakeLedger(answers: Partial<Ledger> = {}, id: string | null = 'fake-ledger'): FakeLedger {
  const calls: FakeLedger['calls'] = [];
  const events = new EventEmitter();
  const own: Record<string, unknown> = {
    info: { id: id ?? 'fake-ledger', kind: 'demo', schemaVersion: 1, createdAt: '2025-08-01T00:00:00.000Z' },
    on: (event: string, listener: () => void) => events.on(event, listener),
    off: (event: string, listener: () => void) => events.off(event, listener),
  };
  const ledger = new Proxy(own, {
    get(_target, name: string) {
      if (name in own) return own[name];
      // Else a promise of the ledger would take it for another promise.
      if (name === 'then') return undefined;
      const method = (answers as Record<string, ((...args: unknown[]) => unknown) | undefined>)[name];
      return async (...args: unknown[]) => {
        calls.push([name, ...args]);
        return method?.(...args);
      };
    },
  }) as unknown as Ledger;
  if (id !== null) registerLedger(ledger);
  return {
    ledger,
    calls,
    emit: (event, ...args) => events.emit(event, ...args),
    listeners: (event) => events.listenerCount(event),
    forget: () => forgetLedger(ledger),
  };
}

/** A ticket with one entry a SKU: item 1, 2, 3, … */
export function ticketFor(skus: string[], more: Partial<Ticket> = {}): Ticket {
  return {
    id: 'push-1',
    ledger: 'fake-ledger',
    outlet: 'pasons:1',
    outlet_name: 'Marina',
    store_id: '1',
    platform: 'pasons',
    type: 'partial',
    trigger: 'manual',
    created_by: 'user:test',
    entries: skus.map((sku, index) => ({ sku, item: index + 1, version: 1, lease: 7 })),
    ...more,
  };
}
