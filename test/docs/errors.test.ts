/** docs/errors.md names every stable code of the code, and none that is not there. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';

const sources = globSync('{core,connectors,runtime,nodes}/**/*.ts', { cwd: ROOT })
  .filter((file) => !/\.test\.ts$|\.d\.ts$|conformance|\.editor\.ts$/.test(file))
  .map((file) => readFileSync(join(ROOT, file), 'utf8'));

/** Where a code stands in the arguments of what carries it. */
const FIRST =
  /(?:new (?:InvalidInputError|ShelfwireError|StorageError|RefusedValue)\(|new HttpProblem\(\s*\d+,|\b(?:reject|failure|row)\()\s*'([A-Za-z_]+)'/g;
const LAST = /,\s*'([a-z]+(?:_[a-z]+)+)',?\s*\)/y;

/** The codes of `new ConfigError(text, code)`. */
function configCodes(source: string): string[] {
  const codes: string[] = [];
  for (const { index } of source.matchAll(/new ConfigError\(/g)) {
    // The code closes the call; a template's own brackets come in pairs.
    let depth = 0;
    for (let at = source.indexOf('(', index); at < source.length; at++) {
      LAST.lastIndex = at;
      const found = depth === 1 ? LAST.exec(source) : null;
      if (found) codes.push(found[1]!);
      if (found) break;
      if (source[at] === '(') depth += 1;
      else if (source[at] === ')' && --depth === 0) break;
    }
  }
  return codes;
}

describe('docs/errors.md', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const documented = new Set(
    rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, code]) => code!)),
  );

  it('names every code', () => {
    const used = new Set<string>();
    for (const source of sources) {
      for (const [, code] of source.matchAll(FIRST)) used.add(code!);
      for (const code of configCodes(source)) used.add(code);
    }
    const words = readFileSync(join(ROOT, 'core/pushing/words.ts'), 'utf8');
    for (const [, code] of words.matchAll(/^ {2}([a-z_]+): \{/gm)) used.add(code!);
    assert.ok(used.size > 120, `${used.size} codes were found`);
    assert.deepEqual([...used].filter((code) => !documented.has(code)).sort(), []);
  });

  it('names none that is not in the code', () => {
    const all = sources.join('\n');
    const gone = [...documented].filter((code) => !new RegExp(`['"\` ]${code}['"\`:]`).test(all));
    assert.deepEqual(gone.sort(), []);
  });
});
