/** The ledger's file in a real Node-RED: a disk that fills up and has room again, and every file that cannot be opened. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connectAsync, type MqttClient } from 'mqtt';
import type { OutletSummary } from '../../core/ledger/ledger';
import { openLedger } from '../../core/ledger/sqlite';
import { check } from '../../core/ledger/sqlite/care';
import { type PasonsSimulator, startPasons } from '../../simulators/pasons';
import { event, outlet } from '../conformance/bench';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { cleanEnvironment, type FlowEntry, ROOT, type RunningNodeRed, startNodeRed } from '../support/node-red';
import { embedded, LOGIN, STOCK, sale } from '../support/scanner-shop';
import { canMount, type SmallDisk, smallDisks } from '../support/small-disk';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const TOKEN = 'health-token';

interface Health {
  status: number;
  retryAfter: string | null;
  body: {
    status: string;
    counts: { accepted: number } | null;
    problems: { name: string; why: string }[];
    warnings: { name: string; why: string }[];
  };
}

/** A ledger with its receivers, its broker and one outlet, and a flow that has nothing to do with it. */
function flows(file: string, mqttPort: number, platform: string): FlowEntry[] {
  const nodes: FlowEntry[] = [
    { id: 'c', type: 'shelfwire-catalogue-in', unsigned: 'allow', wires: [['r']] },
    { id: 's', type: 'shelfwire-scanner-in', broker: 'b', wires: [['r']] },
    { id: 'r', type: 'shelfwire-record-stock', ledger: 'l', wires: [[], []] },
    { id: 'x', type: 'shelfwire-changed-stock', outlets: 'o', auto: true, linger: 0.1, wires: [['p']] },
    { id: 'p', type: 'shelfwire-pasons-push', wires: [[], []] },
    { id: 'h', type: 'http in', url: '/other', method: 'get', wires: [['a']] },
    { id: 'a', type: 'http response', wires: [] },
  ];
  return [
    { id: 'tab', type: 'tab', label: 'in' },
    { id: 'l', type: 'shelfwire-ledger', file },
    embedded(mqttPort),
    {
      id: 'o',
      type: 'shelfwire-outlets',
      ledger: 'l',
      endpoint: `${platform}/v1/inventory/{store_id}`,
      timeout: 1,
      rows: [{ store_id: '1', name: 'Marina', push_enabled: true, auto: true }],
    },
    ...nodes.map((node, index) => ({ z: 'tab', x: 100, y: 60 * (index + 1), ...node })),
  ];
}
const credentials = { b: { password_0: LOGIN.password }, l: { token: TOKEN } };

async function health(red: RunningNodeRed): Promise<Health> {
  const answer = await fetch(`${red.url}/health`, { headers: { Authorization: `Bearer ${TOKEN}` } });
  return {
    status: answer.status,
    retryAfter: answer.headers.get('Retry-After'),
    body: (await answer.json()) as Health['body'],
  };
}

let told = 0;
/** A feed of many new items, each with a price that no other feed has. */
async function feed(red: RunningNodeRed, items: number): Promise<Response> {
  told += 1;
  const rows = Array.from({ length: items }, (_, n) => `sku-${told}-${n},${told}.5,1`);
  return fetch(`${red.url}/api/catalogue/1`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/csv' },
    body: `sku,selling_price,stock_status\n${rows.join('\n')}\n`,
  });
}

const times = (text: string, what: string | RegExp): number => text.split(what).length - 1;

