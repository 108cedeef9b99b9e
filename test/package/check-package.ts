/**
 * `npm run check:package`: packs the pack as npm publishes it, installs the tarball as an operator does (into a user
 * folder, beside a clean Node-RED), starts that, asks whether every set has loaded, opens the sidebar in the editor, and backs
 * up the ledger with the command that came along.
 * For each major Node-RED supported.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIDEBAR_FLOW, sidebarWorks } from '../browser/sidebar-works';
import { ROOT, startNodeRed } from '../support/node-red';
import { tempFolder } from '../support/temp-folder';

const VERSIONS = ['5', '4.1'];

interface Manifest {
  name: string;
  version: string;
  'node-red': { nodes: Record<string, string>; plugins?: Record<string, string> };
}

interface NodeSet {
  id: string;
  module: string;
  name: string;
  enabled: boolean;
  loaded?: boolean;
  err?: unknown;
  types: string[];
}

interface Packed {
  filename: string;
  files: { path: string }[];
  unpackedSize: number;
}

const checks: { name: string; problem: string | null }[] = [];

async function check(name: string, work: () => Promise<void> | void): Promise<void> {
  let problem: string | null = null;
  try {
    await work();
  } catch (thrown) {
    problem = thrown instanceof Error ? thrown.message : String(thrown);
  }
  checks.push({ name, problem });
  console.log(`${problem === null ? 'ok' : 'not ok'} - ${name}${problem === null ? '' : `\n${problem}`}`);
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

function project(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  return path;
}

function contents(packed: Packed, manifest: Manifest): void {
  const files = new Set(packed.files.map(({ path }) => path));
  const wanted = [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'resources/tour.js',
    ...Object.values(manifest['node-red'].nodes).flatMap((file) => {
      const base = file.replace(/\.js$/, '');
      const name = base.split('/').at(-1)!;
      const locale = `${base.slice(0, -name.length)}locales/en-US/${name}`;
      return [file, `${base}.html`, `${locale}.json`, `${locale}.html`];
    }),
  ];
  const missing = wanted.filter((file) => !files.has(file));
  if (missing.length > 0) throw new Error(`missing in the package: ${missing.join(', ')}`);
  const unwanted = [...files].filter((file) =>
    /\.test\.|\.map$|^dist\/(test|bench)\/|^test\/|\.env|secrets/.test(file),
  );
  if (unwanted.length > 0) throw new Error(`must not be in the package: ${unwanted.join(', ')}`);
}

async function loads(version: string, tarball: string, folder: string, manifest: Manifest): Promise<void> {
  const nodeRed = project(folder, `node-red-${version}`);
  npm(nodeRed, 'install', `node-red@${version}`);
  const userDir = project(folder, `user-${version}`);
  npm(userDir, 'install', '--omit=dev', tarball);
  const red = await startNodeRed({
    flows: SIDEBAR_FLOW,
    userDir,
    nodesDir: [],
    program: join(nodeRed, 'node_modules/node-red/red.js'),
  });
  try {
    const ask = async <T>(path: string): Promise<T> =>
      (await (await fetch(red.adminUrl + path, { headers: { Accept: 'application/json' } })).json()) as T;
    const { version: running } = await ask<{ version: string }>('/settings');
    if (!running.startsWith(version)) throw new Error(`Node-RED ${running} is running`);
    const sets = (await ask<NodeSet[]>('/nodes')).filter((set) => set.module === manifest.name);
    const bad = sets.filter((set) => set.err || !set.enabled || set.types.length === 0);
    if (bad.length > 0) throw new Error(`did not load: ${JSON.stringify(bad)}\n${red.logs()}`);
    const names = Object.keys(manifest['node-red'].nodes);
    const missing = names.filter((name) => !sets.some((set) => set.name === name));
    if (missing.length > 0) throw new Error(`not found: ${missing.join(', ')}\n${red.logs()}`);
    const plugins = (await ask<NodeSet[]>('/plugins')).filter((set) => set.module === manifest.name);
    const lost = Object.keys(manifest['node-red'].plugins ?? {}).filter(
      (name) => !plugins.some((plugin) => plugin.name === name && !plugin.err),
    );
    if (lost.length > 0) throw new Error(`plugins did not load: ${lost.join(', ')}\n${red.logs()}`);
    await sidebarWorks(red.adminUrl);
    careWorks(userDir);
  } finally {
    await red.stop();
  }
}

/** The ledger of a Node-RED that is running, by the command that came with the package. */
function careWorks(userDir: string): void {
  const care = (...args: string[]) =>
    execFileSync('npx', ['--no-install', 'shelfwire-ledger', ...args], {
      cwd: userDir,
      encoding: 'utf8',
      env: { ...process.env, SHELFWIRE_LEDGER: 'ledger.db' },
    });
  care('backup', 'copy.db');
  const said = care('check', 'copy.db');
  if (!/2 received.*The ledger is sound/s.test(said)) throw new Error(`a copy of the ledger: ${said}`);
}

async function main(): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const folder = tempFolder('package');
  try {
    let tarball = '';
    await check('the package holds what it must and nothing else', () => {
      const text = npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder.path);
      const [packed] = JSON.parse(text) as [Packed];
      tarball = join(folder.path, packed.filename);
      contents(packed, manifest);
    });
    for (const version of VERSIONS)
      await check(`every set loads in Node-RED ${version}, and the sidebar works there`, () =>
        loads(version, tarball, folder.path, manifest),
      );
  } finally {
    folder.remove();
  }
  const failed = checks.filter(({ problem }) => problem !== null).length;
  const report = process.env.SHELFWIRE_TEST_REPORT;
  if (report) writeFileSync(report, `${checks.length - failed} ${failed}\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}

void main();
