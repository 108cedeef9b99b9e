#!/usr/bin/env node
/**
 * `npx shelfwire-ledger backup [TARGET]`, `restore BACKUP`, `restore --salvage [FILE]`, `check [FILE]`; in the repository
 * also `npm run ledger:backup` and so on. The ledger is the one that SHELFWIRE_LEDGER names, or the one of `npm start`
 * (SHELFWIRE_DATA).
 */
import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { ConfigError, toShelfwireError } from '../core/errors';
import { backup, examine, kindOfFile, restore } from '../core/ledger/sqlite/care';
import { wasLedger } from '../core/ledger/sqlite/lock';
import type { LedgerReport } from '../core/ledger/sqlite/report';
import { salvage } from '../core/ledger/sqlite/salvage';

const USAGE = 'Say backup [TARGET], restore BACKUP, restore --salvage [FILE], or check [FILE].';
const HELD =
  'Its pushes are held: bring stock up to date (sync everything, or upload the catalogue of each shop); an outlet goes on by itself once all its items were told anew, or resume it.';

/** @param from a backup: where there is no ledger yet, its mark says which one it is of */
function ledgerFile(from?: string): string {
  if (process.env.SHELFWIRE_LEDGER) return resolve(process.env.SHELFWIRE_LEDGER);
  const data = resolve(process.env.SHELFWIRE_DATA || '.data');
  const live = join(data, 'ledger.db');
  const demo = join(data, 'demo', 'ledger.db');
  if (existsSync(live) || wasLedger(live)) return live;
  if (existsSync(demo) || wasLedger(demo)) return demo;
  return from && kindOfFile(from) === 'live' ? live : demo;
}

const demoFolder = (): string => join(resolve(process.env.SHELFWIRE_DATA || '.data'), 'demo') + sep;

const kept = (old: string | null): string => (old ? `The old one is kept as ${old}. ` : '');

function tell(file: string, { problems, schema, kind, events, outlets }: LedgerReport): void {
  console.log(`${file}${schema === null ? '' : ` (${kind}, schema ${schema})`}`);
  if (events)
    console.log(
      `  events: ${events.received} received = ${events.accepted} accepted + ${events.duplicate} duplicate + ${events.stale} stale + ${events.refused} refused`,
    );
  for (const { outlet, name, paused, items, counts } of outlets) {
    const sum = Object.entries(counts).map(([state, count]) => `${count} ${state.replace('_', ' ')}`);
    console.log(`  ${outlet} ${name}${paused ? ' (paused)' : ''}: ${items} items = ${sum.join(' + ')}`);
  }
  if (problems.length === 0) {
    console.log('The ledger is sound; events and items add up.');
    return;
  }
  console.log(`The ledger is NOT sound. Stop Node-RED and restore a backup (npx shelfwire-ledger restore BACKUP), or what can
still be read of this file (npx shelfwire-ledger restore --salvage). What is wrong:`);
  for (const problem of problems) console.log(`  ${problem}`);
}

function main([command, ...given]: string[]): void {
  const [first, second] = given;
  if (command === 'backup') {
    const file = ledgerFile();
    const target = resolve(first ?? `${file}.backup-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`);
    backup(file, target);
    console.log(`The ledger ${file} is copied to ${target}. Opened from there, it starts with its pushes held.`);
  } else if (command === 'restore' && first === '--salvage') {
    const file = ledgerFile();
    const from = second ? resolve(second) : file;
    const { old, read, lost } = salvage(file, from, Date.now(), file.startsWith(demoFolder()) ? 'demo' : 'live');
    console.log(
      `The ledger ${file} is made anew from what could be read of ${from}: ${read} rows; ${lost.length === 0 ? 'nothing is missing' : `missing: ${lost.join('; ')}`}. ${kept(old)}${HELD}`,
    );
  } else if (command === 'restore' && first) {
    const from = resolve(first);
    const file = ledgerFile(from);
    const old = restore(file, from, Date.now());
    console.log(`The ledger ${file} is restored from ${from}. ${kept(old)}${HELD}`);
  } else if (command === 'check') {
    const file = first ? resolve(first) : ledgerFile();
    const report = examine(file);
    tell(file, report);
    process.exitCode = report.problems.length === 0 ? 0 : 1;
  } else {
    throw new ConfigError(USAGE);
  }
}

try {
  main(process.argv.slice(2));
} catch (thrown) {
  const error = toShelfwireError(thrown);
  console.error(error.message);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
}
