/** What the conformance suites of the Ledger interface need: one suite for every storage behind it. */
import assert from 'node:assert/strict';
import type { Answer, Ledger, Outcome, OutletDefinition, StateCounts, Take } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';

export interface Bench {
  ledger: Ledger;
  /** Moves the ledger's clock on. */
  advance(ms: number): void;
  /** Ends the ledger as a crash would, and opens the same storage again. */
  crash(): Ledger;
}

const T0 = Date.parse('2026-01-10T10:00:00Z');
export const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
export const START = T0 + 3_600_000;

export const outlet = (changes: Partial<OutletDefinition> = {}): OutletDefinition => ({
  outlet: 'pasons:1',
  platform: 'pasons',
  store_id: '1',
  name: 'Branch 1',
  enabled: true,
  fields: ['selling_price', 'stock_status'],
  threshold: '0',
  endpoint: 'http://127.0.0.1:9/v1/inventory/1',
  concurrency: 2,
  timeout: 30_000,
  ...changes,
});

export const event = (changes: Partial<StockEvent> = {}): StockEvent => ({
  store_id: '1',
  sku: 'A',
  occurred_at: at(0),
  source: 'test',
  ...changes,
});
export const OK: Answer = { statusCode: 200, message: 'OK', duration_ms: 5 };
export const NONE: Answer = { statusCode: null, message: 'no answer', duration_ms: 30_000 };
export const accepted: Outcome = { kind: 'accepted', refused: [] };

export async function begin(
  ledger: Ledger,
  taken: Take,
  more: { endpoint?: string; dropNewer?: boolean; key?: string } = {},
) {
  return ledger.beginSend({
    ticket: taken.ticket,
    body: Buffer.from(JSON.stringify(taken.items)),
    idempotencyKey: more.key ?? `k${Math.random()}`,
    endpoint: more.endpoint ?? outlet().endpoint!,
    timeout: 30_000,
    dropNewer: more.dropNewer ?? false,
  });
}

export async function sendAll(
  ledger: Ledger,
  key = 'pasons:1',
  outcome: Outcome = accepted,
  answer: Answer = OK,
): Promise<Take['items']> {
  await ledger.startPush({ outlet: key, type: 'partial', trigger: 'manual', created_by: 'user:test' });
  const sent: Take['items'] = [];
  for (;;) {
    const taken = await ledger.take(key, 1000);
    if (!taken) return sent;
    const begun = await begin(ledger, taken);
    assert.ok(begun.send);
    sent.push(...taken.items);
    await ledger.settle(begun.chunk, outcome, answer);
  }
}

const countsOf = async (ledger: Ledger, key = 'pasons:1'): Promise<StateCounts> =>
  (await ledger.outlets()).find(({ id }) => id === key)!.counts;
export const states = async (ledger: Ledger): Promise<string> => {
  const counts = await countsOf(ledger);
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');
};
