// Builds dist/ as a mirror of the sources, so that Node-RED's own rules find html, locales and icons:
// TypeScript by tsc; for each node and plugin one <name>.html out of <name>.editor.ts (bundled) and <name>.html (the form).
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

if (process.argv.includes('--clean')) rmSync(dist, { recursive: true, force: true });

const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], {
  stdio: 'inherit',
});
// The rest is built all the same, so that a mistake in one file does not stop work on another; the exit code tells.
process.exitCode = tsc.status ?? 1;

const RIGHT_TO_LEFT = /^(?:ar|fa|he|ur)\b/;

/** Texts that every set's catalogue carries: the status table, its language and which way its texts run (editor/direction.ts). */
function common(language) {
  const file = join(root, 'runtime/locales', language, 'common.json');
  const texts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return { language, direction: RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr', ...texts };
}

/**
 * Help in a language written from right to left says so on each block: the editor itself is laid out from left to right.
 * What is to be typed as it stands keeps its own order: `${NAME}` would read `{NAME}$`.
 */
function withDirection(html, language) {
  if (!RIGHT_TO_LEFT.test(language)) return html;
  return html.replace(/<(p|h3|dl|ol|ul|table)(?=[\s>])/g, '<$1 dir="rtl"').replaceAll('<code>', '<code dir="ltr">');
}

/** Packages whose code is in the bundles, by name. */
const bundled = new Map();

function noteBundled({ inputs }) {
  for (const file of Object.keys(inputs)) {
    const found = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(resolve(file).replaceAll('\\', '/'));
    if (found) bundled.set(found[2], found[1]);
  }
}

/** The licence of each bundled package goes with the pack, as they all ask for. */
function writeNotices() {
  const texts = [...bundled]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, folder]) => {
      const { version, license, homepage, repository, author } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8'),
      );
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      // One that brings no file says so in its package.json only.
      const own = join(root, 'scripts/licences', `${name}.txt`);
      const text = file ? join(folder, file) : own;
      if (!existsSync(text))
        throw new Error(`${name} is bundled and brings no licence text: put it at ${relative(root, own)}.`);
      const by = typeof author === 'string' ? author : author?.name;
      const where = homepage ?? repository?.url ?? repository;
      return [
        `${name} ${version} (${license})`,
        ...[by, where].filter(Boolean),
        '',
        readFileSync(text, 'utf8').trim(),
        '',
      ].join('\n');
    });
  const rule = `${'-'.repeat(80)}\n`;
  const all = `The scripts of the editor hold code of these packages:\n\n${rule}${texts.join(`\n${rule}`)}`;
  const target = join(root, 'THIRD-PARTY-NOTICES');
  if (!existsSync(target) || readFileSync(target, 'utf8') !== all) writeFileSync(target, all);
}

/** Puts the bundled editor script and the form of one node (or plugin) together, in the form the palette loader reads. */
function assemble(folder, name) {
  const from = join(root, folder);
  const to = join(dist, folder);
  mkdirSync(to, { recursive: true });
  const editor = join(from, `${name}.editor.ts`);
  if (existsSync(editor)) {
    const { outputFiles, metafile } = buildSync({
      entryPoints: [editor],
      bundle: true,
      write: false,
      format: 'iife',
      target: 'es2022',
      charset: 'utf8',
      legalComments: 'none',
      metafile: true,
    });
    noteBundled(metafile);
    const form = existsSync(join(from, `${name}.html`)) ? readFileSync(join(from, `${name}.html`), 'utf8') : '';
    writeFileSync(
      join(to, `${name}.html`),
      `<script type="text/javascript">\n${outputFiles[0].text}</script>\n${form}`,
    );
  }
  const locales = join(from, 'locales');
  for (const language of existsSync(locales) ? readdirSync(locales) : []) {
    mkdirSync(join(to, 'locales', language), { recursive: true });
    for (const file of readdirSync(join(locales, language))) {
      const source = join(locales, language, file);
      const target = join(to, 'locales', language, file);
      if (file.endsWith('.json'))
        writeFileSync(target, JSON.stringify({ ...common(language), ...JSON.parse(readFileSync(source, 'utf8')) }));
      else writeFileSync(target, withDirection(readFileSync(source, 'utf8'), language));
    }
  }
  // The loader looks for icons only beside the set.
  cpSync(join(root, 'icons'), join(to, 'icons'), { recursive: true });
}

for (const name of !existsSync(join(root, 'nodes')) ? [] : readdirSync(join(root, 'nodes'), { withFileTypes: true })) {
  if (name.isDirectory() && existsSync(join(root, 'nodes', name.name, `${name.name}.ts`)))
    assemble(join('nodes', name.name), name.name);
}
if (existsSync(join(root, 'editor/shelfwire.editor.ts'))) assemble('editor', 'shelfwire');

/** The monitor page: a page of its own, with all that it needs beside it, since it may ask no other host. */
function assembleMonitor() {
  const from = join(root, 'editor/monitor');
  const to = join(dist, 'editor/monitor');
  const { metafile } = buildSync({
    metafile: true,
    entryPoints: [join(from, 'monitor.ts'), join(from, 'monitor.css')],
    outdir: to,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    // The notice of what is bundled goes with it.
    banner: { js: `/*! uPlot\n${readFileSync(join(root, 'node_modules/uplot/LICENSE'), 'utf8').trim()}\n*/` },
  });
  noteBundled(metafile);
  cpSync(join(from, 'monitor.html'), join(to, 'monitor.html'));
}
if (existsSync(join(root, 'editor/monitor/monitor.ts'))) assembleMonitor();
writeNotices();

for (const file of readdirSync(root, { recursive: true })) {
  if (file.endsWith('.sql') && !file.startsWith('node_modules') && !file.startsWith('dist')) {
    const target = join(dist, relative(root, join(root, file)));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, file), target);
  }
}
