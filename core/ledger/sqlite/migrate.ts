/** Brings a ledger to the newest schema, one step in one transaction each; before the first step it is copied beside itself. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { copyLedger } from './copy';

export const MIGRATIONS: readonly string[] = [
  '001-initial.sql',
  '002-what-was-sent.sql',
  '003-sidebar.sql',
  '004-size.sql',
].map((name) => join(__dirname, name));
export const SCHEMA_VERSION = MIGRATIONS.length;
/** Copies from before a migration that are kept; older ones are removed. */
const KEPT = 3;

/** @param steps files of SQL, by the schema version they lead to */
export function migrate(db: DatabaseSync, file: string, now: number, steps = MIGRATIONS): void {
  const version = Number(db.prepare('PRAGMA user_version').get()!.user_version);
  if (version >= steps.length) return;
  if (version > 0) {
    const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
    copyLedger(db, `${file}.before-schema-${steps.length}-${stamp}.bak`);
    removeOld(file);
  }
  for (let next = version; next < steps.length; next++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(readFileSync(steps[next]!, 'utf8'));
      db.prepare(
        "INSERT INTO meta VALUES ('written_by', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      ).run(ownVersion());
      db.exec(`PRAGMA user_version = ${next + 1}`);
      db.exec('COMMIT');
    } catch (thrown) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw thrown;
    }
  }
}

function removeOld(file: string): void {
  const prefix = `${basename(file)}.before-schema-`;
  const copies = readdirSync(dirname(file)).filter((name) => name.startsWith(prefix) && name.endsWith('.bak'));
  // The moment stands at the end of each name.
  const moment = (name: string): string => name.slice(name.indexOf('-', prefix.length));
  copies.sort((a, b) => moment(b).localeCompare(moment(a)));
  for (const name of copies.slice(KEPT)) rmSync(join(dirname(file), name));
}

/** Of this pack: what an older one must be replaced by to open the file. */
function ownVersion(): string {
  return (JSON.parse(readFileSync(join(__dirname, '../../../../package.json'), 'utf8')) as { version: string }).version;
}
