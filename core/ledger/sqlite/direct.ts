/** The SQLite ledger without a worker, under a given clock: for tests that replay faults step by step. */
import { EventEmitter } from 'node:events';
import { ShelfwireError, StorageError } from '../../errors';
import type { Ledger, LedgerKind } from '../ledger';
import type { Clock } from './context';
import { Engine, OPERATION_NAMES } from './engine';
import { measure } from './measure';

export function openDirect(options: { file: string; kind: LedgerKind; clock: Clock }): Ledger {
  const engine = new Engine(options.file, options.kind, options.clock);
  const events = new EventEmitter().setMaxListeners(0);
  const ledger: Record<string, unknown> = {
    info: engine.info,
    on: events.on.bind(events),
    off: events.off.bind(events),
    close: async () => engine.close(),
  };
  for (const name of OPERATION_NAMES) {
    ledger[name] = async (...args: unknown[]) => {
      const call = { name, args: structuredClone(args) };
      const at = performance.now();
      const { replies, news } = engine.run([call]);
      if (news.changed.length > 0) events.emit('changed', news.changed);
      for (const outlet of news.settled) events.emit('settled', outlet);
      for (const push of news.finished) events.emit('pushFinished', push);
      const measured = measure([{ call, at }], replies, news);
      if (measured) events.emit('measured', measured);
      const reply = replies[0]!;
      if (reply.ok) return structuredClone(reply.value);
      throw reply.retryable
        ? new StorageError(reply.code, reply.message)
        : new ShelfwireError(reply.code, reply.message);
    };
  }
  return ledger as unknown as Ledger;
}
