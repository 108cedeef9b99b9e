/** A process of its own that loads the product with one piece replaced and runs seeds until the simulation notices. */
import Module from 'node:module';
import { sep } from 'node:path';
import { brokenCode } from './broken-code';
import { MUTANTS, type Mutant } from './mutants';

export interface Noticed {
  /** Null: nothing was noticed. */
  seed: number | null;
  problem: string;
}

interface Loader {
  _extensions: Record<string, (module: { _compile(text: string, file: string): void }, file: string) => void>;
}

function breakProduct(mutant: Mutant): void {
  const { path, text } = brokenCode(mutant);
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
