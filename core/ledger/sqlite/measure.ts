/** What there is to count of a group that was committed: sums only, since it is made for every one. */
import type { EventCounts, Measured, RecordResult } from '../ledger';
import type { News } from './context';
import type { Call, Reply } from './engine';

/** @param asked each with its time on the clock of `performance`. @returns null when there is nothing to count */
export function measure(asked: readonly { call: Call; at: number }[], replies: Reply[], news: News): Measured | null {
  const events: EventCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, refused: 0 };
  const record_ms: number[] = [];
  const now = performance.now();
  replies.forEach((reply, index) => {
    const { call, at } = asked[index]!;
    if (call.name !== 'record' || !reply.ok) return;
    const result = reply.value as RecordResult;
    for (const name of ['received', 'accepted', 'duplicate', 'stale', 'refused'] as const) events[name] += result[name];
    record_ms.push(now - at);
  });
  return record_ms.length === 0 && news.requests.length === 0 ? null : { events, record_ms, requests: news.requests };
}
