import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../test/support/node-red';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder';
import { chooseFolder, copyFlows, inDataFolder } from './data-folder';
import { isLoopback, localUrl, readEnvironment } from './environment';
import { prepareSecrets, type Secrets } from './secrets';

describe('the environment of npm start', () => {
  const read = (env: Record<string, string>) => readEnvironment(env, '/work');

  it('has the documented defaults; empty counts as not set', () => {
    const { timeZone, ...rest } = read({ PASONS_URL: '', HOST: '' });
    assert.equal(timeZone, new Intl.DateTimeFormat().resolvedOptions().timeZone);
    assert.deepEqual(rest, {
      host: '127.0.0.1',
      port: 1880,
      data: '/work/.data',
      mqttHost: '127.0.0.1',
      mqttPort: 1883,
      publicUrl: 'http://127.0.0.1:1880',
      adminPassword: null,
      pasonsUrl: null,
      secrets: {},
      tour: true,
    });
  });

  it('takes what is given', () => {
    const given = read({
      HOST: '0.0.0.0',
      PORT: '80',
      SHELFWIRE_ADMIN_PASSWORD: 'p',
      SHELFWIRE_PUBLIC_URL: 'https://shop.example/',
      SHELFWIRE_TIMEZONE: 'Asia/Dubai',
      PASONS_URL: 'https://api.example/x/',
      SCANNER_PASSWORD: 's',
    });
    assert.equal(given.publicUrl, 'https://shop.example');
    assert.equal(given.pasonsUrl, 'https://api.example/x');
    assert.deepEqual(given.secrets, { SCANNER_PASSWORD: 's' });
  });

  for (const [what, env, code] of [
    ['other machines without a password', { HOST: '0.0.0.0' }, 'admin_password_missing'],
    ['every IPv6 address without a password', { HOST: '::' }, 'admin_password_missing'],
    ['a name that only looks like the loopback', { HOST: '127.0.0.1.example.com' }, 'admin_password_missing'],
    ['PostgreSQL', { SHELFWIRE_DATABASE_URL: 'postgres://x' }, 'database_unsupported'],
    ['a port that is none', { PORT: '99999' }, 'port_invalid'],
    ['a port that is text', { SHELFWIRE_MQTT_PORT: 'mqtt' }, 'port_invalid'],
    ['an address that is none', { PASONS_URL: 'api.example' }, 'url_invalid'],
    ['a file as the platform', { PASONS_URL: 'file:///etc/passwd' }, 'url_invalid'],
    ['a time zone that is none', { SHELFWIRE_TIMEZONE: 'Dubai' }, 'time_zone_invalid'],
  ] as [string, Record<string, string>, string][])
    it(`refuses ${what}`, () => {
      assert.throws(() => read(env), { code });
    });

  it('knows the loopback and how to reach itself', () => {
    assert.deepEqual(['localhost', '127.0.0.1', '127.1.2.3', '::1'].map(isLoopback), [true, true, true, true]);
    assert.deepEqual(['10.0.0.1', '::', 'shop.local'].map(isLoopback), [false, false, false]);
    assert.equal(localUrl('::', 80), 'http://[::1]:80');
    assert.equal(localUrl('0.0.0.0', 80), 'http://127.0.0.1:80');
  });
});