describe('the file of the ledger', function () {
  this.timeout(90_000);
  let folder: TempFolder;
  let data: string;
  let file: string;
  let pasons: PasonsSimulator;
  let mqttPort: number;
  let red: RunningNodeRed | null = null;
  let device: MqttClient | null = null;

  beforeEach(async () => {
    folder = tempFolder('ledger-file');
    data = join(folder.path, 'data');
    mkdirSync(data);
    file = join(data, 'ledger.db');
    pasons = await startPasons();
    mqttPort = await freePort();
  });
  afterEach(async () => {
    await device?.endAsync(true);
    device = null;
    await red?.stop();
    red = null;
    await pasons.stop();
    folder.remove();
  });

  const start = async (more: Partial<Parameters<typeof startNodeRed>[0]> = {}): Promise<RunningNodeRed> => {
    red = await startNodeRed({ flows: flows(file, mqttPort, pasons.url), credentials, ...more });
    return red;
  };
  const connect = async () => {
    device = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
      ...LOGIN,
      clientId: 'one',
      clean: false,
      reconnectPeriod: 100,
    });
    device.on('error', () => undefined);
    return device;
  };
  const sent = () => pasons.requests.filter(({ method }) => method === 'POST').length;

  describe('on a full disk', () => {
    const disks = smallDisks(ROOT);
    it('this machine has a way to fill one', () => {
      assert.notDeepEqual(disks, [], 'neither unshare nor prlimit works here');
    });

    for (const disk of disks)
      it(`(${disk.what}): senders are asked to wait, nothing is sent or half-written, and it goes on by itself`, () =>
        fillsUp(disk));
  });

  async function fillsUp(disk: SmallDisk): Promise<void> {
    const running = await start({ through: disk.through(data) });
    const { pid } = running;
    await eventually(async () => (await health(running)).status === 200, 20_000, 'health');
    assert.equal((await feed(running, 20)).status, 200);
    await eventually(() => Object.keys(pasons.store.content()['1'] ?? {}).length === 20, 20_000, 'the first items');
    const scanner = await connect();
    await scanner.publishAsync(STOCK, JSON.stringify(sale(1, 'sku')), { qos: 1 });

    // What waits from before must not leave either: taking it would have to be recorded.
    pasons.behave({ fault: '503' });
    assert.equal((await feed(running, 20)).status, 200);
    await eventually(() => pasons.requests.at(-1)?.status === 503, 10_000, 'a platform that is down');
    disk.fill(pid, data);
    let accepted = (await health(running)).body.counts!.accepted;
    let refused: Response | null = null;
    for (let round = 0; round < 300 && !refused; round++) {
      const answer = await feed(running, 100);
      if (answer.status === 200) accepted += 100;
      else refused = answer;
    }
    assert.equal(refused?.status, 503);
    assert.ok(Number(refused.headers.get('Retry-After')) > 0);
    const { message } = (await refused.json()) as { message: string };
    assert.match(message, /Nothing was stored; send it again/);

    const sick = await eventually(async () => {
      const now = await health(running);
      return now.status === 503 ? now : null;
    });
    assert.deepEqual([sick.body.status, Number(sick.retryAfter) > 0], ['degraded', true]);
    assert.match(
      sick.body.problems.find(({ name }) => name === 'ledger')!.why,
      /disk.*Nothing was recorded.*[Mm]ake room/,
    );
    pasons.behave(null);
    const before = sent();
    let acknowledged = false;
    const scan = scanner.publishAsync(STOCK, JSON.stringify(sale(2, 'sku')), { qos: 1 }).then(() => {
      acknowledged = true;
    });
    for (let round = 0; round < 20; round++) assert.equal((await feed(running, 100)).status, 503);
    // The platform is well for longer than the breaker waits, and nothing has left.
    const end = performance.now() + 3_000;
    while (performance.now() < end) assert.equal((await health(running)).status, 503);
    assert.equal(sent(), before);
    assert.equal(acknowledged, false);
    // Once, not a flood, whatever came: by the ledger, and by the node that looks for what to send.
    assert.equal(times(running.logs(), /\[shelfwire-ledger:.*disk.*make room/i), 1);
    assert.ok(times(running.logs(), 'Nothing was recorded') <= 2, running.logs());
    assert.equal((await fetch(`${running.url}/other`)).status, 200);

    disk.makeRoom(pid, data);
    await eventually(async () => (await health(running)).status === 200, 20_000, 'health');
    await scan;
    assert.equal((await feed(running, 10)).status, 200);
    const state = await health(running);
    assert.equal(state.body.counts!.accepted, accepted + 10 + 1);
    await eventually(async () => {
      const [outlet] = (await (await fetch(`${running.adminUrl}/shelfwire/outlets`)).json()) as OutletSummary[];
      return outlet!.counts.waiting + outlet!.counts.sending === 0 && outlet!.counts.in_sync > 40;
    }, 40_000);
    assert.equal(Object.keys(pasons.store.content()['1']!).length, accepted - 1 + 10);
    await eventually(() => times(running.logs(), 'changes are stored') === 1);
    copyFileSync(join(disk.seen(pid, data), 'ledger.db'), join(folder.path, 'copy.db'));
    copyFileSync(join(disk.seen(pid, data), 'ledger.db-wal'), join(folder.path, 'copy.db-wal'));
    assert.deepEqual(check(join(folder.path, 'copy.db')), []);
  }

  /** A ledger of 400 items at one outlet, closed. */
  async function fill(): Promise<void> {
    const ledger = await openLedger({ file, kind: 'live' });
    await ledger.defineOutlets('pasons', [outlet()]);
    const events = Array.from({ length: 400 }, (_, n) => event({ sku: `S${n}`, quantity: '1', selling_price: '1' }));
    await ledger.record({ sender: 't', events });
    await ledger.close();
  }
  const overwrite = (from: number, to: number) => writeFileSync(file, readFileSync(file).fill(0xa5, from, to));
  const bytesOf = (name: string) => (existsSync(name) ? readFileSync(name) : null);

  describe('that cannot be opened: Node-RED starts, says what is wrong and what to do, and leaves the file as it is', () => {
    const MIDDLE = 20 * 4096;
    const ways: [what: string, how: () => void, text: RegExp, status: string][] = [
      ['its beginning is overwritten', () => overwrite(0, 100), /is damaged.*shelfwire-ledger restore/, 'file damaged'],
      ['a page in the middle is overwritten', () => overwrite(MIDDLE, MIDDLE + 4096), /is damaged/, 'file damaged'],
      ['it was cut off', () => truncateSync(file, readFileSync(file).length - 8192), /is damaged/, 'file damaged'],
      ['it is empty', () => truncateSync(file), /empty file.*Nothing was made in its place/, 'file missing'],
      ['it is gone', () => renameSync(file, `${file}.away`), /is missing, although there was one/, 'file missing'],
      ['it is text', () => writeFileSync(file, 'some text '.repeat(900)), /no ledger at all/, 'file damaged'],
      [
        "it is another program's database",
        () => {
          rmSync(file);
          const db = new DatabaseSync(file);
          db.exec('CREATE TABLE theirs (a)');
          db.close();
        },
        /another program.*Choose another file/,
        'not a ledger',
      ],
      [
        'a newer version wrote it',
        () => {
          const db = new DatabaseSync(file);
          db.exec("PRAGMA user_version = 99; UPDATE meta SET value = '7.0.0' WHERE key = 'written_by'");
          db.close();
        },
        /written by Shelfwire 7\.0\.0.*Install Shelfwire 7\.0\.0/,
        'needs newer version',
      ],
      [
        'a folder is in its place',
        () => {
          rmSync(file);
          mkdirSync(file);
        },
        /is a folder/,
        'cannot store',
      ],
    ];

    it('each, one after the other, in one process', async () => {
      // Files of their own, so that one start serves all.
      const ledgers: FlowEntry[] = [];
      const before: (Buffer | null)[] = [];
      const names: string[] = [];
      for (const [index, [, damage]] of ways.entries()) {
        file = join(data, `ledger-${index}.db`);
        await fill();
        damage();
        names.push(file);
        before.push(index === ways.length - 1 ? null : bytesOf(file));
        ledgers.push({ id: `l${index}`, type: 'shelfwire-ledger', file, healthPath: `/health-${index}` });
        ledgers.push(
          ...[
            {
              id: `c${index}`,
              type: 'shelfwire-catalogue-in',
              path: `/in-${index}/:store_id`,
              unsigned: 'allow',
              wires: [[`r${index}`]],
            },
            { id: `r${index}`, type: 'shelfwire-record-stock', ledger: `l${index}`, wires: [[], []] },
            { id: `st${index}`, type: 'status', scope: [`r${index}`], wires: [[`d${index}`]] },
            {
              id: `d${index}`,
              type: 'debug',
              complete: 'status',
              targetType: 'msg',
              console: true,
              tosidebar: false,
              wires: [],
            },
          ].map((node, row) => ({ z: 'tab', x: 100, y: 60 * (row + 10 + index * 4), ...node })),
        );
      }
      file = join(data, 'ledger.db');
      const tokens = Object.fromEntries(ways.map((_, index) => [`l${index}`, { token: TOKEN }]));
      const running = await start({
        flows: [...flows(file, mqttPort, pasons.url), ...ledgers],
        credentials: { ...credentials, ...tokens },
      });
      for (const [index, [what, , text, status]] of ways.entries()) {
        const answer = await fetch(`${running.url}/in-${index}/1`, {
          method: 'POST',
          headers: { 'Content-Type': 'text/csv' },
          body: 'sku,selling_price,stock_status\nA,1,1\n',
        });
        assert.deepEqual([answer.status, Number(answer.headers.get('Retry-After')) > 0], [503, true], what);
        const sick = await fetch(`${running.url}/health-${index}`, { headers: { Authorization: `Bearer ${TOKEN}` } });
        assert.equal(sick.status, 503, what);
        const { problems } = (await sick.json()) as Health['body'];
        const why = problems.find(({ name }) => name === 'ledger')!.why;
        assert.match(why, text, what);
        assert.equal(times(running.logs(), why), 1, `${what}: told once`);
        await eventually(() => running.logs().includes(`text: '${status}'`), 5_000, `${what}: ${status}`);
        const now = index === ways.length - 1 ? null : bytesOf(names[index]!);
        assert.ok(before[index] === null ? now === null : before[index]!.equals(now!), `${what}: left as it was`);
      }
      // The ledger that is well, and everything else, does not suffer.
      assert.equal((await feed(running, 3)).status, 200);
      await eventually(() => Object.keys(pasons.store.content()['1'] ?? {}).length === 3, 20_000, 'its items');
      assert.equal((await fetch(`${running.url}/other`)).status, 200);
    });
  });

  it('is put right while Node-RED waits: restored from a backup it opens by itself, held until all was told anew', async () => {
    // Twice its timeout nothing is sent: requests of the one who had the ledger before may still be under way.
    const definition = outlet({ endpoint: `${pasons.url}/v1/inventory/1`, timeout: 1_000 });
    const ledger = await openLedger({ file, kind: 'live' });
    await ledger.defineOutlets('pasons', [definition]);
    await ledger.record({
      sender: 't',
      events: ['A', 'B'].map((sku) => event({ sku, quantity: '1', selling_price: '9' })),
    });
    care('backup', join(folder.path, 'backup.db'));
    await ledger.close();
    overwrite(4096, 8192);
    const running = await start();
    assert.equal((await health(running)).status, 503);
    const checked = care('check');
    assert.deepEqual(
      [checked.status, /NOT sound.*shelfwire-ledger restore/s.test(checked.stdout)],
      [1, true],
      checked.stdout,
    );
    // Whoever asks for the health meanwhile may have it open for a moment.
    await eventually(() => care('restore', join(folder.path, 'backup.db')).status === 0, 10_000, 'the restore');
    const well = await eventually(
      async () => {
        const now = await health(running);
        return now.status === 200 ? now : null;
      },
      30_000,
      'health',
    );
    assert.match(well.body.warnings[0]!.why, /restored from a backup.*nothing is sent/);
    assert.match(running.logs(), /\[warn\] \[shelfwire-ledger:.*restored from a backup/);
    const [summary] = (await (await fetch(`${running.adminUrl}/shelfwire/outlets`)).json()) as OutletSummary[];
    assert.deepEqual([summary!.paused, summary!.paused_by, summary!.counts.held], [true, 'restore', 2]);
    assert.match(summary!.paused_why!, /sync everything.*goes on by itself/);
    assert.equal(sent(), 0);
    const upload = (rows: string) =>
      fetch(`${running.url}/api/catalogue/1`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv' },
        body: `sku,selling_price,stock_status\n${rows}\n`,
      });
    assert.equal((await upload('A,10,1')).status, 200);
    assert.equal((await upload('B,11,0')).status, 200);
    await eventually(() => Object.keys(pasons.store.content()['1'] ?? {}).length === 2, 60_000, 'both items');
    assert.equal((await health(running)).body.warnings.length, 0);
    const sound = care('check');
    assert.equal(sound.status, 0, sound.stdout + sound.stderr);
    assert.match(sound.stdout, /events: 4 received = 4 accepted \+ 0 duplicate \+ 0 stale \+ 0 refused/);
    assert.match(sound.stdout, /pasons:1 Marina: 2 items = 2 in sync \+ 0 waiting/);
  });

  /** The operator's commands, as npm runs them. */
  function care(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const program = join(ROOT, 'dist/bin/shelfwire-ledger.js');
    const env = { ...cleanEnvironment(), SHELFWIRE_LEDGER: file };
    return spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
  }

  it('cannot be written: told in words, and left as it is', async () => {
    await fill();
    const before = readFileSync(file);
    // Rights do not bind the administrator: then a mount that can only be read does.
    const root = process.getuid?.() === 0;
    const through = root && canMount(ROOT) ? ['unshare', '-rm', 'sh', '-c', READ_ONLY, data] : [];
    if (root && through.length === 0) return asNobody(before);
    if (!root) chmodSync(file, 0o444);
    const running = await start({ through });
    const sick = await health(running);
    assert.equal(sick.status, 503);
    assert.match(sick.body.problems[0]!.why, /cannot be written|can only be read/);
    assert.match(sick.body.problems[0]!.why, /Nothing is lost.*right to write the file and its folder/);
    assert.equal((await feed(running, 1)).status, 503);
    assert.ok(before.equals(readFileSync(file)));
    assert.equal((await fetch(`${running.url}/other`)).status, 200);
  });

  /** No mounts here: the same opening by a user who may not. */
  function asNobody(before: Buffer): void {
    chmodSync(folder.path, 0o755);
    chmodSync(data, 0o555);
    const program = `const { Database } = require(process.argv[1]);
      try { new Database(process.argv[2], 'live', 0) } catch (error) { console.log(error.code, error.message) }`;
    const database = require.resolve('../../core/ledger/sqlite/database');
    const { stdout } = spawnSync(process.execPath, ['-e', program, database, file], {
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
    });
    assert.match(stdout, /^read_only .*Nothing is lost/);
    assert.ok(before.equals(readFileSync(file)));
  }
});

const READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
