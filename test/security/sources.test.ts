/** What no source of the product may do: run data as code, make markup of data, compare secrets in a way that can be timed. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';

const product = globSync('{core,connectors,runtime,nodes,editor}/**/*.{ts,html}', { cwd: ROOT }).filter(
  (file) => !/\.test\.ts$|\.d\.ts$/.test(file),
);
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
/** Without comments, which may name what is forbidden. */
const code = new Map(product.map((file) => [file, read(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')] as const));

/** @returns `file: text` of every hit */
function hits(pattern: RegExp): string[] {
  return [...code].flatMap(([file, text]) => [...text.matchAll(pattern)].map(([hit]) => `${file}: ${hit.trim()}`));
}

describe('the sources', () => {
  it('are found', () => {
    assert.ok(code.size > 150, `${code.size} files`);
    assert.ok(hits(/timingSafeEqual\(/g).length >= 3);
  });

  it('run no data as code', () => {
    assert.deepEqual(
      hits(
        /\beval\s*\(|\bnew Function\b|\bFunction\s*\(|['"](?:node:)?(?:vm|child_process|repl|inspector)['"]|\bset(?:Timeout|Interval)\s*\(\s*['"`]|javascript:/g,
      ),
      [],
    );
  });

  it('load only modules that are named in the source', () => {
    assert.deepEqual(hits(/\b(?:require|import)\s*\(\s*(?!['"])[^)]*\)/g), []);
  });

  it('make no markup of data', () => {
    assert.deepEqual(
      hits(
        /\.(?:innerHTML|outerHTML)\b|\.html\s*\(\s*[^)\s]|insertAdjacentHTML|document\.write|createContextualFragment|\.parseHTML\b|DOMParser|srcdoc/g,
      ),
      [],
    );
    // jQuery makes elements of a text that begins with "<": it has to be one that stands in the source.
    // The one that is not whole names a list by a constant of the same file.
    const made = hits(/\$\(\s*`[^`]*<[^`]*\$\{[^`]*`/g);
    assert.ok(
      made.every((hit) => hit.startsWith('nodes/field-mapper/rows.editor.ts: ') && hit.includes('{FIELDS_LIST}')),
      made.join(),
    );
    assert.deepEqual(hits(/\$\(\s*['"]<[^'"]*['"]\s*\+/g), []);
  });

  it('compare tokens, passwords and signatures in constant time only', () => {
    const secret = String.raw`\b(?:\w*\.)*\w*(?:token|secret|password|signature|digest|hmac|authorization|expected)\w*(?:\(\))?`;
    const other = String.raw`(?!''|""|null|undefined|true|false|'|"|\d)[\w.([]+`;
    const compared = hits(new RegExp(`${secret}\\s*[!=]==?\\s*${other}|${other}\\s*[!=]==?\\s*${secret}`, 'gi'));
    // None of these compares what came from outside: the kind of a scheme, a node's own settings, tokens of a template.
    const known =
      /core\/mapping\/wrap\.ts: |core\/ledger\/sqlite\/|core\/signature\/verify\.ts: this\.scheme\.|core\/signature\/explain\.ts: \((?:bare\.current|secretEncoding)|\.editor\.ts: /;
    assert.deepEqual(
      compared.filter((hit) => !known.test(hit)),
      [],
    );
    for (const file of [
      'core/signature/verify.ts',
      'core/signature/shared-secret.ts',
      'core/mqtt/accounts.ts',
      'runtime/bundled/settings.ts',
    ])
      assert.match(code.get(file)!, /timingSafeEqual\(/, file);
  });

  it('keep nothing in objects by a name from outside', () => {
    // Maps are used for what senders, platforms and operators name, so that "__proto__" is a name like any other.
    for (const [file, pattern] of [
      ['connectors/store-map.ts', /new Map</],
      ['nodes/outlets/keys.ts', /new Map\(/],
      ['core/mapping/table.ts', /__proto__/],
    ] as const)
      assert.match(code.get(file)!, pattern, file);
  });
});

describe('the packages', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<
      string,
      {
        resolved?: string;
        integrity?: string;
        inBundle?: boolean;
        optional?: boolean;
        dev?: boolean;
        hasInstallScript?: boolean;
      }
    >;
  };
  const installed = Object.entries(lock.packages).filter(([name]) => name !== '');

  it('are locked by their content and come from the registry only', () => {
    assert.ok(installed.length > 100);
    for (const [name, { resolved, integrity, inBundle, dev, optional }] of installed) {
      assert.ok(resolved === undefined || resolved.startsWith('https://registry.npmjs.org/'), `${name}: ${resolved}`);
      // What is inside another package is locked with it; tools for other platforms are never installed here.
      if (!inBundle && !(dev && optional)) assert.match(integrity ?? '', /^sha512-/, name);
    }
  });

  it('that users get are few, and none runs a script when it is installed', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    assert.ok(Object.keys(dependencies).length <= 6, Object.keys(dependencies).join());
    const scripts = installed.filter(([, { dev, hasInstallScript }]) => hasInstallScript && !dev).map(([name]) => name);
    assert.deepEqual(scripts, []);
  });
});
