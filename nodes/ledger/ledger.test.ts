import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskWatch } from '../../core/ledger/disk-space';
import { metrics } from '../../runtime/admin/metrics';
import { closeLedgers } from '../../runtime/open-ledgers';
import type { NodeStatus } from '../../runtime/red';
import { shared } from '../../runtime/shared';
import { eventually } from '../../test/support/eventually';
import { load, nodeOf, unload } from '../../test/support/node-test';
import { NodeServer } from '../../test/support/receiving';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder';

import ledger = require('./ledger');

describe('ledger (node)', () => {
  let folder: TempFolder;
  let file: string;
  let server: NodeServer;
  /** Blocks of the disk that are free, of 1000; what the node is told of it is as old as `now`. */
  let free = 500;
  let now = 0;

  beforeEach(async () => {
    folder = tempFolder('ledger-node');
    file = join(folder.path, 'ledger.db');
    const disk = new DiskWatch(
      async () => ({ bsize: 4096, blocks: 1000, bfree: free, bavail: free }),
      () => now,
    );
    shared('disk-watches', () => new Map<string, DiskWatch>()).set(file, disk);
    server = new NodeServer();
  });
  afterEach(async () => {
    await server.stop();
    await unload();
    await closeLedgers();
    shared('disk-watches', () => new Map<string, DiskWatch>()).clear();
    folder.remove();
  });

  const start = async (): Promise<NodeStatus[]> => {
    await load([server.factory, ledger], [{ id: 'l', type: 'shelfwire-ledger', file }], { l: { token: 't' } });
    await server.start();
    const shown: NodeStatus[] = [];
    (nodeOf('l') as unknown as { status: (status: NodeStatus) => void }).status = (status) => shown.push(status);
    return shown;
  };
  const health = async (token = 't', scheme = 'Bearer') =>
    (await fetch(`${server.url}/health`, { headers: { Authorization: `${scheme} ${token}` } })).json() as Promise<{
      status: string;
      problems?: { name: string; why: string }[];
      warnings?: { name: string; why: string }[];
      disk?: { free_percent: number; low: boolean };
    }>;
  const warned = () =>
    (nodeOf('l') as unknown as { warn: { args: unknown[][] } }).warn.args.map(([text]) => String(text));
  const gauge = async () => {
    let text = '';
    for await (const piece of (await metrics()).pieces) text += piece;
    return /shelfwire_disk_free_ratio\{.*\} (\S+)/.exec(text)?.[1];
  };

  it('warns of a disk with less than 10 % free: in the log once, in status, health and metrics; it still works', async () => {
    free = 72;
    const shown = await start();
    await eventually(() => shown.at(-1)?.text?.endsWith('disk_low'));
    assert.equal(shown.at(-1)!.fill, 'yellow');
    assert.equal(warned().length, 1);
    assert.match(warned()[0]!, /has only 7\.2 % .* free\. Nothing is lost.*make room/);
    const { status, warnings, disk } = await health();
    assert.deepEqual([status, disk], ['ok', { free_bytes: 72 * 4096, free_percent: 7.2, low: true }]);
    assert.deepEqual(warnings, [{ name: 'disk', why: warned()[0] }]);
    assert.equal((await health('wrong')).warnings, undefined);
    // As everywhere, the scheme in any letter case.
    assert.deepEqual((await health('t', 'bearer')).warnings, warnings);
    assert.equal(await gauge(), '0.072');
    free = 300;
    now += 60_000;
    assert.deepEqual((await health()).warnings, []);
    assert.equal(await gauge(), '0.3');
  });
  it('is not healthy while another ledger on the same path cannot be opened', async () => {
    const other = join(folder.path, 'other.db');
    writeFileSync(other, 'no ledger');
    const nodes = [
      { id: 'l', type: 'shelfwire-ledger', file },
      { id: 'm', type: 'shelfwire-ledger', file: other },
      { id: 'n', type: 'shelfwire-ledger', file: other },
    ];
    await load([server.factory, ledger], nodes, { l: { token: 't' } });
    await server.start();
    const { status, problems } = await health();
    assert.equal(status, 'degraded');
    assert.deepEqual(
      problems?.map(({ name, why }) => [name, why.includes(other)]),
      [['ledger', true]],
    );
  });
  it('says nothing of a disk with room', async () => {
    free = 500;
    const shown = await start();
    await eventually(() => shown.at(-1)?.text?.endsWith('ready'));
    assert.deepEqual([warned(), (await health()).warnings], [[], []]);
  });
});
