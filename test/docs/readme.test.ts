/** README and docs stay true: the ten minutes are run as they are written, and links, nodes, variables, commands exist. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { cleanEnvironment, ROOT } from '../support/node-red';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const README = read('README.md');
const PAGES = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT })];

interface Package {
  files: string[];
  scripts: Record<string, string>;
  'node-red': { nodes: Record<string, string> };
}
const PACKAGE = JSON.parse(read('package.json')) as Package;

function section(title: string): string {
  const part = README.split(/^## /m).find((text) => text.startsWith(title));
  assert.ok(part, `the README has a section "${title}"`);
  return part;
}

/** Code blocks of a language; '' = those without one. */
function blocks(text: string, language: string): string[] {
  const fences = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return fences.filter(([, name]) => name === language).map(([, , code]) => code!.trim());
}

/** `#section` as GitHub makes it. */
const anchors = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

describe('README and docs', () => {
  for (const page of PAGES) {
    it(`${page}: every link leads somewhere`, () => {
      for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const [path, anchor] = target!.split('#') as [string, string?];
        const file = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(join(ROOT, file)), `${target} does not exist`);
        if (anchor) assert.ok(anchors(read(file)).includes(anchor), `${target}: no such section`);
      }
    });

    it(`${page}: every npm script that it names exists`, () => {
      for (const [, name] of read(page).matchAll(/npm run ([\w:-]+)/g)) assert.ok(PACKAGE.scripts[name!], name);
    });
  }

  it('the table of nodes has every node, and no other', () => {
    const rows = [...section('Nodes').matchAll(/^\| [*_]?([a-z ]+?)[*_]? +\|/gm)].map(([, name]) => name!);
    const known = Object.keys(PACKAGE['node-red'].nodes).map((type) =>
      type.replace('shelfwire-', '').replaceAll('-', ' '),
    );
    assert.deepEqual(rows.filter((name) => name !== 'node').sort(), known.sort());
  });

  it('the table of variables has every variable of npm start, and no other', () => {
    const documented = [...section('Environment variables').matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name!);
    const source = read('runtime/bundled/environment.ts');
    const used = [...source.matchAll(/get\('([A-Z_]+)'\)|^ {2}'([A-Z_]+)',$/gm)].map(([, a, b]) => (a ?? b)!);
    const credentials = [...read('flows/flows_cred.json').matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name!);
    const flow = [...read('flows/flows.json').matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name!);
    const set = ['SHELFWIRE_LEDGER'];
    const all = new Set([...used, ...credentials, ...flow].filter((name) => !set.includes(name)));
    assert.deepEqual([...new Set(documented)].sort(), [...all].sort());
  });

  it('the admin routes that the pages name exist', () => {
    const routes = read('runtime/admin/routes.ts');
    for (const page of PAGES)
      for (const [, method, path] of read(page).matchAll(/`(GET|POST) shelfwire\/([a-z]+)/g))
        assert.match(
          routes,
          new RegExp(`method: '${method!.toLowerCase()}', path: '/shelfwire/${path}`),
          `${page}: ${path}`,
        );
  });
});

describe('the proxies of docs/install.md', () => {
  const [, nginx, caddy] = /```nginx\n([\s\S]*?)```[\s\S]*?```caddy\n([\s\S]*?)```/.exec(read('docs/install.md'))!;

  it('let from outside what senders need and nothing else, in whatever letters the editor is asked for', () => {
    const open = /location ~\* (\S+) \{ proxy_pass \S+; \}/.exec(nginx!)![1]!;
    assert.match(nginx!, /location \/ \{ allow \S+; deny all; /);
    const senders = ['/webhook/paradigm/inventory', '/WEBHOOK/mipos/stock', '/api/push/1', '/health', '/health/'];
    for (const path of senders) assert.match(path, new RegExp(open, 'i'));
    for (const path of ['/', '/admin/', '/ADMIN/', '/flows', '/healthy/admin', '/apiadmin'])
      assert.doesNotMatch(path, new RegExp(open, 'i'));
    assert.match(
      caddy!,
      /@outside \{\s+not path \/webhook\/\* \/api\/\* \/health\s+not remote_ip private_ranges\s+\}\s+respond @outside 403/,
    );
  });

  it('know no directive that the nginx of Debian 12 does not know', () => {
    assert.doesNotMatch(nginx!, /http2/);
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('copies what exists or is built, and all that the start needs', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build \S+ (.+) \S+$/gm)].flatMap(([, files]) =>
      files!.split(' '),
    );
    const names = copied.map((file) => file.replace('/app/', ''));
    for (const name of names) assert.ok(existsSync(join(ROOT, name)), name);
    // What users of the package get, the editor asks for here too; the notices go with what they are about.
    const published = PACKAGE.files.filter((name) => !name.startsWith('!') && name !== 'CHANGELOG.md');
    const needed = ['package.json', 'settings.js', 'node_modules', 'flows', 'LICENSE'];
    for (const name of [...needed, ...published])
      assert.ok(names.includes(name.replace(/\/$/, '')), `${name} is not copied`);
  });

  it('runs what npm start runs, without root, with its data in a volume and a health check', () => {
    const command = JSON.parse(/^CMD (.+)$/m.exec(dockerfile)![1]!) as string[];
    assert.ok(PACKAGE.scripts.start!.includes(command.join(' ')), PACKAGE.scripts.start);
    const lines = dockerfile.split('\n');
    assert.ok(lines.indexOf('USER node') > lines.indexOf('FROM node:24-slim'));
    assert.ok(lines.includes('VOLUME /data'));
    assert.match(dockerfile, /SHELFWIRE_DATA=\/data/);
    assert.match(dockerfile, /^HEALTHCHECK [\s\S]*\/health/m);
  });
});

