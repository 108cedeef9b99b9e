/** Lets the disk be full at a chosen statement of a transaction, or at its commit: what SQLite then says and does. */
import type { Engine } from '../../core/ledger/sqlite/engine';
import type { Random } from './random';

/** What of the ledger's database writes. */
interface Writer {
  run(sql: string, ...values: unknown[]): number;
  db: { exec(sql: string): void };
}

/** @returns makes room again */
export function fillUp(engine: Engine, random: Random): () => void {
  const { db } = (engine as unknown as { ctx: { db: Writer } }).ctx;
  let statements = random.int(0, 15);
  let failures = random.pick([1, 2, Number.POSITIVE_INFINITY]);
  const write = () => {
    if (statements-- > 0 || failures-- <= 0) return;
    throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 });
  };
  const run = db.run.bind(db);
  const inner = db.db;
  const exec = inner.exec.bind(inner);
  db.run = (sql, ...values) => {
    write();
    return run(sql, ...values);
  };
  inner.exec = (sql) => {
    if (sql === 'COMMIT') write();
    exec(sql);
  };
  return () => {
    delete (db as Partial<Writer>).run;
    delete (inner as Partial<Writer['db']>).exec;
  };
}
