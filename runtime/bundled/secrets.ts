/** Secrets of an installation: those given in the environment, else those generated at the first start and kept. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../core/errors';
import { placeFile } from './place-file';

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
  const first = !existsSync(file);
  const kept = first ? {} : readKept(file);
  const values: Record<string, string> = {};
  const generated: string[] = [];
  for (const name of names) {
    const known = given[name] ?? kept[name];
    if (known === undefined) generated.push(name);
    values[name] = known ?? random(24).toString('base64url');
  }
  if (generated.length > 0) {
    for (const name of generated) kept[name] = values[name]!;
    // Another start was first, and has told its secrets: they count.
    if (!placeFile(file, `${JSON.stringify(kept, null, 2)}\n`, { first })) return prepareSecrets(folder, names, given);
  }
  return { values, generated, file };
}

function readKept(file: string): Record<string, string> {
  // What may not be read is not damaged: whoever starts has to be told that instead.
  const text = readFileSync(file, 'utf8');
  try {
    const kept: unknown = JSON.parse(text);
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
