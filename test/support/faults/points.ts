/**
 * Loaded into the ledger's thread: ends the process, or the thread, at a named point of what SQLite is told. Which point,
 * the test writes into the file `TEST_POINT`; what was going on there is left in `<TEST_POINT>.hit` before the end.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { shiftDate } from './clock';

const SIGNS = {
  /** Events are being stored. */
  record: /^INSERT INTO events /,
  /** A request is about to leave. */
  send: /^INSERT INTO chunks /,
  /** A platform's good answer is being noted. */
  settle: /^UPDATE chunks SET status = \?/,
  prune: /^DELETE FROM events /,
  /** The schema is brought to the next version. */
  migrate: /^PRAGMA user_version = \d/,
} as const;

type What = keyof typeof SIGNS;
/** `begun`: the first statement has run; `before`, `after`: the commit. */
export type Point = `${What}:${'begun' | 'before' | 'after'}`;

/** What the test wrote: where, at the how-manieth time, and what is to end. */
export interface Order {
  point: Point;
  skip?: number;
  /** `thread`: at once. `memory`: the thread runs out of it. */
  end?: 'process' | 'thread' | 'memory';
}

export interface Hit {
  point: Point;
  /** The statements of the transaction that the point is about, with their values. */
  statements: { sql: string; values: unknown[] }[];
}

interface Statement {
  run(...values: unknown[]): unknown;
}
interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
}

const file = process.env.TEST_POINT ?? '';
const done = new Set<What>();
let statements: Hit['statements'] = [];
let skipped = 0;

/** The ledger is about to go on from here. */
function reach(point: Point): void {
  if (file === '' || !existsSync(file)) return;
  const order = JSON.parse(readFileSync(file, 'utf8')) as Order;
  if (order.point !== point) return;
  if (skipped < (order.skip ?? 0)) {
    skipped += 1;
    return;
  }
  skipped = 0;
  // Whole or not at all: the test looks all the time.
  writeFileSync(`${file}.new`, JSON.stringify({ point, statements } satisfies Hit));
  renameSync(`${file}.new`, `${file}.hit`);
  rmSync(file);
  end(order.end ?? 'process');
}

function end(what: NonNullable<Order['end']>): void {
  if (what === 'thread') process.exit(1);
  if (what === 'process') process.kill(process.pid, 'SIGKILL');
  const hog: unknown[] = [];
  // Nothing may go on here until the end has come.
  for (;;) if (what === 'memory') hog.push(Array.from({ length: 10_000 }, () => Math.random()));
}

function ran(sql: string, values: unknown[]): void {
  for (const [what, sign] of Object.entries(SIGNS) as [What, RegExp][]) {
    if (!sign.test(sql) || (what === 'settle' && values[0] !== 'accepted')) continue;
    if (statements.length < 5_000) statements.push({ sql, values: values.map(plain) });
    if (done.has(what)) continue;
    done.add(what);
    reach(`${what}:begun`);
  }
}

const plain = (value: unknown) => (ArrayBuffer.isView(value) ? `${value.byteLength} bytes` : value);

function watchDatabase(): void {
  const { DatabaseSync } = require('node:sqlite') as { DatabaseSync: { prototype: Database } };
  const { exec, prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (sql) {
    if (/^(BEGIN|ROLLBACK)/.test(sql)) {
      done.clear();
      statements = [];
    }
    if (sql !== 'COMMIT') {
      exec.call(this, sql);
      ran(sql, []);
      return;
    }
    for (const what of done) reach(`${what}:before`);
    exec.call(this, sql);
    for (const what of done) reach(`${what}:after`);
  };
  DatabaseSync.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    if (!Object.values(SIGNS).some((sign) => sign.test(sql))) return statement;
    const { run } = statement;
    statement.run = (...values) => {
      const result = run.apply(statement, values);
      ran(sql, values);
      return result;
    };
    return statement;
  };
}

shiftDate((workerData as { testShift: SharedArrayBuffer }).testShift);
const warn = process.emitWarning;
// As in the ledger itself: it says that SQLite is experimental, on Node 22.
process.emitWarning = () => {};
watchDatabase();
process.emitWarning = warn;
