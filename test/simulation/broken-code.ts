import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutants';

const CORE = join(__dirname, '../../core');

/** A compiled file of the product with its pieces replaced. @throws Error when a text is not there exactly once: then the mutant is of an older product */
export function brokenCode({ name, file, changes }: Mutant): { path: string; text: string } {
  const path = join(CORE, ...file.split('/'));
  let text = readFileSync(path, 'utf8');
  for (const [find, replace] of changes) {
    const pieces = text.split(find);
    if (pieces.length !== 2) throw new Error(`«${name}»: ${pieces.length - 1} times in ${file}: ${find}`);
    text = pieces.join(replace);
  }
  return { path, text };
}
