/** One message with events of several senders: each id counts in the scope of its own, in the order in which they stand there. */
import type { RecordBatch, RecordResult } from '../ledger';
import { sumOf } from '../sum';
import type { Context } from './context';
import { record } from './record';

export function recordBySender(ctx: Context, batch: RecordBatch): RecordResult {
  if (!batch.senders) return record(ctx, batch);
  const { senders, refusals, links, raw, ...rest } = batch;
  const results: RecordResult[] = [];
  for (let from = 0, to = 0; from < batch.events.length; from = to) {
    const sender = senders[from] ?? batch.sender;
    while (to < batch.events.length && (senders[to] ?? batch.sender) === sender) to += 1;
    const events = batch.events.slice(from, to);
    const indexes = events.map((_, position) => batch.indexes?.[from + position] ?? from + position);
    // The original is kept once, with the first that needs it.
    const original = raw && results.every(({ refused }) => refused === 0) ? { raw } : {};
    const first = results.length === 0 && links ? { links } : {};
    const company = sender === batch.sender ? null : batch.sender;
    results.push(record(ctx, { ...rest, ...first, ...original, sender, events, indexes }, null, company));
  }
  // What nobody could read is of whoever sent the message.
  if (refusals?.length) {
    const original = raw && results.every(({ refused }) => refused === 0) ? { raw } : {};
    results.push(record(ctx, { ...rest, ...original, events: [], refusals }));
  }
  return sumOf(results);
}
