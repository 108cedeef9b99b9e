/** Secrets of an installation: those given in the environment, else those generated at the first start and kept. */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../core/errors';

export interface Secrets {
  /** Value of every name. */
  values: Record<string, string>;
  /** Names that were generated just now: to be printed, once. */
  generated: string[];
  file: string;
}

/**
 * @param folder where `secrets.json` is (mode 0600)
 * @param names what is needed
 * @param given what the environment has; it wins and is not written down
 */
export function prepareSecrets(
  folder: string,
  names: readonly string[],
  given: Partial<Record<string, string>>,
  random: (size: number) => Buffer = randomBytes,
): Secrets {
  const file = join(folder, 'secrets.json');
  const kept = readKept(file);
  const values: Record<string, string> = {};
  const generated: string[] = [];
  for (const name of names) {
    const known = given[name] ?? kept[name];
    if (known === undefined) generated.push(name);
    values[name] = known ?? random(24).toString('base64url');
  }
  if (generated.length > 0) {
    for (const name of generated) kept[name] = values[name]!;
    write(file, kept);
  }
  return { values, generated, file };
}

function readKept(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof kept === 'object' && kept !== null && !Array.isArray(kept)) return kept as Record<string, string>;
  } catch (thrown) {
    throw unreadable(file, thrown);
  }
  throw unreadable(file);
}

function unreadable(file: string, cause?: unknown): ConfigError {
  const error = new ConfigError(
    `${file} cannot be read. It holds this installation's secrets and is never replaced by itself: restore it, or move it away to have new secrets generated (senders then need the new ones).`,
    'secrets_unreadable',
  );
  error.cause = cause;
  return error;
}

/** Whole or not at all, also in a power cut. */
function write(file: string, content: Record<string, string>): void {
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
}
