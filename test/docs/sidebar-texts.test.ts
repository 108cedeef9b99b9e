/** The sidebar's catalogue: every key that is asked for is there, and every key that is there is asked for. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';

type Texts = { [key: string]: string | Texts };

const flat = (texts: Texts, prefix = ''): string[] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : flat(value, `${prefix}${key}.`),
  );

const keysOf = (language: string) =>
  flat(JSON.parse(readFileSync(join(ROOT, 'editor/locales', language, 'shelfwire.json'), 'utf8')) as Texts);
const keys = keysOf('en-US');
/** What the server says in English is told by its code in other languages only. */
const anywhere = [...keys, ...keysOf('ar')];
/** Added by the build. */
const BUILT = ['direction', 'language'];

const sources = [
  ...['editor', 'nodes', 'runtime'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  ),
]
  .filter((file) => /\.(ts|html)$/.test(file) && !file.endsWith('.test.ts') && !file.includes('locales'))
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

/** It takes its texts from this catalogue. */
const speaks = ({ file, text }: { file: string; text: string }) =>
  /^editor.(sidebar|monitor)/.test(file) ? file.includes('sidebar') : text.includes('/sidebar/words');

describe("the sidebar's texts", () => {
  it('every key that the sidebar asks for is in the catalogue', () => {
    const missing: string[] = [];
    for (const { file, text } of sources.filter(speaks)) {
      for (const [, key] of text.matchAll(/(?<![.\w])(?:_|textOr)\(\s*'([a-z]\w*(?:\.[\w-]+)*)'/gi))
        if (!keys.includes(key!) && !BUILT.includes(key!)) missing.push(`${file}: ${key}`);
      // Built from data: something has to begin so.
      for (const [, prefix] of text.matchAll(/(?<![.\w])(?:_|textOr)\(\s*`([a-z][\w.]*)\$\{/gi))
        if (!anywhere.some((key) => key.startsWith(prefix!))) missing.push(`${file}: ${prefix}…`);
    }
    assert.deepEqual(missing, []);
  });

  it('every key of the catalogue is used', () => {
    const all = sources.map(({ text }) => text).join('\n');
    const built = [...all.matchAll(/`([a-z][\w.]*\.)\$\{[^}]*\}([\w.]*)`/gi)].map(([, prefix, suffix]) => ({
      prefix: prefix!,
      suffix: suffix!,
    }));
    const used = (key: string) =>
      all.includes(`'${key}'`) ||
      built.some(
        ({ prefix, suffix }) =>
          key.startsWith(prefix) && key.endsWith(suffix) && key.length > prefix.length + suffix.length,
      );
    assert.deepEqual(
      keys.filter((key) => !used(key)),
      [],
    );
  });
});
