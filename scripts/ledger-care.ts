/**
 * `npm run ledger:backup [-- TARGET]`, `npm run ledger:restore -- BACKUP`, `npm run ledger:check [-- FILE]`: the ledger is
 * the one of `npm start` (SHELFWIRE_DATA), or the one that SHELFWIRE_LEDGER names.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toShelfwireError } from '../core/errors';
import { backup, check, restore } from '../core/ledger/sqlite/care';

function ledgerFile(): string {
  if (process.env.SHELFWIRE_LEDGER) return resolve(process.env.SHELFWIRE_LEDGER);
  const data = resolve(process.env.SHELFWIRE_DATA || '.data');
  const live = join(data, 'ledger.db');
  return existsSync(live) ? live : join(data, 'demo', 'ledger.db');
}

function main([command, given]: string[]): void {
  const file = ledgerFile();
  if (command === 'backup') {
    const target = resolve(given ?? `${file}.backup-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`);
    backup(file, target);
    console.log(
      `The ledger ${file} is copied to ${target}. Opened from there, its pushes are held until you resume them.`,
    );
  } else if (command === 'restore' && given) {
    const kept = restore(file, resolve(given), Date.now());
    console.log(
      `The ledger ${file} is restored from ${given}. ${kept ? `The old one is kept as ${kept}. ` : ''}Its pushes are held: bring stock up to date (a sync or a feed), then resume each outlet.`,
    );
  } else if (command === 'check') {
    const asked = given ? resolve(given) : file;
    const problems = check(asked);
    console.log(
      problems.length === 0
        ? `The ledger ${asked} is sound; events and items add up.`
        : `The ledger ${asked} is not sound:\n${problems.join('\n')}`,
    );
    process.exitCode = problems.length === 0 ? 0 : 1;
  } else {
    console.error('Say backup [TARGET], restore BACKUP, or check [FILE].');
    process.exitCode = 2;
  }
}

try {
  main(process.argv.slice(2));
} catch (thrown) {
  console.error(toShelfwireError(thrown).message);
  process.exitCode = 1;
}