describe('the ten minutes of the README', function () {
  this.timeout(90_000);
  const text = section('Ten minutes');
  let clone: TempFolder;
  let port: number;
  let endpointPort: number;
  let mqttPort: number;
  const running: ChildProcess[] = [];

  before(async function () {
    for (const tool of ['curl', 'openssl', 'sh'])
      if (spawnSync(tool, ['--help']).error) {
        console.log(`  (${tool} is not installed: the README's commands were not run)`);
        this.skip();
      }
    clone = tempFolder('readme');
    // As good as a clone: what npm start needs, with a data folder of its own.
    for (const name of ['package.json', 'settings.js', 'dist', 'flows', 'icons', 'node_modules'])
      symlinkSync(join(ROOT, name), join(clone.path, name));
    port = await freePort();
    endpointPort = await freePort();
    mqttPort = await freePort();
  });
  after(async () => {
    for (const child of running) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid!, 'SIGTERM');
        await ended;
      }
    }
    clone?.remove();
  });

  const environment = () => ({
    ...cleanEnvironment(),
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
    PORT: String(port),
    SHELFWIRE_MQTT_PORT: String(mqttPort),
  });
  const ported = (code: string) => code.replaceAll('9000', String(endpointPort)).replaceAll('1880', String(port));

  /** A terminal that stays open. */
  function start(code: string): () => string {
    const child = spawn('sh', ['-c', ported(code)], { cwd: clone.path, env: environment(), detached: true });
    running.push(child);
    let output = '';
    const add = (piece: Buffer) => {
      output += piece.toString();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    return () => output;
  }

  function type(code: string): string {
    const done = spawnSync('sh', ['-c', ported(code)], { cwd: clone.path, env: environment(), timeout: 20_000 });
    assert.equal(done.status, 0, done.stderr?.toString());
    return done.stdout.toString();
  }

  it('go as they are written', async () => {
    const [endpoint, shelfwire, feed, sale, why] = blocks(text, 'sh') as [string, string, string, string, string];
    const [firstPush] = blocks(text, '') as [string];
    const got = start(endpoint);
    const printed = start(shelfwire);
    await eventually(() => printed().includes('Started flows'), 40_000, 'npm start').catch((thrown) => {
      throw new Error(`${thrown}\n${printed()}`);
    });
    assert.match(printed(), /SHELFWIRE_API_TOKEN=\S{20}/);
    assert.doesNotMatch(printed(), /SIMULATED/);

    assert.match(type(feed), /^\{"message":"Stored\.","received":2,"accepted":2,/);
    await eventually(() => got().trim() === firstPush, 15_000, 'the first push').catch(() =>
      assert.equal(got().trim(), firstPush),
    );

    assert.match(type(sale), /"accepted":1/);
    const sold = /The endpoint gets one item, sold out: `(.+?)`/.exec(text)![1]!;
    await eventually(() => got().trim().split('\n')[1] === `POST /v1/inventory/1 ${sold}`, 15_000, 'the second push');

    const story = JSON.parse(type(why)) as {
      selling_price: string;
      quantity: string;
      events: { reference_id?: string }[];
      outlets: { state: string; sends: unknown[] }[];
    };
    assert.deepEqual([story.selling_price, story.quantity], ['12.40', '0']);
    assert.ok(story.events.some((event) => event.reference_id === 'SO-12345'));
    await eventually(
      () => (JSON.parse(type(why)) as typeof story).outlets[0]!.state === 'in_sync',
      10_000,
      'the item is in sync',
    );
  });
});

describe('docs/nodes.md', () => {
  const parts = new Map(
    read('docs/nodes.md')
      .split(/^## /m)
      .slice(1)
      .map((part) => [part.split('\n')[0]!, part] as const),
  );

  for (const type of Object.keys(PACKAGE['node-red'].nodes)) {
    const name = type.replace('shelfwire-', '');
    it(`names every property of ${name}`, () => {
      const part = parts.get(name.replaceAll('-', ' ')) ?? '';
      const form = read(`nodes/${name}/${name}.editor.ts`);
      const defaults = /\n {2}defaults: \{\n([\s\S]*?)\n {2}\},/.exec(form)![1]!;
      const properties = [...defaults.matchAll(/^ {4}(\w+):/gm)].map(([, property]) => property!);
      assert.ok(properties.includes('version'));
      const missing = properties.filter(
        (property) => !['name', 'version'].includes(property) && !part.includes(`\`${property}\``),
      );
      assert.deepEqual(missing, []);
    });
  }
});
