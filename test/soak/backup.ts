/**
 * `npm run soak:backup`: a backup of a big ledger while events are recorded. Recording must go on: the figures are how
 * long it took with and without the backup beside it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../core/ledger/ledger';
import { openLedger } from '../../core/ledger/sqlite';
import { check } from '../../core/ledger/sqlite/care';
import { Database } from '../../core/ledger/sqlite/database';
import { event } from '../conformance/bench';
import { recordLastRun } from '../support/last-run';
import { tempFolder } from '../support/temp-folder';

const ITEMS = 1_500_000;
/** Nobody who sends an event waits longer for its answer. */
const BOUND_MS = 2_000;
const MB = 1024 * 1024;

/** Many items, each with an event and a row at one outlet. */
function fill(file: string): void {
  const db = new Database(file, 'live', Date.now());
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ITEMS})`;
  db.transaction(() => {
    db.run("INSERT INTO stores (id, store_id) VALUES (1, '1')");
    db.run("INSERT INTO senders (id, name, received, accepted) VALUES (1, 'big', ?, ?)", ITEMS, ITEMS);
    db.run(
      "INSERT INTO outlets (id, key, owner, platform, store_id, name, enabled, fields, threshold, concurrency, timeout, in_sync) VALUES (1, 'pasons:1', 'pasons', 'pasons', '1', 'One', 0, 'selling_price,stock_status', '0', 2, 30000, ?)",
      ITEMS,
    );
    db.run(
      `${numbers} INSERT INTO items (id, store, sku, version, quantity, quantity_at, level, level_at, price, price_at) SELECT i, 1, printf('9340957%07d', i), 1, '5', 1754049600000000, '5', 1754049600000000, '13.99', 1754049600000000 FROM n`,
    );
    db.run(
      `${numbers} INSERT INTO outlet_items (outlet, item, state, known, c_price, c_status) SELECT 1, i, 0, 1, '13.99', 1 FROM n`,
    );
    db.run(
      `${numbers} INSERT INTO events (received_at, sender, event_id, item, version, outcome, occurred_at, source, event_type, reference_id, quantity, selling_price, old_quantity) SELECT ?, 1, printf('paradigm:%032x', i * 2654435761), i, 1, 0, 1754049600000000, 'paradigm', 'SALES_ORDER', printf('SO-%09d', i), '5', '13.99', '6' FROM n`,
      Date.now(),
    );
  });
  db.close();
}

/** Records one event after the other until told to stop. @returns how long each took, in ms, ascending */
async function recordUntil(ledger: Ledger, name: string, ended: () => boolean): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; !ended(); n++) {
    const began = performance.now();
    const sku = `9340957${String(1 + ((n * 7919) % ITEMS)).padStart(7, '0')}`;
    const result = await ledger.record({
      sender: 'soak',
      events: [event({ sku, event_id: `${name}${n}`, quantity: String(n), occurred_at: new Date().toISOString() })],
    });
    assert.equal(result.accepted, 1);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}

const figures = (times: number[]) =>
  `median ${times[Math.floor(times.length / 2)]!.toFixed(1)} ms, p99 ${times[Math.floor(times.length * 0.99)]!.toFixed(1)} ms, worst ${times.at(-1)!.toFixed(0)} ms`;

async function main(): Promise<void> {
  const folder = tempFolder('backup-soak');
  const file = join(folder.path, 'ledger.db');
  const copy = join(folder.path, 'copy.db');
  try {
    fill(file);
    const ledger = await openLedger({ file, kind: 'live' });
    const quietEnd = performance.now() + 5_000;
    const quiet = await recordUntil(ledger, 'quiet', () => performance.now() > quietEnd);

    let done = false;
    let log = 0;
    const began = performance.now();
    const program = join(__dirname, '../../bin/shelfwire-ledger.js');
    const child = spawn(process.execPath, [program, 'backup', copy], {
      env: { ...process.env, SHELFWIRE_LEDGER: file },
      stdio: 'inherit',
    });
    const ended = once(child, 'close').then(([code]) => {
      done = true;
      return code as number;
    });
    const busy = await recordUntil(ledger, 'busy', () => {
      log = Math.max(log, statSync(`${file}-wal`).size);
      return done;
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    assert.equal(await ended, 0);
    await ledger.close();
    assert.deepEqual(check(copy), []);
    assert.ok(busy.at(-1)! < BOUND_MS, `one event took ${busy.at(-1)} ms`);
    const text = `${(statSync(copy).size / MB).toFixed(0)} MB copied in ${seconds} s; recording an event meanwhile ${figures(busy)} (without: ${figures(quiet)}); the log grew to ${(log / MB).toFixed(0)} MB`;
    console.log(text);
    recordLastRun('npm run soak:backup', text);
  } finally {
    folder.remove();
  }
}

main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