describe('the data folder', () => {
  let folder: TempFolder;
  beforeEach(() => {
    folder = tempFolder('data');
  });
  afterEach(() => folder.remove());

  it('is the demo, apart, until a platform is named or a live ledger is there', () => {
    assert.deepEqual(chooseFolder(folder.path, null), {
      kind: 'demo',
      userDir: join(folder.path, 'demo'),
      ledger: join(folder.path, 'demo', 'ledger.db'),
    });
    assert.equal(chooseFolder(folder.path, 'https://api.example').kind, 'live');
    writeFileSync(join(folder.path, 'ledger.db'), '');
    assert.equal(chooseFolder(folder.path, null).kind, 'live');
  });

  it('gets the bundled flows once; the demo says SIMULATED on every tab; edits are never overwritten', () => {
    const from = join(folder.path, 'bundled');
    mkdirSync(from);
    writeFileSync(
      join(from, 'flows.json'),
      '[{"id":"a","type":"tab","label":"Stock in"},{"id":"b","type":"comment","name":"Note"}]',
    );
    writeFileSync(join(from, 'flows_cred.json'), '{"c":{"token":"name"}}');
    const demo = chooseFolder(folder.path, null);
    copyFlows(from, demo);
    const flows = join(demo.userDir, 'flows.json');
    assert.match(readFileSync(flows, 'utf8'), /"Stock in · SIMULATED"[\s\S]*"SIMULATED · Note"/);
    assert.equal(readFileSync(join(demo.userDir, 'flows_cred.json'), 'utf8'), '{"c":{"token":"name"}}');
    writeFileSync(flows, '[]');
    copyFlows(from, demo);
    assert.equal(readFileSync(flows, 'utf8'), '[]');
    const live = chooseFolder(folder.path, 'https://api.example');
    copyFlows(from, live);
    assert.match(readFileSync(join(live.userDir, 'flows.json'), 'utf8'), /"Stock in"/);
  });

  it('keeps generated secrets for their owner only, and what the environment gives out of the file', () => {
    const first = prepareSecrets(folder.path, ['a', 'b'], { b: 'given' });
    assert.deepEqual(first.generated, ['a']);
    assert.ok(first.values.a!.length >= 32);
    assert.equal(statSync(first.file).mode & 0o777, 0o600);
    assert.equal(readFileSync(first.file, 'utf8').includes('given'), false);
    const second = prepareSecrets(folder.path, ['a', 'b', 'c'], { b: 'given' });
    assert.equal(second.values.a, first.values.a);
    assert.deepEqual(second.generated, ['c']);
    assert.equal(prepareSecrets(folder.path, ['a'], { a: 'other' }).values.a, 'other');
    assert.deepEqual(readdirSync(folder.path), ['secrets.json']);
  });

  it('has one set of secrets, whoever starts at the same moment: those that were told first', () => {
    let other: Secrets | undefined;
    const late = prepareSecrets(folder.path, ['a', 'b'], { b: 'given' }, (size) => {
      other ??= prepareSecrets(folder.path, ['a', 'b'], {});
      return randomBytes(size);
    });
    assert.equal(late.values.a, other!.values.a);
    assert.deepEqual([late.values.b, late.generated], ['given', []]);
    assert.deepEqual(JSON.parse(readFileSync(late.file, 'utf8')), other!.values);
    assert.deepEqual(readdirSync(folder.path), ['secrets.json']);
  });

  it('takes what is left of a start that was ended half-way', () => {
    writeFileSync(join(folder.path, `secrets.json.${process.pid}.new`), '{"a":"cut');
    const { values } = prepareSecrets(folder.path, ['a'], {});
    assert.deepEqual(JSON.parse(readFileSync(join(folder.path, 'secrets.json'), 'utf8')), values);
    assert.deepEqual(readdirSync(folder.path), ['secrets.json']);
  });

  it('says what to do when the disk does not allow it, and calls nothing damaged that may only not be read', () => {
    const refused = (code: string) => () =>
      inDataFolder('/data', () => {
        throw Object.assign(new Error(`${code}: not allowed, open '/data/secrets.json'`), { code, syscall: 'open' });
      });
    for (const [code, remedy] of [
      ['EACCES', /^The data folder \/data cannot be used \(EACCES.*secrets\.json'\)\. .*nothing is lost.*chown -R/],
      ['EROFS', /chown -R.*SHELFWIRE_DATA/],
      ['ENOSPC', /Make room/],
      ['ENOTDIR', /SHELFWIRE_DATA/],
    ] as const)
      assert.throws(refused(code), { code: 'data_folder', message: remedy });
    mkdirSync(join(folder.path, 'secrets.json'));
    assert.throws(() => inDataFolder(folder.path, () => prepareSecrets(folder.path, ['a'], {})), {
      code: 'data_folder',
    });
    assert.throws(() => inDataFolder('/data', () => readEnvironment({ PORT: 'x' }, '/')), { code: 'port_invalid' });
  });

  it('never replaces secrets that it cannot read', () => {
    writeFileSync(join(folder.path, 'secrets.json'), '{"a":"cut');
    assert.throws(() => prepareSecrets(folder.path, ['a'], {}), { code: 'secrets_unreadable' });
    assert.equal(readFileSync(join(folder.path, 'secrets.json'), 'utf8'), '{"a":"cut');
  });
});

describe('the bundled flows', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(ROOT, 'flows', file), 'utf8')) as never;

  it('hold no secret: every credential is the name of a variable', () => {
    for (const values of Object.values(read('flows_cred.json') as Record<string, Record<string, string>>))
      for (const value of Object.values(values)) assert.match(value, /^\$\{[A-Z_]+\}$/);
  });

  it('are wired to what exists, every node on a tab and in a group', () => {
    const flows = read('flows.json') as {
      id: string;
      type: string;
      z?: string;
      g?: string;
      wires?: string[][];
      nodes?: string[];
    }[];
    const ids = new Map(flows.map((entry) => [entry.id, entry]));
    assert.equal(ids.size, flows.length);
    for (const entry of flows) {
      for (const id of [...(entry.wires?.flat() ?? []), ...(entry.nodes ?? [])]) assert.ok(ids.has(id), id);
      if (entry.z) assert.equal(ids.get(entry.z)?.type, 'tab', entry.id);
      if (entry.g) assert.ok(ids.get(entry.g)?.nodes?.includes(entry.id), entry.id);
    }
  });
});
