/** A process of its own that loads the product with one piece replaced and runs seeds until the simulation notices. */
import { readFileSync } from 'node:fs';
import Module from 'node:module';
import { join, sep } from 'node:path';
import { MUTANTS, type Mutant } from './mutants';

const CORE = join(__dirname, '../../core');

export interface Noticed {
  /** Null: nothing was noticed. */
  seed: number | null;
  problem: string;
}

interface Loader {
  _extensions: Record<string, (module: { _compile(text: string, file: string): void }, file: string) => void>;
}

/** @throws Error when the text is not there exactly once: then the mutant is of an older product */
function breakProduct({ name, file, changes }: Mutant): void {
  const path = join(CORE, ...file.split('/'));
  let text = readFileSync(path, 'utf8');
  for (const [find, replace] of changes) {
    const pieces = text.split(find);
    if (pieces.length !== 2) throw new Error(`«${name}»: ${pieces.length - 1} times in ${file}: ${find}`);
    text = pieces.join(replace);
  }
  const loader = Module as unknown as Loader;
  const load = loader._extensions['.js']!;
  loader._extensions['.js'] = (module, loaded) => {
    if (loaded === path) module._compile(text, loaded);
    else load(module, loaded);
  };
}

async function main(): Promise<void> {
  const [number, runs, steps] = process.argv.slice(2).map(Number);
  breakProduct(MUTANTS[number!]!);
  const { simulate } = require(`.${sep}simulation`) as typeof import('./simulation');
  for (let seed = 1; seed <= runs!; seed++) {
    const problem = await simulate(seed, steps!).then(
      ({ problems }) => problems[0],
      (thrown: unknown) => String(thrown),
    );
    if (problem !== undefined) {
      process.send!({ seed, problem } satisfies Noticed);
      return;
    }
  }
  process.send!({ seed: null, problem: '' } satisfies Noticed);
}

void main().finally(() => process.disconnect());
