/** The rows of a ledger file, table by table, for tests that nothing of it is lost. */
import { DatabaseSync } from 'node:sqlite';

export type Content = Record<string, Record<string, unknown>[]>;

/** @param file read only; without what each opening writes (where the file lives) */
export function contentOf(file: string): Content {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
    return Object.fromEntries(
      tables.map(({ name }) => {
        const where = name === 'meta' ? "WHERE key NOT IN ('place', 'written_by')" : '';
        return [
          String(name),
          db
            .prepare(`SELECT * FROM ${name} ${where}`)
            .all()
            .map((row) => ({ ...row })),
        ];
      }),
    );
  } finally {
    db.close();
  }
}
