/** What dialogs are told by a code has a text in the editor's catalogue; test/docs/locales compares the languages. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from '../../core/signature/explain';
import { ROOT } from '../support/node-red';

type Texts = Record<string, string | Record<string, string>>;

describe('texts of what dialogs are told', () => {
  const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const catalogue = JSON.parse(read('editor/locales/en-US/shelfwire.json')) as Record<string, Texts>;
  const codes = (files: string[], pattern: RegExp) =>
    new Set(files.flatMap((file) => [...read(file).matchAll(pattern)].map((match) => match.slice(1).find(Boolean)!)));

  it('each warning', () => {
    const used = codes(
      ['editor/warnings/rules.ts'],
      /'((?:outlets|mapper|path|nothing|nobody|not)[A-Z]\w*|secretless|loopless)'/g,
    );
    assert.ok(used.size >= 12, [...used].join());
    assert.deepEqual([...used].sort(), Object.keys(catalogue.warning!).sort());
  });
  it('each way in which a pasted request does not verify', () => {
    const explain = codes(['core/signature/explain.ts'], /(?:no\('\w+',|done\()\s*'(\w+)'/g);
    const rejected = codes(['core/signature/types.ts'], /^ {2}\| '(\w+)'/gm);
    const bodies = codes(['core/signature/pasted.ts'], /^ {2}\| '(\w+)'/gm);
    const missing = [...explain, ...rejected, ...[...bodies].map((change) => `body_${change}`)].filter(
      (code) => !(code in catalogue.verify!),
    );
    assert.deepEqual(missing, []);
    assert.deepEqual(Object.keys(catalogue.verify!.step!), [...STEPS]);
  });
  it('each result of a test', () => {
    const files = ['core/pushing/test-connection.ts', ...globSync('nodes/*/try.ts', { cwd: ROOT })];
    const used = codes(files, /code: '(\w+)'|\bno\(\s*'(\w+)'|\bbad\(\s*'(\w+)'/g);
    assert.ok(used.size > 8);
    const missing = [...used].filter((code) => !(code in catalogue.test!) && !['setup', 'no_endpoint'].includes(code));
    assert.deepEqual(missing, []);
  });
});
