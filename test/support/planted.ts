/**
 * Marked secrets for the test that looks for them everywhere: each has a marker of its own, so that a finding says which
 * one leaked. Already its first letters count, since a text that is cut may hold the first half of a key.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inflateRawSync } from 'node:zlib';

const TELLING = 12;

export class Planted {
  private readonly byName = new Map<string, string>();

  /** The secret of this name; made when it is asked for first. */
  secret(name: string): string {
    let value = this.byName.get(name);
    if (!value) {
      value = `${randomBytes(8).toString('hex')}-secret-${name.toLowerCase()}`;
      this.byName.set(name, value);
    }
    return value;
  }

  /** Names of the secrets of which the text holds more than the beginning, as they are or in base64. */
  in(text: string): string[] {
    return [...this.byName]
      .filter(([, value]) => forms(value).some((form) => text.includes(form)))
      .map(([name]) => name);
  }
}

function forms(value: string): string[] {
  const start = value.slice(0, TELLING);
  // In base64 a text looks different at each of three positions; the first and last letters depend on its neighbours.
  const encoded = [0, 1, 2].map((at) =>
    Buffer.from('x'.repeat(at) + start)
      .toString('base64')
      .slice(Math.ceil((at * 4) / 3) + 1, -4),
  );
  return [start, start.toUpperCase(), ...encoded];
}

/** Every value of every table, and the bytes of the file and its log: bodies are kept deflated. */
export function ledgerText(file: string): string {
  const parts = ['', '-wal', '-shm'].map((rest) => {
    try {
      return readFileSync(`${file}${rest}`).toString('latin1');
    } catch {
      return '';
    }
  });
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
    for (const { name } of tables)
      for (const row of db.prepare(`SELECT * FROM "${name}"`).all())
        for (const value of Object.values(row))
          parts.push(value instanceof Uint8Array ? unpacked(value) : String(value));
  } finally {
    db.close();
  }
  return parts.join('\n');
}

function unpacked(bytes: Uint8Array): string {
  try {
    return inflateRawSync(bytes).toString();
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/** Text of every file below the folder, by its path; without those that `except` names. */
export function filesBelow(folder: string, except: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const path = join(folder, name);
    if (!except.test(name) && statSync(path).isFile()) found.set(name, readFileSync(path, 'latin1'));
  }
  return found;
}
