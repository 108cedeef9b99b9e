/** Every catalogue and every help text exists in both languages, with the same keys, placeholders and messages. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';

type Texts = { [key: string]: string | Texts };

/** `a.b.c` → text. */
function flat(texts: Texts, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...flat(value, `${prefix}${key}.`)],
    ),
  );
}

const placeholders = (text: string) => [...new Set(text.match(/__\w+__/g) ?? [])].sort();

function compare(read: (language: string) => Texts): void {
  const english = flat(read('en-US'));
  const arabic = flat(read('ar'));
  assert.deepEqual([...arabic.keys()].sort(), [...english.keys()].sort());
  for (const [key, text] of english) {
    assert.notEqual(text.trim(), '', key);
    assert.notEqual(arabic.get(key)!.trim(), '', key);
    assert.deepEqual(placeholders(arabic.get(key)!), placeholders(text), key);
  }
}

const sidebarTexts = (language: string): Texts =>
  JSON.parse(readFileSync(join(ROOT, 'editor/locales', language, 'shelfwire.json'), 'utf8'));

/** What a help text documents: the properties of messages and the parts of the page, whatever the language. */
function shapeOf(html: string): Record<string, number> {
  const count = (pattern: RegExp) => html.match(pattern)?.length ?? 0;
  return { sections: count(/<h3/g), properties: count(/<dt/g), rows: count(/<tr/g), items: count(/<li/g) };
}

const nodes = readdirSync(join(ROOT, 'nodes')).filter((name) => existsSync(join(ROOT, 'nodes', name, `${name}.ts`)));

describe('texts in English and Arabic', () => {
  it('the status lines have the same rows and placeholders', () => {
    compare((language) => JSON.parse(readFileSync(join(ROOT, 'runtime/locales', language, 'common.json'), 'utf8')));
  });

  it('the sidebar: the catalogues have the same keys and placeholders', () => {
    compare((language) => {
      const { said: _, ...texts } = sidebarTexts(language);
      return texts;
    });
  });

  it('the sidebar: what the server says in English is told in Arabic by codes that exist', () => {
    assert.equal(sidebarTexts('en-US').said, undefined);
    const sources = ['core', 'connectors', 'runtime', 'nodes'].flatMap((folder) =>
      globSync('**/*.ts', { cwd: join(ROOT, folder), exclude: (name) => name.endsWith('.test.ts') }).map((file) =>
        readFileSync(join(ROOT, folder, file), 'utf8'),
      ),
    );
    const code = sources.join('\n');
    const told = Object.entries(sidebarTexts('ar').said as Texts);
    assert.deepEqual(
      told.map(([key]) => key).filter((key) => !code.includes(`'${key}'`)),
      [],
    );
    for (const [key, text] of told) assert.match(String(text), /[\u0600-\u06ff]/, key);
    // What the admin routes refuse, somebody has pressed.
    const refused = ['outlet-settings', 'outlets', 'devices', 'items', 'incoming', 'find', 'monitor'].flatMap(
      (name) => [...readFileSync(join(ROOT, 'runtime/admin', `${name}.ts`), 'utf8').matchAll(/Error\(\s*'(\w+)'/g)],
    );
    /** Only a program can ask so. */
    const programs = ['setting_invalid', 'type_invalid', 'code_invalid', 'limit_invalid', 'state_invalid'];
    const codes = new Set(refused.map(([, name]) => name!).filter((name) => !programs.includes(name)));
    assert.ok(codes.size > 15);
    const keys = new Set(told.map(([key]) => key));
    assert.deepEqual(
      [...codes].filter((name) => !keys.has(name)),
      [],
    );
  });

  it('the monitor page: the catalogues have the same keys and placeholders', () => {
    compare((language) => JSON.parse(readFileSync(join(ROOT, 'editor/monitor/locales', `${language}.json`), 'utf8')));
  });

  for (const name of nodes) {
    const file = (language: string, extension: string) =>
      readFileSync(join(ROOT, 'nodes', name, 'locales', language, `${name}.${extension}`), 'utf8');

    it(`${name}: the catalogues have the same keys and placeholders`, () => {
      compare((language) => JSON.parse(file(language, 'json')));
      // Help, examples and docs refer to nodes by name.
      for (const language of ['en-US', 'ar'])
        assert.equal((JSON.parse(file(language, 'json')) as Texts).palette, name.replaceAll('-', ' '));
    });

    it(`${name}: there is help in both languages, about the same things`, () => {
      const english = file('en-US', 'html');
      const arabic = file('ar', 'html');
      for (const help of [english, arabic]) assert.ok(help.includes(`data-help-name="shelfwire-${name}"`));
      assert.match(arabic, /[\u0600-\u06ff]/);
      assert.deepEqual(shapeOf(arabic), shapeOf(english));
      // As the build leaves it: what is to be typed reads from left to right.
      const built = readFileSync(join(ROOT, 'dist/nodes', name, 'locales/ar', `${name}.html`), 'utf8');
      assert.deepEqual(built.match(/<code(?! dir="ltr")[^>]*>/g), null);
    });
  }
});
