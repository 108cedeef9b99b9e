import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder {
  path: string;
  remove(): void;
}

/** An own folder below the system's temporary one. */
export function tempFolder(purpose = 'test'): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `shelfwire-${purpose}-`));
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}
